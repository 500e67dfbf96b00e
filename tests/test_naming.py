"""Every name, in every region that botocore knows, for the longest project and environment: the services' own rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import boto3
import botocore.session
import pytest

from tapctl import naming
from tapctl.naming import Place, claims, partition_of, tag_dict, tag_list

ACCOUNT = "123456789012"
LONGEST_PROJECT = "P" + "x" * 15
LONGEST_ENVIRONMENT = "e" + "-1" * 11 + "z"
STAGING = Place("TapStack", "staging", "platform", ACCOUNT, "us-east-1", "aws")
ENVIRONMENTS = ("staging", "production", "test", "test2", "pr", "pr-1", "pr-10", "pr-alb", "alb", "logs", "a",
                LONGEST_ENVIRONMENT, LONGEST_ENVIRONMENT[:-1] + "y")


@cache
def partitions() -> dict[str, str]:
    """Region -> partition, as botocore's endpoint data has them."""
    session = boto3.session.Session()
    return {region: partition for partition in session.get_available_partitions() for service in ("ec2", "s3", "rds")
            for region in session.get_available_regions(service, partition_name=partition)}


# A region longer than any that exists: names must not fail on the day it opens.
REGIONS = [*sorted(partitions()), "ap-southernmost-12"]
PLACES = [Place(project, environment, "platform", ACCOUNT, region, partitions().get(region, "aws"))
          for project, environment, region in product(("TapStack", "Up", LONGEST_PROJECT), ENVIRONMENTS, REGIONS)]


@cache
def shape(service: str, operation: str, member: str) -> dict[str, Any]:
    sent = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    assert sent is not None
    return dict(sent.members[member].metadata)


Naming = Callable[[Place], str]

