"""Encryption: every store of a region is under the stack's key of that region."""

from __future__ import annotations

import re
from collections.abc import Callable

from tapctl.resources.bucket import Bucket, read_encryption
from tapctl.resources.database import Database
from tapctl.resources.kms_key import KmsKey, read_enabled, read_rotation
from tapctl.resources.log_group import LogGroup
from tapctl.resources.secret import ROLE, Secret
from tapctl.resources.table import Table, read_key
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.seen import Saw, counted, saw

KEPT = "the key of a database is fixed for its life: restore a snapshot copied under the key, or `tapctl down` and `up`"


def key(look: Look) -> Saw:
    it = look.one(KmsKey)
    wrong = []
    if not read_enabled(look.aws, it):
        wrong.append(f"{it.id} is {it.raw['KeyState']}")
    elif not read_rotation(look.aws, it):  # KMS doesn't answer this of a key that is pending
        wrong.append(f"{it.id} is not rotated")
    return saw(f"{it.id}: {it.raw['KeyState']}", wrong)


def grants(look: Look) -> Saw:
    """A grant outlives a key's days of being pending deletion, so one that was taken back may have some. Those of AWS's
    own services name the service, one of its roles, or what it makes of an instance.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html
    """
    place, found = look.place, look.answers("kms", "list_grants", "Grants", KeyId=look.one(KmsKey).id)
    aws_own = re.compile(rf"arn:{place.partition}:(iam::{place.account}:role/aws-service-role/|"
                         rf"sts::{place.account}:assumed-role/aws:)|(?!arn:)")
    wrong = [f"{one['GranteePrincipal']} may {', '.join(one['Operations'])} by grant {one['GrantId']}"
             for one in found if not aws_own.match(one["GranteePrincipal"])]
    return saw(counted(len(found), "grant"), wrong)


def under(what: str, read: Callable[[Look], str]) -> Callable[[Look], Saw]:
    """A check that one store is under the key. read: the ARN of the key that it is under; empty: none of ours."""

    def check(look: Look) -> Saw:
        wanted, have = look.one(KmsKey).id, read(look)
        told = f"{what} is under {have or 'a key of AWS'}"
        return saw(told, [] if have == wanted else [f"{told}, not under {wanted}"])

    return check


def of_bucket(look: Look) -> str:
    """The ARN: S3 gives back the key as it was named, which an alias or a bare id would be too."""
    rule = read_encryption(look.aws, look.one(Bucket, "logs"))
    return str(rule.get("KMSMasterKeyID", "")) if rule["SSEAlgorithm"] == "aws:kms" else ""


def of_database(look: Look) -> str:
    raw = look.one(Database).raw
    return str(raw.get("KmsKeyId", "")) if raw["StorageEncrypted"] else ""


def of_table(look: Look) -> str:
    return read_key(look.aws, look.one(Table))


def of_log_group(look: Look) -> str:
    return str(look.one(LogGroup).raw.get("kmsKeyId", ""))


def access_logs(look: Look) -> Saw:
    """SSE-S3, and no other: AWS delivers access logs to nothing else."""
    have = read_encryption(look.aws, look.one(Bucket, "alb-logs"))["SSEAlgorithm"]
    return saw(f"the access-log bucket is under {have}", [] if have == "AES256" else [
        f"the access-log bucket is under {have}: the load balancer's logs come only to AES256"])


def volumes(look: Look) -> Saw:
    wanted, found = look.one(KmsKey).id, parties.volumes(look)
    wrong = [f"{one['VolumeId']} is {'under ' + one['KmsKeyId'] if one.get('KmsKeyId') else 'not encrypted'}"
             for one in found if not (one["Encrypted"] and one.get("KmsKeyId") == wanted)]
    return saw(f"{counted(len(found), 'volume')} of {counted(len(parties.instances(look)), 'instance')}", wrong)


def secret(look: Look) -> Saw:
    """The primary's, and its copy wherever there is one."""
    found = [look.one(Secret, ROLE)] if look.is_primary else look.all(Secret)
    wanted = look.one(KmsKey).id
    wrong = [f"{it.id} is under {it.raw.get('KmsKeyId') or 'a key of AWS'}, not under {wanted}"
             for it in found if it.raw.get("KmsKeyId") != wanted]
    return saw(counted(len(found), "secret"), wrong)


CHECKS = (
    Check("encryption.key", "The key is enabled and rotated.", key),
    Check("encryption.grants", "Nobody but AWS's own services may use the key by a grant.", grants,
          "if nobody needs it: aws kms revoke-grant --key-id ... --grant-id ..."),
    Check("encryption.bucket", "The log bucket encrypts under the key unless told otherwise.",
          under("the log bucket", of_bucket)),
    Check("encryption.access-logs", "The access-log bucket encrypts with SSE-S3, which AWS demands of it.",
          access_logs),
    Check("encryption.volumes", "Every volume of every instance is under the key.", volumes,
          "terminate the instance: the Auto Scaling group launches another by the template"),
    Check("encryption.database", "The database's storage is under the key.", under("the database", of_database), KEPT),
    Check("encryption.table", "The table is under the key.", under("the table", of_table)),
    Check("encryption.log-group", "The log group is under the key.", under("the log group", of_log_group)),
    Check("encryption.secret", "The database's secret is under the key, and so is a copy of it.", secret),
)
