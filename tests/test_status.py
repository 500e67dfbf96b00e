"""What stands: its state and its drift, and which stacks there are."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from tapctl.down import find
from tapctl.errors import ConfigurationError
from tapctl.events import Note
from tapctl.model import Found
from tapctl.naming import tag_list
from tapctl.operations import up
from tapctl.session import Session
from tapctl.status import collect, stacks, state, status
from tests.memory import Box, refusal
from tests.stage import EAST, WEST, Stage, stack_alarm, stack_database, stack_parts, stack_table, yes


# ---------------------------------------------------------------- status
def rows(session: Session) -> dict[str, tuple[str, str]]:
    return {row["key"]: (row["state"], row["drift"]) for row in status(session)}


def test_status(stage: Stage, one: Session) -> None:
    found = rows(one)
    assert {drift for _, drift in found.values()} == {""}
    words = {"database": "available", "load_balancer": "active", "endpoint/logs": "available", "table": "ACTIVE",
             "kms_key": "Enabled", "alarm/target-5xx": "INSUFFICIENT_DATA", "role": "ready"}
    assert {kind: found[f"{EAST}/{kind}"][0] for kind in words} == words
    stack_alarm(stage, EAST)
    stage.wires.raw("dynamodb", EAST).delete_table(TableName=one.place.name())
    bucket = one.place.bucket_name("logs")
    stage.wires.raw("s3", EAST).put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    stage.wires.raw("s3", EAST).delete_bucket_policy(Bucket=bucket)
    stage.wires.meter.denied = ("logs:DescribeLogGroups", "iam:GetRolePolicy", "iam:ListRolePolicies")
    found = rows(one)
    assert found[f"{EAST}/table"] == ("missing", "")
    assert found[f"{EAST}/alarm/replica-lag"][1] == "no longer wanted"
    assert found[f"{EAST}/bucket/logs"][0] == "ready"
    assert {"versioning", "policy"} <= set(found[f"{EAST}/bucket/logs"][1].split(", "))
    assert found[f"{EAST}/log_group"] == ("not allowed to look: logs:DescribeLogGroups", "")
    assert found[f"{EAST}/role"] == ("ready", "policies (not allowed to read)")
    assert found[f"{EAST}/database"] == ("available", "")
    assert not stage.wires.meter.mutating


def test_what_can_not_be_changed_in_place_is_named(stage: Stage) -> None:
    stack_table(stage, EAST)
    state, drift = rows(stage.session(regions=[EAST], **{"table.partition_key.name": "other"}))[f"{EAST}/table"]
    assert state == "ACTIVE"
    assert "It can't be changed in place" in drift


def test_a_region_that_is_configured_no_longer_is_shown(stage: Stage) -> None:
    west, shrunk = stack_parts(stage, WEST), stage.session(regions=[EAST])
    assert {key for key, (_, drift) in rows(shrunk).items() if drift == "no longer wanted"} == west
    stage.wires.meter.denied = ("cloudwatch:DescribeAlarms",)
    assert rows(shrunk)[f"{WEST}/alarm"] == ("not allowed to look: cloudwatch:DescribeAlarms", "")
    assert not stage.wires.meter.mutating


def test_where_nothing_can_be_planned_there_is_no_drift(stage: Stage) -> None:
    stack_table(stage, EAST)
    lost = stage.session(regions=[EAST], **{"network.vpc_id.us-east-1": "vpc-0123456789abcdef0"})
    stage.wires.meter.denied = ("logs:DescribeLogGroups",)
    assert rows(lost) == {f"{EAST}/table": ("ACTIVE", ""),
                          f"{EAST}/log_group": ("not allowed to look: logs:DescribeLogGroups", "")}
    (note,) = stage.heard(Note)
    assert note.text == "without drift, because nothing can be planned: us-east-1 has no VPC vpc-0123456789abcdef0"


def test_where_the_facts_may_not_be_read_there_is_no_drift(stage: Stage) -> None:
    stack_table(stage, EAST)
    stage.wires.meter.denied = ("ec2:DescribeVpcs",)
    assert rows(stage.session(regions=[EAST])) == {f"{EAST}/table": ("ACTIVE", "")}
    (note,) = stage.heard(Note)
    assert note.text.startswith("without drift, because nothing can be planned: AWS refused DescribeVpcs")


def test_another_error_is_one(stage: Stage) -> None:
    with (patch("tapctl.view.survey", side_effect=refusal("Broken")), pytest.raises(ClientError, match="Broken")):
        status(stage.session())


def test_copied_tags_on_something_else_are_named(stage: Stage) -> None:
    stack_table(stage, EAST)
    session = stage.session(regions=[EAST])
    copy = stage.wires.raw("ec2", EAST).create_security_group(
        GroupName="copy", Description="copy", TagSpecifications=[
            {"ResourceType": "security-group", "Tags": tag_list(session.place.tags(f"{EAST}/security_group/app"))},
        ])["GroupId"]
    status(session)
    (note,) = stage.heard(Note)
    assert note.text.startswith(f"left alone: arn:aws:ec2:{EAST}:{session.place.account}:security-group/{copy} carries")


def test_an_index_that_may_not_be_read_is_told(stage: Stage) -> None:
    stack_table(stage, EAST)
    stage.wires.meter.denied = ("resourcegroupstaggingapi:GetResources", "tag:GetResources")
    assert rows(stage.session(regions=[EAST]))[f"{EAST}/table"][0] == "ACTIVE"
    (note,) = stage.heard(Note)
    assert note.text.endswith(f"{WEST}: not looked at: not allowed: resourcegroupstaggingapi:GetResources")
    assert EAST not in note.text


def test_where_the_primary_stands_elsewhere_all_that_only_looks_works(stage: Stage) -> None:
    arn = stack_database(stage, EAST)
    stage.wires.meter.reset()
    moved = stage.session(regions=[WEST, EAST])
    with pytest.raises(ConfigurationError, match=f"stands in {EAST}, and by the configuration it is in {WEST}"):
        up(moved, yes)
    assert rows(moved) == {f"{EAST}/database": ("available", "")}
    (note,) = stage.heard(Note)
    assert note.text.startswith("without drift, because nothing can be planned: the primary database stands in")
    assert collect(moved)["regions"][EAST]["database_arn"] == arn
    assert [item.it.id for item in find(moved).items] == [arn]
    assert not stage.wires.meter.mutating


@pytest.mark.parametrize(("said", "text"), [
    ("", "ready"), ("creating", "creating"), ("deleting", "being deleted"), ("broken", "it is broken")])
def test_states(said: str, text: str) -> None:
    assert state(Box, Found(f"{EAST}/box/a", "box-1", {"state": said})) == text


def test_what_is_not_there_is_missing() -> None:
    assert state(Box, None) == "missing"


# ---------------------------------------------------------------- stacks
def test_stacks(stage: Stage) -> None:
    stack_parts(stage, EAST)
    stage.wires.raw("dynamodb", WEST).create_table(
        TableName="x", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        Tags=[{"Key": "tapctl:stack", "Value": "Another/dev"}])
    stack_table(stage, "eu-west-1")
    found = stacks(stage.session())
    assert list(found) == ["Another/dev", "TapStack/staging"]
    assert found["Another/dev"] == {WEST: 1}
    assert found["TapStack/staging"][EAST] > 1
    assert found["TapStack/staging"]["eu-west-1"] == 1
    assert list(stacks(stage.session(chosen=[WEST]))) == ["Another/dev"]
    assert not stage.heard(Note)


def test_stacks_where_not_all_regions_can_be_asked(stage: Stage) -> None:
    stack_table(stage, EAST)
    stack_table(stage, "eu-west-1")
    stage.wires.meter.denied = ("eu-west-1",)
    assert stacks(stage.session()) == {"TapStack/staging": {EAST: 1}}
    stage.wires.meter.denied = ("DescribeRegions",)
    assert stacks(stage.session()) == {"TapStack/staging": {EAST: 1}}
    assert [note.text for note in stage.heard(Note)] == [
        "eu-west-1: not looked at: not allowed: resourcegroupstaggingapi:GetResources",
        f"only in {EAST}, {WEST}: not allowed: ec2:DescribeRegions"]
    stage.wires.meter.denied = ("GetResources",)
    with pytest.raises(ClientError, match="AccessDenied"):
        stacks(stage.session())
