"""Public access and transport: nothing is open to everybody, nothing travels or answers unprotected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapctl.naming import BUCKET_ROLES
from tapctl.policy import canonical
from tapctl.resources.bucket import Bucket, read_block, read_policy
from tapctl.resources.database import Database
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.seen import Saw, counted, saw


def buckets(look: Look) -> Saw:
    found = [look.one(Bucket, role) for role in BUCKET_ROLES]
    wrong = [f"{it.id}: {name} is off" for it in found for name, on in read_block(look.aws, it).items() if not on]
    return saw(f"{counted(len(found), 'bucket')}: all four blocks", wrong)


def database(look: Look) -> Saw:
    public = look.one(Database).raw["PubliclyAccessible"]
    told = f"PubliclyAccessible is {str(public).lower()}"
    return saw(told, [told] if public else [])


def metadata(look: Look) -> Saw:
    found = parties.instances(look)
    wrong = [f"{one['InstanceId']} answers IMDSv1: HttpTokens is {one['MetadataOptions']['HttpTokens']}"
             for one in found if one["MetadataOptions"]["HttpTokens"] != "required"]
    return saw(f"{counted(len(found), 'instance')}: IMDSv2 alone", wrong)


def tls_buckets(look: Look) -> Saw:
    found = [look.one(Bucket, role) for role in BUCKET_ROLES]
    wrong = [f"{it.id}: its policy lets in what comes without TLS" for it in found
             if not denies_plain(read_policy(look.aws, it), look.place.arn("s3", it.id, region="", account=""))]
    return saw(f"{counted(len(found), 'bucket')}: plain HTTP is denied", wrong)


def denies_plain(policy: Mapping[str, Any] | None, arn: str) -> bool:
    """Whether everybody is denied everything, on the bucket and in it, that comes without TLS."""
    covered: set[str] = set()
    for statement in canonical(policy)["Statement"] if policy else []:
        everybody = statement.get("Principal") in ("*", {"AWS": "*"}) and statement.get("Action") in ("*", "s3:*")
        plain = statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        if statement["Effect"] == "Deny" and everybody and plain:
            resources = statement.get("Resource", [])
            covered |= {resources} if isinstance(resources, str) else set(resources)
    return "*" in covered or {arn, f"{arn}/*"} <= covered


def tls_database(look: Look) -> Saw:
    """The parameter, in force: one that waits for a reboot is not."""
    groups = look.one(Database).raw["DBParameterGroups"]
    wrong, told = [], []
    for group in groups:
        name = group["DBParameterGroupName"]
        forced = next((one.get("ParameterValue") for one in look.answers(
            "rds", "describe_db_parameters", "Parameters", DBParameterGroupName=name)
            if one["ParameterName"] == "rds.force_ssl"), None)
        told.append(f"rds.force_ssl is {forced} in {name}, {group['ParameterApplyStatus']}")
        if forced != "1" or group["ParameterApplyStatus"] != "in-sync":
            wrong.append(told[-1])
    return saw("; ".join(told), wrong)


CHECKS = (
    Check("exposure.buckets", "Both buckets block public access in all four ways.", buckets),
    Check("exposure.database", "The database has no public address.", database),
    Check("exposure.metadata", "Instances give out credentials by IMDSv2 alone.", metadata,
          "terminate the instance: the Auto Scaling group launches another by the template"),
    Check("tls.buckets", "Both buckets deny whatever comes without TLS.", tls_buckets),
    Check("tls.database", "The database takes connections with TLS alone: rds.force_ssl is in force.", tls_database,
          "give the database its default parameter group again: `tapctl up`; reboot it where that is pending"),
)
