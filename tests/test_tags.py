"""The tags aspect, and EC2's spellings of tags."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

from tapctl.model import Found
from tapctl.tags import ec2_specification, ours, put_ec2_tags, read_tags, tags_aspect, want_tags
from tests.memory import PLACE, Box

BOX = Box(PLACE, "a")
TAGS = {"Environment": "test", "Name": "TapStack-test-us-east-1-a", "Owner": "platform", "Project": "TapStack",
        "tapctl:key": "us-east-1/box/a", "tapctl:stack": "TapStack/test"}


def never(ref: Any) -> Found:
    raise AssertionError("tags need nothing")


def found(**tags: str) -> Found:
    return Found(BOX.key, "box-1", {}, TAGS | tags)


def test_all_six_tags_are_wanted() -> None:
    assert want_tags(BOX, never) == TAGS


def test_the_tags_of_others_are_not_read() -> None:
    assert read_tags(Mock(), found(CostCenter="42", **{"aws:autoscaling:groupName": "x"})) == TAGS
    assert read_tags(Mock(), Found(BOX.key, "box-1", {})) == {}


def test_the_aspect_writes_what_is_wanted_and_asks_nothing_to_read() -> None:
    write, aws = Mock(), Mock()
    aspect = tags_aspect(write)
    have = aspect.read(aws, found(Owner="somebody", Added="stays"))
    assert aspect.want(BOX, never) != have == TAGS | {"Owner": "somebody"}
    assert aspect.write is not None
    aspect.write(aws, found(), have, TAGS)
    write.assert_called_once_with(aws, found(), TAGS)
    assert aspect.name == "tags"
    assert aws.mock_calls == []


def test_ec2_takes_tags_sorted() -> None:
    ec2 = Mock(spec=["create_tags"])
    put_ec2_tags(Mock(client={"ec2": ec2}.__getitem__), found(), {"b": "2", "a": "1"})
    pairs = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    ec2.create_tags.assert_called_once_with(Resources=["box-1"], Tags=pairs)
    assert ec2_specification("security-group", {"b": "2", "a": "1"}) == [
        {"ResourceType": "security-group", "Tags": pairs}]


def test_the_filter_is_this_stacks_exactly() -> None:
    assert ours(Mock(place=PLACE)) == [{"Name": "tag:tapctl:stack", "Values": ["TapStack/test"]}]
