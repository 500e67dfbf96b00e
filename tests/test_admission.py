"""An interface that serves the VPC and not the application is an error, with what mends it."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.admission import admits, doubts, require
from tapctl.errors import ConfigurationError
from tapctl.serving import Serving
from tapctl.settings import load
from tests.memory import EAST, PLACE

OURS = ("10.0.1.0/24", "10.0.2.0/24")


def rule(*ranges: str, protocol: str = "tcp", ports: tuple[int, int] | None = (443, 443), groups: tuple[str, ...] = (),
         lists: tuple[str, ...] = ()) -> dict[str, Any]:
    where = {"FromPort": ports[0], "ToPort": ports[1]} if ports else {}
    return {"IpProtocol": protocol, **where, "IpRanges": [{"CidrIp": one} for one in ranges],
            "UserIdGroupPairs": [{"GroupId": one} for one in groups],
            "PrefixListIds": [{"PrefixListId": one} for one in lists]}


@pytest.mark.parametrize("rules", [
    [rule("0.0.0.0/0")], [rule("10.0.0.0/16")], [rule("10.0.1.0/24"), rule("10.0.2.0/24")], [rule(*OURS)],
    [rule("10.0.0.0/8", protocol="-1", ports=None)], [rule("10.0.0.0/8", ports=(0, 65535))],
    [rule(groups=("sg-other", "sg-app"))], [rule(lists=("pl-1",))],
    [rule("192.168.0.0/16"), rule("10.0.0.0/22")]])
def test_what_lets_the_application_in(rules: list[dict[str, Any]]) -> None:
    assert admits(rules, OURS, {"sg-app"})


@pytest.mark.parametrize("rules", [
    [], [rule("10.0.1.0/24")], [rule("10.0.0.0/16", ports=(80, 80))], [rule("10.0.0.0/16", protocol="udp")],
    [rule(groups=("sg-other",))], [rule("192.168.0.0/16")], [rule("10.0.1.0/25", "10.0.2.0/25")],
    [rule(protocol="icmp", ports=(-1, -1))]])
def test_what_does_not(rules: list[dict[str, Any]]) -> None:
    assert not admits(rules, OURS, {"sg-app"})


def required(service: str, *more: dict[str, Any], app: str = "app") -> None:
    """Of an endpoint with two groups, the second of which has these rules."""
    require(EAST, service, "vpce-1", ("sg-2", "sg-1"), [
        {"GroupId": "sg-1", "GroupName": "theirs", "IpPermissions": [rule("10.9.0.0/16")]},
        {"GroupId": "sg-2", "GroupName": "theirs too", "IpPermissions": more},
        {"GroupId": "sg-3", "GroupName": "app", "IpPermissions": []}], OURS, app)


def test_one_that_does_not_let_us_in_is_an_error_with_the_mend() -> None:
    with pytest.raises(ConfigurationError) as raised:
        required("logs")
    command = f"aws ec2 authorize-security-group-ingress --region {EAST} --group-id sg-1 --protocol tcp --port 443"
    assert raised.value.lines() == [
        f"{EAST}: the endpoint vpce-1 for logs does not let the application in",
        "reason: it is not tapctl's, and no rule of sg-1, sg-2 allows TCP 443 from 10.0.1.0/24, 10.0.2.0/24",
        f"mend: {command} --cidr 10.0.1.0/24; {command} --cidr 10.0.2.0/24; or [endpoints] logs = false in "
        "config.toml, where instances have another way, or need none"]
    with pytest.raises(ConfigurationError) as raised:
        required("secretsmanager")
    assert "or [app] data_access = false" in raised.value.mend


def test_any_of_its_groups_may_let_us_in() -> None:
    required("logs", rule("10.0.0.0/16"))
    required("logs", rule(groups=("sg-3",)))
    with pytest.raises(ConfigurationError):
        required("logs", rule(groups=("sg-3",)), app="app2")


# ---------------------------------------------------------------- policies
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
OBJECTS = f"arn:aws:s3:::{PLACE.bucket_name('logs')}/app/*"
STREAMS = f"arn:aws:logs:{EAST}:{PLACE.account}:log-group:{PLACE.name()}:*"


def doubted(service: str, *policy: dict[str, Any], region: str = EAST, data: bool = False) -> list[str]:
    settings = load(None, {}, {"env": "test", "regions": [EAST, "us-west-2"], "app.data_access": data})
    return list(doubts(PLACE.at(region), [(service, Serving("vpce-1", "", policy=policy))], settings))


@pytest.mark.parametrize(("service", "policy"), [
    ("s3", OPEN), ("logs", OPEN), ("s3", {**OPEN, "Action": "s3:*", "Resource": OBJECTS}),
    ("logs", {**OPEN, "Action": ["logs:*"], "Resource": STREAMS}),
    ("dynamodb", {**OPEN, "Effect": "Deny"}),  # nothing is done there
])
def test_a_policy_that_lets_all_through(service: str, policy: dict[str, Any]) -> None:
    assert doubted(service, policy) == []


def test_one_that_refuses_for_sure_is_an_error_with_the_mend() -> None:
    with pytest.raises(ConfigurationError) as raised:
        doubted("logs", OPEN, {**OPEN, "Effect": "Deny", "Action": "logs:Put*"})
    assert raised.value.lines() == [
        f"{EAST}: the policy of endpoint vpce-1 for logs denies the application what it does",
        f"reason: it is not this stack's, and lets nobody call logs:PutLogEvents on {STREAMS}",
        "mend: allow it there; or, to let everybody call everything by it: aws ec2 modify-vpc-endpoint --region "
        f"{EAST} --vpc-endpoint-id vpce-1 --reset-policy; or [endpoints] logs = false in config.toml, where instances "
        "have another way, or need none"]


@pytest.mark.parametrize(("service", "region", "refused"), [
    ("dynamodb", EAST, True), ("dynamodb", "us-west-2", True), ("secretsmanager", EAST, True),
    ("secretsmanager", "us-west-2", False)])
def test_what_is_done_with_data_access(service: str, region: str, refused: bool) -> None:
    narrow = {**OPEN, "Action": "sqs:*"}
    if not refused:
        assert doubted(service, narrow, region=region, data=True) == []
        return
    with pytest.raises(ConfigurationError, match="denies the application what it does"):
        doubted(service, narrow, region=region, data=True)


def test_a_secrets_arn_ends_in_what_aws_chooses() -> None:
    arn = f"arn:aws:secretsmanager:{EAST}:{PLACE.account}:secret:{PLACE.secret_name}"
    assert doubted("secretsmanager", {**OPEN, "Resource": f"{arn}-??????"}, data=True) == []
    assert len(doubted("secretsmanager", {**OPEN, "Resource": f"{arn}-AbCdEf"}, data=True)) == 1
    with pytest.raises(ConfigurationError):
        doubted("secretsmanager", {**OPEN, "Resource": f"{arn}s-AbCdEf"}, data=True)


def test_one_that_leaves_it_open_is_told_with_the_way_to_look() -> None:
    assert doubted("s3", {**OPEN, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}) == [
        f"{EAST}: s3: endpoint vpce-1 has a policy of its own, which may refuse s3:PutObject on {OBJECTS}: "
        f"aws ec2 describe-vpc-endpoints --region {EAST} --vpc-endpoint-ids vpce-1 "
        "--query 'VpcEndpoints[0].PolicyDocument' --output text"]
