"""The tags aspect, and EC2's spellings of tags."""

from __future__ import annotations

from tapctl.tags import ec2_specification


def test_ec2_takes_tags_by_resource_type() -> None:
    assert ec2_specification("security-group", {"b": "2", "a": "1"}) == [
        {"ResourceType": "security-group", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}]
