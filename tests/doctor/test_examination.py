"""`tapctl doctor`, from the credentials to the names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from tapctl.doctor import examination
from tapctl.doctor.examination import OF_THE_PLAN, examine
from tapctl.errors import ConfigurationError, Exit, Interrupted, UsageError
from tapctl.events import Finding, Note, Result, Started
from tapctl.explain import enabling
from tapctl.operations import up
from tapctl.session import Stop
from tests.memory import refusal
from tests.stage import EAST, WEST, Stage, yes


def examined(stage: Stage, *chosen: str, regions: Sequence[str] = (EAST,), **more: Any) -> list[Finding]:
    session = stage.session(regions=regions, **more)
    return examine(session.settings, chosen, stage.told.append, Stop(), emulated=False)


def results(findings: Sequence[Finding]) -> dict[str, Result]:
    return {f"{one.region} {one.check}".strip(): one.result for one in findings}


@pytest.fixture
def at_home(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Whoever connects does so to the stage."""
    monkeypatch.setattr("tapctl.session.connect", stage.connect)
    return stage


# ---------------------------------------------------------------- an account that will do
def test_an_empty_account(at_home: Stage) -> None:
    findings = examined(at_home, regions=(EAST, WEST))
    assert {one.result for one in findings} == {Result.OK}
    assert list(dict.fromkeys(one.region for one in findings)) == ["", EAST, WEST]
    assert [one.check for one in findings if not one.region] == [
        "account", "credentials", "clock", "endpoint", "plan", "service-linked roles", "free plan", "quota of roles",
        "quota of instance profiles", "quota of buckets"]
    assert [one.check for one in findings if one.region == WEST] == [
        "region", "VPC", "instance type", "database class", "image", "zones and subnets", "endpoint services",
        "free addresses", "quota of security groups", "quota of gateway endpoints",
        "quota of interface endpoints of the VPC", "quota of load balancers", "quota of target groups",
        "quota of Auto Scaling groups", "quota of databases",
        "quota of database storage (GiB)", "quota of database subnet groups", "quota of vCPUs", "names"]
    seen = {one.check: one.seen for one in findings}
    assert seen["service-linked roles"] == (
        "`up` makes AWSServiceRoleForAutoScaling, AWSServiceRoleForElasticLoadBalancing, AWSServiceRoleForRDS "
        "(iam:CreateServiceLinkedRole)")
    assert "to create, 0 to change" in seen["plan"]
    (started,) = at_home.heard(Started)
    assert (started.command, started.regions) == ("doctor", (EAST, WEST))
    assert not at_home.wires.meter.mutating
    facts = [str(call) for call in at_home.wires.meter.calls if call.operation in ("DescribeVpcs", "GetParameter")]
    assert sorted(facts) == sorted(f"{region} {call}" for region in (EAST, WEST)
                                   for call in ("ec2 DescribeVpcs", "ssm GetParameter"))


def test_one_region_of_two(at_home: Stage) -> None:
    """What the whole stack wants of the other is read all the same, and nothing made there."""
    findings = results(examined(at_home, EAST, regions=(EAST, WEST)))
    assert findings[f"{EAST} names"] is Result.OK
    assert f"{WEST} region" not in findings
    assert f"{WEST} names" not in findings
    assert findings[f"{WEST} VPC"] is Result.OK


def test_a_stack_that_stands(at_home: Stage) -> None:
    assert up(at_home.session(regions=[EAST]), yes) is Exit.DONE
    findings = {one.check: one for one in examined(at_home)}
    assert findings["plan"].seen == "0 to create, 0 to change"
    assert findings["service-linked roles"].seen == "there"
    assert {findings[name].seen for name in OF_THE_PLAN} == {"nothing will be made"}
    assert not any(name.startswith("quota of") for name in findings)


# ---------------------------------------------------------------- one that won't
def test_without_a_vpc(at_home: Stage) -> None:
    findings = results(examined(at_home, **{"network.vpc_id.us-east-1": "vpc-0123456789abcdef0"}))
    assert findings[f"{EAST} VPC"] is Result.PROBLEM
    assert f"{EAST} endpoint services" not in findings
    assert {findings[name] for name in ("plan", *OF_THE_PLAN)} == {Result.UNKNOWN}


def test_a_primary_that_stands_elsewhere(at_home: Stage) -> None:
    assert up(at_home.session(regions=[EAST]), yes) is Exit.DONE
    findings = {one.check: one for one in examined(at_home, regions=(WEST, EAST))}
    assert findings["plan"].result is Result.PROBLEM
    assert findings["plan"].seen.startswith(f"the primary database stands in {EAST}, and by the configuration it is")
    assert findings["plan"].mend.startswith(f"put {EAST} first in regions")
    assert {findings[name].seen for name in OF_THE_PLAN} == {
        "can't be checked: nothing can be planned"}


def test_a_plan_of_what_can_not_be_changed_in_place(at_home: Stage) -> None:
    assert up(at_home.session(regions=[EAST]), yes) is Exit.DONE
    at_home.wires.meter.denied = ("kms:GetKeyPolicy",)
    findings = {one.check: one for one in examined(at_home)}
    assert findings["plan"].seen == (
        "`up` would leave out 0 resources, and compare others in part: not allowed: kms:GetKeyPolicy")
    at_home.wires.meter.reset()
    findings = {one.check: one for one in examined(at_home, **{"table.partition_key.name": "other"})}
    assert findings["plan"].result is Result.PROBLEM
    assert findings["plan"].mend == "resolve what is named"


