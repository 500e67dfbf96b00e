"""Endpoints that several stacks use: who uses one, and who gets it when its owner goes.

A stack that uses another's endpoint says so by a tag on it, tapctl:used-by:PROJECT/ENVIRONMENT, whose value is the id
of a group of its own: the one that lets its application in, if the endpoint is an interface, which has it among its
groups; else the application's. A user whose group is no longer there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tapctl.model import Aws, Blocked, Found
from tapctl.naming import OWNERSHIP_KEY, OWNERSHIP_STACK, Place, claims, tag_dict
from tapctl.paging import pages
from tapctl.tags import put_ec2_tags
from tapctl.waiting import code

USED_BY = "tapctl:used-by:"
CHANGING = "OperationInProgress"


def mark(stack: str) -> str:
    """The name of the tag by which this stack says that it uses an endpoint."""
    return USED_BY + stack


def users(tags: Mapping[str, str], but: str) -> dict[str, str]:
    """Stack -> its group, of all but one, in the order in which they inherit."""
    return {name.removeprefix(USED_BY): tags[name] for name in sorted(tags)
            if name.startswith(USED_BY) and name != mark(but)}


def groups_of(it: Found) -> frozenset[str]:
    """An interface's groups."""
    return frozenset(group["GroupId"] for group in it.raw.get("Groups", []))


def is_ours(aws: Aws, it: Found) -> bool:
    return it.tags.get(OWNERSHIP_STACK) == aws.place.stack


# ---------------------------------------------------------------- using one
def register(aws: Aws, endpoint: str, group: str) -> None:
    put_ec2_tags(aws, Found("", endpoint, {}), {mark(aws.place.stack): group})


def withdraw(aws: Aws, it: Found) -> None:
    """Let go of another stack's endpoint. The tag goes last: as long as it is there, the next `down` finds the rest.

    What group the tag names is of no account: somebody may have changed it. Raises Blocked.
    """
    if mine := own_groups(aws, it):
        modify(aws, it, RemoveSecurityGroupIds=sorted(mine))
    unmark(aws, it, aws.place.stack)


def own_groups(aws: Aws, it: Found) -> frozenset[str]:
    """Those of its groups that are this stack's."""
    there = described(aws, it.raw["VpcId"], groups_of(it)) if groups_of(it) else ()
    return frozenset(raw["GroupId"] for raw in there
                     if (owner := owner_of(raw, aws.place)) and owner.stack == aws.place.stack)


def modify(aws: Aws, it: Found, **change: list[str]) -> None:
    """AWS carries out one change of an endpoint after the other. Raises Blocked: there is one under way."""
    try:
        aws.client("ec2").modify_vpc_endpoint(VpcEndpointId=it.id, **change)
    except ClientError as error:
        if code(error) == CHANGING:
            raise Blocked(f"AWS to carry out another change of {it.id}") from error
        raise


def unmark(aws: Aws, it: Found, *stacks: str) -> None:
    aws.client("ec2").delete_tags(Resources=[it.id], Tags=[{"Key": mark(stack)} for stack in sorted(stacks)])


# ---------------------------------------------------------------- handing one over
@dataclass(frozen=True)
class Heir:
    """group: the heir's own; ours: what of the endpoint's groups is this stack's."""

    place: Place
    group: str
    ours: frozenset[str]


def heir(aws: Aws, it: Found) -> Heir | None:
    """The first stack that uses it, and stands. Asks only where there is one that says it does."""
    uses = users(it.tags, but=aws.place.stack)
    if not uses:
        return None
    owners = {raw["GroupId"]: owner for raw in described(aws, it.raw["VpcId"], groups_of(it) | {*uses.values()})
              if (owner := owner_of(raw, aws.place))}
    for stack, group in uses.items():
        if group in owners and owners[group].stack == stack:
            mine = {name for name, owner in owners.items() if owner.stack == aws.place.stack}
            return Heir(owners[group], group, groups_of(it) & mine)
    return None


def described(aws: Aws, vpc: str, groups: frozenset[str]) -> list[dict[str, Any]]:
    """Those of these groups that are there."""
    return [*pages(aws.client("ec2"), "describe_security_groups", "SecurityGroups", Filters=[
        {"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-id", "Values": sorted(groups)}])]


def owner_of(group: Mapping[str, Any], place: Place) -> Place | None:
    """The stack whose group this is by its tags and its name; place: where it stands."""
    tags = tag_dict(group.get("Tags", []))
    project, _, environment = tags.get(OWNERSHIP_STACK, "").partition("/")
    owner = Place(project, environment, tags.get("Owner", ""), place.account, place.region, place.partition)
    role = tags.get(OWNERSHIP_KEY, "").rpartition("/")[2]
    named = claims(tags, owner) == f"{place.region}/security_group/{role}" and group["GroupName"] == owner.name(role)
    return owner if named else None


def hand_over(aws: Aws, it: Found, to: Heir) -> None:
    """Our group goes, its tags become the heir's, and it is no longer said to be a user, in this order: whatever call
    is the last that is made, it is either still ours, or the heir's in whole. An interface always has a group.

    Raises Blocked.
    """
    groups, change = groups_of(it), {}
    if to.ours:
        change["RemoveSecurityGroupIds"] = sorted(to.ours)
    if groups and to.group not in groups:
        change["AddSecurityGroupIds"] = [to.group]
    if change:
        modify(aws, it, **change)
    put_ec2_tags(aws, it, to.place.tags(it.tags[OWNERSHIP_KEY]))
    unmark(aws, it, to.place.stack, aws.place.stack)