#: What each service says in its documentation (aws-facts 7): the longest name, and the pattern of a whole one.
RULES: list[tuple[str, Naming, int, str]] = [
    ("load balancer", lambda p: p.load_balancer_name, 32, r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"),
    ("target group", lambda p: p.target_group_name, 32, r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"),
    ("role", lambda p: p.name(), 64, r"[\w+=,.@-]+"),
    ("instance profile", lambda p: p.name(), 128, r"[\w+=,.@-]+"),
    ("security group", lambda p: p.name("endpoints"), 255, r"(?!sg-)[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+"),
    ("database", lambda p: p.database_id, 63, r"[a-z](?:-?[a-z0-9])*"),
    ("subnet group", lambda p: p.db_subnet_group_name, 255, r"(?!default$)[a-z0-9 ._-]+"),
    ("log bucket", lambda p: p.bucket_name("logs"), 63,
     r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:-?[a-z0-9])*(?<!-s3alias)"),
    ("access log bucket", lambda p: p.bucket_name("alb-logs"), 63,
     r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:-?[a-z0-9])*(?<!-s3alias)"),
    ("key alias", lambda p: p.alias_name, 256, r"alias/(?!aws/)[a-zA-Z0-9/_-]+"),
    ("table", lambda p: p.name(), 255, r"[a-zA-Z0-9_.-]{3,}"),
    ("Auto Scaling group", lambda p: p.name(), 255, r"[!-9;-~]+"),
    ("launch template", lambda p: p.name(), 128, r"[a-zA-Z0-9\-_./()]{3,}"),
    ("log group", lambda p: p.name(), 512, r"(?!aws/)[.\-_/#A-Za-z0-9]+"),
    ("secret", lambda p: p.secret_name, 512, r"[A-Za-z0-9/_+=.@-]+(?<!-[A-Za-z0-9/_+=.@]{6})"),
    ("alarm", lambda p: p.name("unhealthy-targets"), 255, r"[!-~]+"),
]

#: And in botocore's model, where it has the rule: pattern, min, max.
MODELS: list[tuple[str, str, str, Naming]] = [
    ("iam", "CreateRole", "RoleName", lambda p: p.name()),
    ("iam", "CreateInstanceProfile", "InstanceProfileName", lambda p: p.name()),
    ("iam", "PutRolePolicy", "PolicyName", lambda p: p.name()),
    ("kms", "CreateAlias", "AliasName", lambda p: p.alias_name),
    ("dynamodb", "CreateTable", "TableName", lambda p: p.name()),
    ("autoscaling", "CreateAutoScalingGroup", "AutoScalingGroupName", lambda p: p.name()),
    ("logs", "CreateLogGroup", "logGroupName", lambda p: p.name()),
    ("secretsmanager", "CreateSecret", "Name", lambda p: p.secret_name),
    ("cloudwatch", "PutMetricAlarm", "AlarmName", lambda p: p.name("unhealthy-targets")),
]


@pytest.mark.parametrize(("name", "limit", "pattern"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_every_name_obeys_its_service_everywhere(name: Naming, limit: int, pattern: str) -> None:
    for place in PLACES:
        assert len(name(place)) <= limit, name(place)
        assert re.fullmatch(pattern, name(place)), name(place)
        assert name(place) == name(replace(place)), "deterministic"


@pytest.mark.parametrize(("service", "operation", "member", "name"), MODELS, ids=[f"{m[0]}-{m[2]}" for m in MODELS])
def test_every_name_fits_botocores_model(service: str, operation: str, member: str, name: Naming) -> None:
    rule = shape(service, operation, member)
    assert rule, "botocore says nothing: drop this row"
    pattern = rule.get("pattern", ".*").replace("\\p{M}\\p{L}\\p{N}", "\\w").replace(
        "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]", "[ -~]")
    for place in PLACES:
        assert rule.get("min", 0) <= len(name(place)) <= rule.get("max", 1 << 20), name(place)
        assert re.fullmatch(pattern, name(place)), name(place)


@pytest.mark.parametrize("name", [rule[1] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_no_two_places_share_a_name(name: Naming) -> None:
    # Without regard to case, as IAM compares. Buckets are told apart with their roles, below.
    named = {name(place).lower() for place in PLACES}
    assert len(named) == len(PLACES)


def test_no_two_buckets_of_any_place_and_role_share_a_name() -> None:
    named = {place.bucket_name(role) for place in PLACES for role in naming.BUCKET_ROLES}
    assert len(named) == 2 * len(PLACES)
    # Spelled plainly, these two would be one bucket.
    assert replace(STAGING, environment="pr-alb").bucket_name("logs") \
        != replace(STAGING, environment="pr").bucket_name("alb-logs")


def test_a_names_end_tells_its_region() -> None:
    # Else "pr" in "us-x-1" could be spelled as "pr-us" in "x-1".
    assert not [(a, b) for a, b in product(REGIONS, REGIONS) if a.endswith(f"-{b}")]


def test_the_names_of_the_contract() -> None:
    place = replace(STAGING, environment="production")
    assert place.name() == place.load_balancer_name == place.target_group_name == "TapStack-production-us-east-1"
    assert place.name("app") == "TapStack-production-us-east-1-app"
    assert place.alias_name == "alias/TapStack-production-us-east-1"
    assert place.database_id == place.db_subnet_group_name == "tapstack-production-us-east-1"
    assert place.secret_name == "TapStack-production-us-east-1-database"
    assert place.bucket_name("alb-logs") == "tapstack-production-alb-logs-123456789012-us-east-1-an"
    assert place.bucket_name("logs") == "tapstack-production-logs-123456789012-us-east-1-an"
    assert place.stack == "TapStack/production"


def test_a_load_balancers_name_is_cut_only_where_it_must_be() -> None:
    place = replace(STAGING, environment="production")
    assert place.at("eu-central-1").load_balancer_name == "TapStack-production-eu-central-1", "exactly 32"
    assert place.at("us-gov-west-1").load_balancer_name == "TapStack-production-us-go-e06451"
    assert place.at("ap-southeast-1").load_balancer_name == "TapStack-production-ap-so-02cf13"
    cut = replace(place, environment="abcdefghijklmno").at("ap-southeast-1")
    assert re.fullmatch(r"TapStack-abcdefghijklmno-[0-9a-f]{6}", cut.load_balancer_name), "no double hyphen at the cut"


def test_a_long_buckets_name_keeps_its_role_account_and_region() -> None:
    place = Place(LONGEST_PROJECT, LONGEST_ENVIRONMENT, "platform", ACCOUNT, "ap-southeast-1", "aws")
    name = place.bucket_name("alb-logs")
    assert re.fullmatch(r"pxxxxxxxxxxxxxxx-[0-9a-f]{6}-alb-logs-123456789012-ap-southeast-1-an", name), name
    assert len(name) <= 63


def test_a_bucket_name_is_cut_only_where_it_must_be() -> None:
    fits, cut = (replace(STAGING, environment="e" * length).bucket_name("alb-logs") for length in (19, 20))
    assert fits == f"tapstack-{'e' * 19}-alb-logs-{ACCOUNT}-us-east-1-an", "exactly 63"
    assert re.fullmatch(rf"tapstack-e{{12}}-[0-9a-f]{{6}}-alb-logs-{ACCOUNT}-us-east-1-an", cut)


@pytest.mark.parametrize(("region", "partition", "has"), [
    ("us-east-1", "aws", True), ("cn-north-1", "aws-cn", True), ("us-gov-west-1", "aws-us-gov", True),
    ("eusc-de-east-1", "aws-eusc", True), ("me-south-1", "aws", False), ("me-central-1", "aws", False),
    ("us-iso-east-1", "aws-iso", False), ("us-isob-east-1", "aws-iso-b", False)])
def test_the_reserved_end_is_used_only_where_s3_has_account_buckets(region: str, partition: str, has: bool) -> None:
    place = replace(STAGING, region=region, partition=partition)
    assert place.has_account_buckets is has
    assert place.bucket_name("logs") == f"tapstack-staging-logs-{ACCOUNT}-{region}" + ("-an" if has else "")


def test_tags_carry_identity_and_the_full_name() -> None:
    assert STAGING.tags("us-east-1/security_group/app") == {
        "Environment": "staging", "Project": "TapStack", "Owner": "platform", "Name": "TapStack-staging-us-east-1-app",
        "tapctl:stack": "TapStack/staging", "tapctl:key": "us-east-1/security_group/app"}
    assert STAGING.tags("us-east-1/load_balancer")["Name"] == "TapStack-staging-us-east-1"
    assert STAGING.tags("us-west-2/bucket/logs")["Name"] == "TapStack-staging-us-west-2-logs", "the key's region"
    assert set(STAGING.tags("us-east-1/key")) == naming.TAG_NAMES


def test_launched_things_carry_no_key_that_a_snapshot_could_copy() -> None:
    assert STAGING.launch_tags("us-east-1/auto_scaling_group") == {
        "Environment": "staging", "Project": "TapStack", "Owner": "platform", "Name": "TapStack-staging-us-east-1",
        "tapctl:stack": "TapStack/staging"}


@pytest.mark.parametrize("key", ["", "us-east-1", "us-east-1/", "key/us-east-1", "us-east-1/key/", "us-east-1/Key",
                                 "us-east-1/key/a/b", "us-east-1/key/a b", "useast1/key", "us-east-1/key\n", "/key"])
def test_what_is_no_logical_key_is_refused_and_claims_nothing(key: str) -> None:
    with pytest.raises(ValueError, match="not a logical key"):
        STAGING.tags(key)
    assert claims({"tapctl:stack": STAGING.stack, "tapctl:key": key}, STAGING) is None


def test_tags_claim_exactly_this_stack_and_region() -> None:
    for key in ("us-east-1/key", "us-east-1/security_group/app", "us-east-1/peering/us-west-2", "us-east-1/alarm/5xx"):
        assert claims(STAGING.tags(key), STAGING) == key
    assert claims(STAGING.tags("us-west-2/key"), STAGING) is None, "copied from another region"
    assert claims(STAGING.launch_tags("us-east-1/key"), STAGING) is None
    assert claims({"tapctl:key": "us-east-1/key"}, STAGING) is None
    assert claims({}, STAGING) is None


@pytest.mark.parametrize(("one", "other"), [("test", "test2"), ("pr-1", "pr-10"), ("pr", "pr-1"), ("a", "b")])
def test_alike_environments_are_never_confused(one: str, other: str) -> None:
    a, b = replace(STAGING, environment=one), replace(STAGING, environment=other)
    assert claims(a.tags("us-east-1/key"), b) is None
    assert claims(b.tags("us-east-1/key"), a) is None
    for _, name, _, _ in RULES:
        assert name(a) != name(b)
    assert claims(a.tags("us-east-1/key"), replace(a, project="TapStac")) is None


def test_arns_follow_the_partition() -> None:
    gov = replace(STAGING, region="us-gov-west-1", partition="aws-us-gov")
    assert STAGING.arn("logs", "log-group:x") == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:x"
    assert STAGING.arn("iam", "role/x", region="") == f"arn:aws:iam::{ACCOUNT}:role/x"
    assert gov.arn("s3", "bucket/*", region="", account="") == "arn:aws-us-gov:s3:::bucket/*"
    assert gov.at("us-gov-east-1").arn("rds", "db:x", account="210987654321") \
        == "arn:aws-us-gov:rds:us-gov-east-1:210987654321:db:x"


def test_a_regions_name_tells_its_partition_and_has_the_shape() -> None:
    for region, partition in partitions().items():
        assert partition_of(region) == partition
        assert re.fullmatch(naming.REGION, region)
        assert partitions()[naming.home(partition)] == partition  # where each has its locks


@pytest.mark.parametrize(("pattern", "good", "bad"), [
    (naming.PROJECT, ["TapStack", "Up", "a1", "sgx", "Internals", LONGEST_PROJECT],
     ["", "T", "1a", "Tap-Stack", "tap_stack", "sg", "SG", "internal", "sthree", "amzn", "xn", LONGEST_PROJECT + "x",
      "ab\n"]),
    (naming.ENVIRONMENT, ["a", "staging", "pr-1", "x1-2-3", LONGEST_ENVIRONMENT, "e" * 24],
     ["", "Prod", "1a", "-a", "a-", "a--b", "a_b", "a.b", "e" * 25, LONGEST_ENVIRONMENT + "-1", "a\n", "é"]),
    (naming.REGION, ["us-east-1", "us-gov-west-1", "eusc-de-east-1"],
     ["us-east", "us-east-0", "us-east-1a", "US-EAST-1", "useast1", "us-east-1\n", "global"]),
])
def test_what_a_project_an_environment_and_a_region_can_be(pattern: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not re.fullmatch(pattern, text)] == []
    assert [text for text in bad if re.fullmatch(pattern, text)] == []


def test_tag_lists_go_out_sorted_and_come_back_in_every_services_spelling() -> None:
    tags = {"b": "2", "a": "1"}
    assert tag_list(tags) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert tag_list(tags, prefix="Tag") == [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": "2"}]
    assert tag_dict(tag_list(tags)) == tag_dict(tag_list(tags, prefix="Tag")) == tags
    assert tag_dict([{"key": "a", "value": "1"}]) == {"a": "1"}
    assert tag_dict([{"Key": "a"}, {"Key": "b", "Value": None}]) == {"a": "", "b": ""}
    assert tag_dict([{"Key": "a", "Value": "1", "ResourceId": "asg", "PropagateAtLaunch": True}]) == {"a": "1"}
    assert tag_dict([]) == {}
