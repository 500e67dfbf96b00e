"""The customer-managed KMS key that encrypts a region's share of the stack.

A key has no name, and its create call no idempotency token, so the alias is the claim: the key it points at is the
stack's, and any other key with the stack's tags is a stray that only `down` removes. `down` schedules the deletion
and leaves the alias, which AWS removes with the key; so taking a key back is one DescribeKey.
https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tapctl.aws import THROTTLE, THROTTLED
from tapctl.model import Aspect, Aws, Found, Gone, Kept, Kind, Out, Ref, Refused, Remnant, Resource
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.policy import canonical, document, dumps
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, tolerate

WINDOW_DAYS = 7  # the shortest that AWS allows
GOES = f"whatever it encrypts, in {WINDOW_DAYS} days; it can be taken back until then"


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    aws.client("kms").tag_resource(KeyId=it.id, Tags=tag_list(tags, prefix="Tag"))


def want_policy(r: KmsKey, out: Out) -> dict[str, Any]:
    """Account administration; Auto Scaling's use of it for volumes; CloudWatch Logs for the one group.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    place, use = r.place, ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    scaling = {"AWS": out(r.scaling_role).id}
    statements: list[dict[str, Any]] = [
        {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": place.arn("iam", "root", region="")},
         "Action": "kms:*", "Resource": "*"},
        {"Sid": "AutoScaling", "Effect": "Allow", "Principal": scaling, "Action": use, "Resource": "*"},
        {"Sid": "AutoScalingGrants", "Effect": "Allow", "Principal": scaling, "Action": "kms:CreateGrant",
         "Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}},
        {"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": f"logs.{place.region}.amazonaws.com"},
         "Action": use, "Resource": "*", "Condition": {"ArnLike": {
             "kms:EncryptionContext:aws:logs:arn": place.arn("logs", f"log-group:{place.name()}")}}},
    ]
    return document(*statements)


def read_policy(aws: Aws, it: Found) -> dict[str, Any]:
    return canonical(aws.client("kms").get_key_policy(KeyId=it.id, PolicyName="default")["Policy"])


