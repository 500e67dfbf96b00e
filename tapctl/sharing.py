"""What is to be said of a peering connection that is about to go: who else may use it, and what can't be seen of it.

AWS has one for two VPCs, and doesn't tell who uses it. Nothing is handed over: another stack finds that it is gone, and
its next `up` makes its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from tapctl.handover import owner_of
from tapctl.model import Aws, Found
from tapctl.naming import OWNERSHIP_STACK
from tapctl.observe import Item
from tapctl.paging import pages
from tapctl.resources.peering import SIDES, Peering
from tapctl.resources.peering_routes import ends, to_be_left

UNSEEN = "stacks that can't be looked at"


def notes(aws: Aws, going: Iterable[Item]) -> dict[str, str]:
    """By its id, a line for each connection of these that others may use. That this can't be seen is no reason not to
    go on."""
    found = {}
    for item in going:
        if item.kind is Peering:
            try:
                others = sharers(aws.at(item.region), item.it)
            except (ClientError, BotoCoreError):
                others = [UNSEEN]
            if others:
                found[item.it.id] = (
                    f"{item.it.key}: {item.it.id} may also be used by {', '.join(others)}, in both its VPCs: "
                    "once it is gone, these are not joined until a `tapctl up` of theirs makes another")
    return found


def left(aws: Aws, going: Iterable[Item]) -> Iterator[str]:
    """A line for each connection of these that leaves routes behind, in a region that can't be asked for them."""
    for item in going:
        if item.kind is Peering and (routes := to_be_left(aws.at(item.region), item.it)):
            yield f"{item.it.key}: {item.it.id}: {routes}"


def sharers(aws: Aws, it: Found) -> list[str]:
    """The other stacks that have a security group in both of its VPCs."""
    here, there = (stacks_in(end, it.raw[f"{side}VpcInfo"]["VpcId"])
                   for side, end in zip(SIDES, ends(aws, it), strict=True))
    return sorted((here & there) - {aws.place.stack})


def stacks_in(aws: Aws, vpc: str) -> set[str]:
    """By the tags and names of their groups."""
    groups = pages(aws.client("ec2"), "describe_security_groups", "SecurityGroups", Filters=[
        {"Name": "vpc-id", "Values": [vpc]}, {"Name": "tag-key", "Values": [OWNERSHIP_STACK]}])
    return {owner.stack for group in groups if (owner := owner_of(group, aws.place))}
