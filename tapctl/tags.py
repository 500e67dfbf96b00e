"""The tags aspect that every taggable kind has, and the tag spellings of EC2's calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tapctl.model import Aspect, Aws, Found, Out, Resource
from tapctl.naming import OWNERSHIP_STACK, TAG_NAMES, tag_list

Write = Callable[[Aws, Found, Mapping[str, str]], None]


def want_tags(r: Resource, out: Out) -> dict[str, str]:
    return r.tags


def read_tags(aws: Aws, it: Found) -> dict[str, str]:
    """Only the six that tapctl sets: what others add stays."""
    return {name: value for name, value in it.tags.items() if name in TAG_NAMES}


def tags_aspect(write: Write) -> Aspect[Resource, dict[str, str]]:
    """Tags as an aspect. owned() and create() answer them, so reading costs no call.

    write: sets these tags and leaves others.
    """

    def put(aws: Aws, it: Found, have: dict[str, str], want: dict[str, str]) -> None:
        write(aws, it, want)

    return Aspect("tags", want_tags, read_tags, put, inward=True)


def put_ec2_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    aws.client("ec2").create_tags(Resources=[it.id], Tags=tag_list(tags))


def ec2_specification(kind: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """TagSpecifications of an EC2 create call. kind: as EC2 spells it, "security-group"."""
    return [{"ResourceType": kind, "Tags": tag_list(tags)}]


def ours(aws: Aws) -> list[dict[str, Any]]:
    """The Filters of an EC2 describe call that leave only what carries this stack's tag."""
    return [{"Name": f"tag:{OWNERSHIP_STACK}", "Values": [aws.place.stack]}]