def put_policy(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    # a principal that was just made may not be visible to KMS yet
    tolerate(lambda: aws.client("kms").put_key_policy(KeyId=it.id, PolicyName="default", Policy=dumps(want)),
             "MalformedPolicyDocumentException", seconds=120)


def want_rotation(r: KmsKey, out: Out) -> bool:
    return True


def read_rotation(aws: Aws, it: Found) -> bool:
    return bool(aws.client("kms").get_key_rotation_status(KeyId=it.id)["KeyRotationEnabled"])


def put_rotation(aws: Aws, it: Found, have: bool, want: bool) -> None:
    # KMS may not know its newborn everywhere yet
    tolerate(lambda: aws.client("kms").enable_key_rotation(KeyId=it.id), "NotFoundException")


def want_enabled(r: KmsKey, out: Out) -> bool:
    return True


def read_enabled(aws: Aws, it: Found) -> bool:
    return bool(it.raw["KeyState"] == "Enabled")


def put_enabled(aws: Aws, it: Found, have: bool, want: bool) -> None:
    aws.client("kms").enable_key(KeyId=it.id)


TAGS = tags_aspect(put_tags)
ENABLED = Aspect("enabled", want_enabled, read_enabled, put_enabled)  # first: a disabled key can't be rotated
POLICY = Aspect("policy", want_policy, read_policy, put_policy)  # create() sends it, but a key taken back may differ
ROTATION = Aspect("rotation", want_rotation, read_rotation, put_rotation)


# ---------------------------------------------------------------- the key
def _described(aws: Aws, key: str) -> dict[str, Any] | None:
    answer = absent(lambda: aws.client("kms").describe_key(KeyId=key), "NotFoundException")
    return dict(answer["KeyMetadata"]) if answer else None


def _tags(aws: Aws, key: str) -> dict[str, str]:
    return tag_dict(aws.client("kms").list_resource_tags(KeyId=key)["Tags"])


def _claimed(aws: Aws) -> tuple[dict[str, Any], Found | None] | None:
    """The key that the alias points at, pending deletion or not, and the same as the stack's own if it is that."""
    raw = _described(aws, aws.place.alias_name)
    return (raw, _ours(aws, raw)) if raw else None


def own_key(aws: Aws) -> str | None:
    """The ARN of the key that is the stack's in this region, pending deletion or not."""
    claimed = _claimed(aws)
    return claimed[1].id if claimed and claimed[1] else None


def _ours(aws: Aws, raw: dict[str, Any]) -> Found | None:
    """The key as the stack's own: its tags say so, and so does its description, which a copied tag doesn't bring."""
    if raw["Description"] != aws.place.name() or raw["KeyManager"] != "CUSTOMER":
        return None
    tags = _tags(aws, raw["KeyId"])
    key = claims(tags, aws.place)
    return Found(key, raw["Arn"], raw, tags) if key == f"{aws.place.region}/{KmsKey.kind}" else None


def _remnant(it: Found) -> Remnant:
    return Remnant("KMS key", it.id, it.raw["DeletionDate"])


def named(aws: Aws) -> tuple[Found | None, Remnant | None]:
    """The stack's key behind the alias: as it stands, or as AWS keeps it until its deletion."""
    claimed = _claimed(aws)
    if claimed is None or claimed[1] is None:
        return None, None
    return (None, _remnant(claimed[1])) if claimed[0]["KeyState"] == "PendingDeletion" else (claimed[1], None)


def _strays(aws: Aws, pending: bool = False) -> Iterator[Found]:
    """The stack's own by tags and description, without its alias: an answer or a run was lost in between.

    Two calls a key of the account: only where one could have been left. pending: those that AWS will delete.
    """
    claimed = (_described(aws, aws.place.alias_name) or {}).get("Arn")
    for page in aws.client("kms").get_paginator("list_keys").paginate():
        for listed in page["Keys"]:
            raw = _described(aws, listed["KeyId"])
            if raw and (raw["KeyState"] == "PendingDeletion") is pending and raw["Arn"] != claimed:
                it = _ours(aws, raw)
                if it:
                    yield it


def _newest(keys: Iterable[Found]) -> Found | None:
    return max(keys, key=lambda it: it.raw["CreationDate"], default=None)


@dataclass(frozen=True)
class KmsKey(Resource):
    """scaling_role: the Auto Scaling service-linked role."""

    scaling_role: Ref
    kind: ClassVar[str] = "kms_key"
    says: ClassVar[tuple[str, ...]] = ("KeyState",)
    last: ClassVar[bool] = True
    holds_data: ClassVar[str] = GOES
    aspects: ClassVar[tuple[Aspect[KmsKey, Any], ...]] = (TAGS, ENABLED, POLICY, ROTATION)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        it, _ = named(aws)
        if it:
            yield it

    @classmethod
    def returning(cls, aws: Aws) -> Iterable[Found]:
        """The one that is pending deletion, whose alias stays; or one whose alias somebody took away."""
        claimed = _claimed(aws)
        it = claimed[1] if claimed else _newest(_strays(aws))
        if it:
            yield it

    def create(self, aws: Aws, out: Out) -> Found:
        kms = aws.client("kms")
        claimed = _claimed(aws)
        if claimed:
            raw, it = claimed
            if it is None:
                raise Refused(f"{self.place.alias_name} points at {raw['Arn']}, which is not this stack's")
            kms.cancel_key_deletion(KeyId=it.id)
            return Found(it.key, it.id, raw | {"KeyState": "Disabled"}, it.tags)
        it = _newest(_strays(aws)) or self.new(aws, out)
        tolerate(lambda: kms.create_alias(AliasName=self.place.alias_name, TargetKeyId=it.id), "NotFoundException")
        return it

    def new(self, aws: Aws, out: Out) -> Found:
        """A new key. Sent once only, but for a throttle: a call repeated after a lost answer would make a second."""
        once = aws.client("kms", repeat=False)
        raw = tolerate(lambda: once.create_key(
            Description=self.place.name(), Policy=dumps(want_policy(self, out)), Tags=tag_list(self.tags, prefix="Tag"),
        ), "MalformedPolicyDocumentException", *THROTTLED, seconds=THROTTLE)["KeyMetadata"]
        return Found(self.key, raw["Arn"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        needed = list(_needing(aws, it.id))
        if needed:
            raise Kept(f"the key still encrypts {', '.join(needed)}")
        now = _described(aws, it.id)
        if now and now["KeyState"] != "PendingDeletion":
            absent(lambda: aws.client("kms").schedule_key_deletion(KeyId=it.id, PendingWindowInDays=WINDOW_DAYS),
                   "KMSInvalidStateException")  # it is pending deletion: an answer was lost and the call repeated
        return Gone.NOW

    @classmethod
    def remains(cls, aws: Aws) -> Iterable[Remnant]:
        _, remnant = named(aws)
        if remnant:
            yield remnant


def _needing(aws: Aws, key: str) -> Iterator[str]:
    """Snapshots and backups that somebody made and that only this key can read. Images stand on snapshots."""
    for made_by in "manual", "awsbackup":  # AWS Backup's are a type of their own
        for page in aws.client("rds").get_paginator("describe_db_snapshots").paginate(SnapshotType=made_by):
            yield from (f"database snapshot {s['DBSnapshotIdentifier']}"
                        for s in page["DBSnapshots"] if s.get("KmsKeyId") == key)
    for page in aws.client("ec2").get_paginator("describe_snapshots").paginate(
            OwnerIds=["self"], Filters=[{"Name": "encrypted", "Values": ["true"]}]):
        yield from (f"volume snapshot {s['SnapshotId']}" for s in page["Snapshots"] if s.get("KmsKeyId") == key)
    for page in aws.client("dynamodb").get_paginator("list_backups").paginate(
            TableName=aws.place.name(), BackupType="USER"):
        yield from (f"table backup {backup['BackupName']}" for backup in page["BackupSummaries"])


class StrayKey(Kind):
    """The stack's by tags and description, without the alias. Found by the sweep only, removed by `down` only."""

    kind: ClassVar[str] = "stray_key"
    last: ClassVar[bool] = True
    holds_data: ClassVar[str] = GOES
    sweep: ClassVar[bool] = True

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        return list(_strays(aws))

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        return KmsKey.delete(aws, it)

    @classmethod
    def remains(cls, aws: Aws) -> Iterable[Remnant]:
        return map(_remnant, _strays(aws, pending=True))

