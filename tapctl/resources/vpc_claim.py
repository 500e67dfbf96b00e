"""A claim on a VPC: one run at a time decides what becomes of an endpoint that several stacks use.

EC2 has no locks, but a VPC has a security group's name only once. Who makes the group "tapctl-claim" has the claim; who
deletes it lets go. It is held for a few calls. One that a killed run left is taken over by deleting it by its id, which
only one of several runs can do: at once if it is of this stack, whose lock this run has, else when it is old.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from uuid import uuid4

from botocore.exceptions import ClientError

from tapctl.model import Aws, Blocked, Found, Gone, Kind
from tapctl.naming import OWNERSHIP_STACK, claims, tag_dict
from tapctl.tags import ec2_specification, ours
from tapctl.waiting import absent, code, tolerate

NAME = "tapctl-claim"
SINCE, BY = "tapctl:claimed-at", "tapctl:claimed-by"  # seconds since 1970; the holder's run, and a word of its own
STALE = 600.0  # seconds: far more than a few calls take, and than clocks should differ
HOLD = 120.0  # seconds after which a holder decides nothing any more
YOUNG = 10.0  # seconds for which EC2 may say of a group that it isn't there, and it is
NOT_FOUND = "InvalidGroup.NotFound"


@dataclass(frozen=True)
class Claim:
    """since: seconds since 1970."""

    id: str
    since: float

    def hold(self) -> None:
        """Before what can't be undone. Raises Blocked: it was held for so long that another may soon take it over."""
        if time.time() - self.since > HOLD:
            raise Blocked("AWS to answer faster")


@contextmanager
def claimed(aws: Aws, vpc: str) -> Iterator[Claim]:
    """Raises Blocked: another run has it."""
    claim = taken(aws, vpc)
    try:
        yield claim
    finally:
        let_go(aws, claim.id, claim.since)


def taken(aws: Aws, vpc: str) -> Claim:
    """Raises Blocked."""
    ec2, since, word = aws.client("ec2"), time.time(), f"{aws.run}/{uuid4().hex}"
    tags = aws.place.tags(f"{aws.place.region}/{VpcClaim.kind}") | {SINCE: f"{since:.0f}", BY: word}
    try:
        return Claim(ec2.create_security_group(
            GroupName=NAME, VpcId=vpc, Description="Held for seconds while tapctl decides whose an endpoint is",
            TagSpecifications=ec2_specification("security-group", tags))["GroupId"], since)
    except ClientError as error:
        if code(error) != "InvalidGroup.Duplicate":
            raise
    found = next(_groups(aws, [{"Name": "vpc-id", "Values": [vpc]}]), None)
    if found is None:
        raise Blocked(f"another run to let go of {vpc}")
    if found.tags.get(BY) == word:
        return Claim(found.id, since)  # the answer was lost, and the call repeated
    if _over(aws, found):
        let_go(aws, found.id, 0)
    raise Blocked(_held(found, vpc))


def let_go(aws: Aws, group: str, since: float) -> None:
    """since: when it was made, in seconds since 1970; as long as it is young, that it isn't there is not believed.

    https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
    """
    delete = partial(aws.client("ec2").delete_security_group, GroupId=group)
    absent(partial(tolerate, delete, NOT_FOUND, seconds=since + YOUNG - time.time()), NOT_FOUND)


def _groups(aws: Aws, filters: list[dict[str, Any]]) -> Iterator[Found]:
    named = {"Name": "group-name", "Values": [NAME]}
    for raw in aws.client("ec2").describe_security_groups(Filters=[named, *filters])["SecurityGroups"]:
        yield Found(f"{aws.place.region}/{VpcClaim.kind}", raw["GroupId"], raw, tag_dict(raw.get("Tags", [])))


def _age(it: Found) -> float:
    """Seconds; none of one that isn't tapctl's."""
    return time.time() - float(it.tags[SINCE]) if SINCE in it.tags else 0.0


def _over(aws: Aws, it: Found) -> bool:
    """Whether nobody holds it any more: this stack's other runs are dead, or would have the stack's lock."""
    its = it.tags.get(BY, "").partition("/")[0]
    return _age(it) > STALE or (it.tags.get(OWNERSHIP_STACK) == aws.place.stack and its != aws.run)


def _held(it: Found, vpc: str) -> str:
    """Who has it; and the way out, but for a claim that is young enough to be of a run that is alive, perhaps this one:
    each of a run's endpoints claims the VPC for itself."""
    waits = f"{it.tags.get(OWNERSHIP_STACK) or 'somebody'} to let go of {vpc}"
    if SINCE in it.tags and _age(it) <= HOLD:
        return waits
    taken_over = f", at the latest {STALE / 60:.0f} minutes after it was claimed" if SINCE in it.tags else ""
    return f"{waits}{taken_over}; if no run of it is alive: aws ec2 delete-security-group --group-id {it.id}"


class VpcClaim(Kind):
    """One that a killed run of this stack left."""

    kind: ClassVar[str] = "vpc_claim"
    sweep: ClassVar[bool] = True

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        return [it for it in _groups(aws, ours(aws)) if claims(it.tags, aws.place) == it.key]

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        if not _over(aws, it):
            raise Blocked(_held(it, it.raw["VpcId"]))  # one of this run's own endpoints has it
        let_go(aws, it.id, 0)
        return Gone.NOW
