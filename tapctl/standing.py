"""Where a stack could stand: in the configured regions, and wherever a cheap look says so.

IAM and S3 answer for all regions at once, and every region of a stack has a role and buckets. Besides, each region
that is enabled for the account can be asked by tag and by the key's alias. None of this is a proof: the index of tags
goes on listing what was deleted. It decides only where it is worth looking in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from tapctl import index
from tapctl.model import Aws, Denied, Remnant
from tapctl.naming import BUCKET_ROLES, OWNERSHIP_STACK, REGION
from tapctl.observe import guarded, listed, refusal
from tapctl.reading import Reads
from tapctl.resources.kms_key import named
from tapctl.resources.role import Role

WORKERS = 16  # regions that are asked at once
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html: what is in it stays, and costs
DISABLED = "the region is not enabled for this account"


@dataclass(frozen=True)
class Clue:
    """What is known of a region that the configuration doesn't name, before it is looked at in full.

    told: what says that something may stand there; unseen: what could not be asked, and why;
    disabled: the account has switched it off, so nothing there can be asked, though it may well stand;
    kept: the stack's key there, if AWS will delete it.
    """

    region: str
    told: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    disabled: bool = False
    kept: tuple[Remnant, ...] = ()


@dataclass(frozen=True)
class Standing:
    """configured: looked at in full, whatever is told; clues: of every other region that was asked or told of;
    unasked: the questions to the whole account that were denied."""

    configured: Sequence[str]
    clues: Sequence[Clue] = ()
    unasked: Sequence[str] = ()

    @property
    def elsewhere(self) -> list[str]:
        """Regions that the configuration doesn't name and where something may stand."""
        return [clue.region for clue in self.clues if clue.told and not clue.disabled]

    @property
    def regions(self) -> list[str]:
        """Where to look in full."""
        return [*self.configured, *self.elsewhere]

    @property
    def hidden(self) -> list[Clue]:
        """Where something may stand and nothing can be asked."""
        return [clue for clue in self.clues if clue.told and clue.disabled]

    def notes(self) -> Iterator[str]:
        """What was not looked at, in a line for each reason."""
        for clue in self.hidden:
            yield f"{clue.region}: not looked at: {DISABLED}, but {', '.join(clue.told)} tells of it"
        reasons: dict[str, list[str]] = {}
        for clue in self.clues:
            if clue.unseen and not clue.told:
                reasons.setdefault(", ".join(clue.unseen), []).append(clue.region)
        for why, regions in reasons.items():
            yield f"{', '.join(regions)}: not looked at: {why}"
        if self.unasked:
            yield f"regions that the configuration doesn't name may be missed: not allowed: {', '.join(self.unasked)}"


def beyond(aws: Aws, configured: Sequence[str]) -> Standing:
    """What names alone tell, for `plan` and `up`: two calls, and a third where they tell anything."""
    names, unasked = by_name(aws, configured)
    enabled = guarded(enabled_regions, aws) if names else frozenset()
    return Standing(configured, [Clue(region, names[region], disabled=is_disabled(region, enabled))
                                 for region in sorted(names)], unasked)


def everywhere(aws: Aws, configured: Sequence[str]) -> Standing:
    """Ask every region, for `down` and `status`."""
    names, unasked = by_name(aws, configured)
    enabled = guarded(enabled_regions, aws)
    others = {*names} - {*configured}
    if isinstance(enabled, Denied):
        unasked = (*unasked, enabled.action)
    else:
        others |= enabled - {*configured}
    with Reads(WORKERS) as pool:
        clues = pool.map(lambda region: Clue(region, names.get(region, ()), disabled=True)
                         if is_disabled(region, enabled) else asked(aws.at(region), names.get(region, ())),
                         sorted(others))
        return Standing(configured, list(clues), unasked)


def is_disabled(region: str, enabled: frozenset[str] | Denied) -> bool:
    return not isinstance(enabled, Denied) and region not in enabled


def enabled_regions(aws: Aws) -> frozenset[str]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html"""
    return frozenset(region["RegionName"] for region in aws.client("ec2").describe_regions()["Regions"])


# ---------------------------------------------------------------- by name: the whole account at once
def by_name(aws: Aws, configured: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """(region that isn't configured -> what in IAM and S3 has this stack's name there, actions that were denied)."""
    told: dict[str, tuple[str, ...]] = {}
    denied = []
    for look in roles, buckets:
        answer = guarded(look, aws, configured)
        if isinstance(answer, Denied):
            denied.append(answer.action)
            continue
        for region, name in answer:
            told[region] = (*told.get(region, ()), name)
    return told, tuple(denied)


def roles(aws: Aws, configured: Sequence[str]) -> list[tuple[str, str]]:
    """(region, role) of every role of this stack in another region.

    A role's name alone can be another environment's: "test" in "eu-us-east-1" is "test-eu" in "us-east-1".
    """
    start = f"{aws.place.project}-{aws.place.environment}-"
    pages = aws.client("iam").get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1000})
    names = [role["RoleName"] for page in pages for role in page["Roles"] if role["RoleName"].startswith(start)]
    told = [(name.removeprefix(start), f"role {name}") for name in names]
    return [(region, role) for region, role in told if region not in configured and re.fullmatch(REGION, region)
            and guarded(listed, Role, aws.at(region))]  # not allowed to look at it is not the same as nothing there


def buckets(aws: Aws, configured: Sequence[str]) -> list[tuple[str, str]]:
    """(region, bucket) of every bucket with this stack's name in another region."""
    names = {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}
    ends = {region for name in names for region in re.findall(rf"-{aws.place.account}-({REGION})(?:-an)?$", name)}
    told = [(region, aws.place.at(region).bucket_name(role))
            for region in sorted(ends - {*configured}) for role in BUCKET_ROLES]
    return [(region, f"bucket {name}") for region, name in told if name in names]


# ---------------------------------------------------------------- region by region
def asked(aws: Aws, names: tuple[str, ...]) -> Clue:
    """Two questions: what bears the stack's tag, and what its alias points at."""
    region, arns, unseen = aws.place.region, list[str](), list[str]()
    key = kept = None
    try:
        arns = [arn for arn, _ in index.tagged(aws, **{OWNERSHIP_STACK: (aws.place.stack,)})]
    except ClientError as error:
        unseen.append(refusal(error))
    except BotoCoreError as error:  # where one service can't be reached, the next is not waited for
        return Clue(region, names, (refusal(error),))
    try:
        key, kept = named(aws)
    except (ClientError, BotoCoreError) as error:
        unseen.append(refusal(error))
    bearing = sum(kept is None or arn != kept.id for arn in arns)
    told = [*names, *([f"things with its tags: {bearing}"] if bearing else []), *([f"key {key.id}"] if key else [])]
    return Clue(region, tuple(told), tuple(unseen), kept=(kept,) if kept else ())
