"""The index of tags, on the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from tapctl import index
from tapctl.aws import Cloud
from tapctl.emulator.inprocess import emulated
from tapctl.model import Denied
from tapctl.naming import Place, tag_list
from tests.conformance.lab import Wires

PLACE = Place("TapStack", "staging", "platform", "123456789012", "us-east-1", "aws")
KEY = "us-east-1/security_group/app"


@pytest.fixture
def aws() -> Iterator[Cloud]:
    with emulated():
        yield Cloud(PLACE, Wires().connections)


def group(aws: Cloud, name: str, place: Place = PLACE, without: str = "") -> str:
    """A security group with the tags of this stack's `app`; its ARN."""
    tags = {tag: value for tag, value in place.tags(KEY).items() if tag != without}
    made = aws.client("ec2").create_security_group(GroupName=name, Description=name, TagSpecifications=[
        {"ResourceType": "security-group", "Tags": tag_list(tags)}])
    return PLACE.arn("ec2", f"security-group/{made['GroupId']}")


def test_what_is_owned_is_no_stranger_and_a_copy_is(aws: Cloud) -> None:
    real, copy = group(aws, PLACE.name("app")), group(aws, "copied")
    assert list(index.strangers(aws, [real.rpartition("/")[2]])) == [copy]
    assert list(index.strangers(aws, [real, copy])) == []


def test_other_stacks_and_what_was_only_launched_are_none(aws: Cloud) -> None:
    group(aws, "another", Place("TapStack", "staging2", "platform", "123456789012", "us-east-1", "aws"))
    group(aws, "launched", without="tapctl:key")
    assert list(index.strangers(aws, [])) == []


def test_copies_that_rds_makes_are_none(aws: Cloud) -> None:
    rds = aws.client("rds")
    rds.create_db_instance(DBInstanceIdentifier="mine", Engine="postgres", DBInstanceClass="db.t3.micro",
                           AllocatedStorage=20, MasterUsername="tapadmin", MasterUserPassword="long-enough",
                           CopyTagsToSnapshot=True, Tags=tag_list(PLACE.tags("us-east-1/database")))
    for _ in range(4):  # until it is available
        rds.describe_db_instances()
    rds.create_db_snapshot(DBInstanceIdentifier="mine", DBSnapshotIdentifier="by-hand")
    assert [arn for arn, _ in index.tagged(aws) if ":snapshot:" in arn]
    assert list(index.strangers(aws, ["mine"])) == []


def test_what_is_only_still_listed_counts_for_no_stack(aws: Cloud) -> None:
    kms = aws.client("kms")
    tags = [{"TagKey": tag, "TagValue": value} for tag, value in PLACE.tags("us-east-1/kms_key").items()]
    key = kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    assert index.stacks(aws) == {"TapStack/staging": 1}
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert index.stacks(aws) == {}
    with patch.object(index, "guarded", lambda asked: Denied("kms:DescribeKey")):
        assert index.stacks(aws) == {"TapStack/staging": 1}
    assert index.going(aws, PLACE.arn("ec2", "instance/i-1"))
    assert index.going(aws, PLACE.arn("rds", "snapshot:rds:mine"))


def test_stacks(aws: Cloud) -> None:
    group(aws, "one")
    group(aws, "two")
    assert index.stacks(aws) == {"TapStack/staging": 2}
    assert index.stacks(aws.at("us-west-2")) == {}