def test_a_plan_that_leaves_something_out(at_home: Stage) -> None:
    at_home.wires.meter.denied = ("dynamodb:DescribeTable", "iam:ListRoles")
    findings = {one.check: one for one in examined(at_home)}
    assert findings["plan"].result is Result.PROBLEM
    assert re.fullmatch(r"`up` would leave out \d+ resources, and compare others in part: not allowed: "
                        "dynamodb:DescribeTable, iam:ListRoles", findings["plan"].seen)
    assert findings["service-linked roles"].seen == "can't be checked: not allowed: iam:ListRoles"


def test_a_defect_is_none_of_the_users(at_home: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def view(*args: Any, **more: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("tapctl.doctor.examination.view", view)
    with pytest.raises(ZeroDivisionError):
        examined(at_home)


# ---------------------------------------------------------------- no account at all
def start(error: Exception) -> Callable[..., Any]:
    def starting(*args: Any, **more: Any) -> Any:
        raise error

    return starting


def rejected(code: str, **headers: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPHeaders": headers}}
    return ClientError(answer, "GetCallerIdentity")


def test_without_credentials(at_home: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "start", start(NoCredentialsError()))
    first, rest = examined(at_home)
    assert (first.check, first.result) == ("account", Result.PROBLEM)
    assert first.seen == "there are no usable AWS credentials: Unable to locate credentials"
    assert "AWS_PROFILE" in first.mend
    assert (rest.check, rest.result, rest.seen) == (
        "all else", Result.UNKNOWN, "can't be checked: without an account")


def test_the_wrong_account(at_home: Stage) -> None:
    first, _ = examined(at_home, allowed_account_ids=["210987654321"])
    assert first.seen.startswith("account 123456789012 is not one that this configuration allows: allowed_account_ids")
    assert (first.result, first.check) == (Result.PROBLEM, "account")


def test_a_clock_that_is_wrong(at_home: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=17), usegmt=True)
    monkeypatch.setattr(examination, "start", start(rejected("SignatureDoesNotMatch", date=date)))
    found = {one.check: one for one in examined(at_home, regions=(WEST,))}
    assert found["account"].seen.startswith("AWS does not accept these credentials: SignatureDoesNotMatch: no")
    assert found["clock"].result is Result.PROBLEM
    assert found["clock"].seen.endswith("s behind AWS's, which then refuses what is signed")


def test_a_region_that_is_not_enabled(at_home: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home.wires.meter.disabled = (WEST,)
    found = {one.check: one for one in examined(at_home, regions=(WEST,))}
    assert (found["account"].result, found["account"].seen) == (Result.OK, "AWS accepts the credentials elsewhere")
    assert (found["region"].result, found["region"].region) == (Result.PROBLEM, WEST)
    assert found["region"].mend == enabling(WEST)
    assert found["clock"].result is Result.UNKNOWN


@pytest.mark.parametrize("error", [UsageError("no"), Interrupted("stopped"), ZeroDivisionError()])
def test_what_is_not_about_the_account(at_home: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(examination, "start", start(error))
    with pytest.raises(type(error)):
        examined(at_home)


# ---------------------------------------------------------------- the command
def test_the_command(stage: Stage) -> None:
    code, out, err = stage.run("doctor", "--env", "staging", environ={"TAPCTL_REGIONS": EAST})
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert "tapctl doctor TapStack/staging  account 123456789012" in lines[0]
    assert lines[1] == "account"
    assert lines[2].startswith("  ✓ account")
    assert any(line.startswith("  ✓ names") for line in lines)
    assert lines[-1] == f"Checked: {len(lines) - 4} fine"
    assert not stage.wires.meter.mutating


def test_the_command_for_programs(stage: Stage) -> None:
    stage.wires.raw("iam", EAST).create_role(RoleName=f"TapStack-staging-{EAST}", AssumeRolePolicyDocument="{}")
    code, out, err = stage.run("doctor", "--env", "staging", "-o", "json", environ={"TAPCTL_REGIONS": EAST})
    assert code == 3
    assert "tapctl doctor" in err
    (wrong,) = (one for one in json.loads(out) if one["result"] == "problem")
    assert wrong == {"check": "names", "region": EAST, "result": "problem",
                     "seen": f"taken by what is not this stack's: role TapStack-staging-{EAST}",
                     "mend": wrong["mend"]}
    assert wrong["mend"].startswith("remove or rename what has the name")


def test_the_command_without_an_account(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "start", start(ConfigurationError("no [profile]", reason="why", mend="set it")))
    code, out, err = stage.run("doctor", "--env", "staging")
    assert (code, err) == (3, "")
    assert out.splitlines() == [
        "account", "  ✗ account   no [profile]: why", "              mend: set it",
        "  ? all else  can't be checked: without an account", "Checked: 1 wrong, 1 can't be checked"]
    assert not stage.heard(Note)


@pytest.mark.parametrize(("args", "said"), [
    ("", "no environment is named"), ("--env staging --region eu-west-1", "--region eu-west-1 is not one of")])
def test_usage(offline: Stage, args: str, said: str) -> None:
    code, _, err = offline.run("doctor", *args.split())
    assert code == 2
    assert said in err


def test_what_aws_refuses_is_about_the_account() -> None:
    assert examination.understood(refusal("AccessDenied", "no")).message == "AWS refused MakeBox"
