"""The DynamoDB table: on demand, under the stack's key, restorable to any second of the last 35 days.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.model import (
    Aspect,
    Aws,
    Blocked,
    Born,
    Failed,
    Found,
    Going,
    Gone,
    Out,
    Phase,
    Ref,
    Remnant,
    Resource,
    Unknown,
)
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, code, polled, tolerate

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
HOPELESS = ("ARCHIVING", "ARCHIVED")
TAGS_LATE = 10.0  # seconds that a newborn's tags may take to show
YOUNG = timedelta(minutes=1)


def update(aws: Aws, it: Found, **change: Any) -> None:
    """One change: until it is over the table is UPDATING, and another would be refused."""
    tolerate(lambda: aws.client("dynamodb").update_table(TableName=it.raw["TableName"], **change),
             "ResourceInUseException", seconds=600)


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    # while the table changes, its tags can't
    tolerate(lambda: aws.client("dynamodb").tag_resource(ResourceArn=it.id, Tags=tag_list(tags)),
             "ResourceInUseException", seconds=600)


def want_fixed(r: Table, out: Out) -> dict[str, str | None]:
    return {"partition_key": _spelled(*r.partition_key), "sort_key": _spelled(*r.sort_key) if r.sort_key else None}


def read_fixed(aws: Aws, it: Found) -> dict[str, str | None]:
    types = {a["AttributeName"]: a["AttributeType"] for a in it.raw["AttributeDefinitions"]}
    names = {part["KeyType"]: part["AttributeName"] for part in it.raw["KeySchema"]}
    return {key: _spelled(names[part], types[names[part]]) if part in names else None
            for key, part in (("partition_key", "HASH"), ("sort_key", "RANGE"))}


def _spelled(name: str, kind: str) -> str:
    return f"{name} ({kind})"


def want_billing(r: Table, out: Out) -> str:
    return "PAY_PER_REQUEST"


def read_billing(aws: Aws, it: Found) -> str:
    return str(it.raw.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"))


def put_billing(aws: Aws, it: Found, have: str, want: str) -> None:
    update(aws, it, BillingMode=want)


def want_key(r: Table, out: Out) -> str:
    return out(r.cmk).id


def read_key(aws: Aws, it: Found) -> str:
    return str(it.raw.get("SSEDescription", {}).get("KMSMasterKeyArn", ""))


def put_key(aws: Aws, it: Found, have: str, want: str) -> None:
    update(aws, it, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": want})


def want_protection(r: Table, out: Out) -> bool:
    return False


def read_protection(aws: Aws, it: Found) -> bool:
    return bool(it.raw.get("DeletionProtectionEnabled"))


def put_protection(aws: Aws, it: Found, have: bool, want: bool) -> None:
    update(aws, it, DeletionProtectionEnabled=want)


def want_recovery(r: Table, out: Out) -> bool:
    return True


def read_recovery(aws: Aws, it: Found) -> bool:
    if it.raw["TableStatus"] == "CREATING":
        raise Unknown(it.key)
    backups = aws.client("dynamodb").describe_continuous_backups(TableName=it.raw["TableName"])
    state = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    return bool(state == "ENABLED")


def put_recovery(aws: Aws, it: Found, have: bool, want: bool) -> None:
    # for some seconds, now and then minutes, after a table is ACTIVE its backups are still being enabled
    tolerate(lambda: aws.client("dynamodb").update_continuous_backups(
        TableName=it.raw["TableName"], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": want}),
        "ContinuousBackupsUnavailableException", seconds=600)


TAGS = tags_aspect(put_tags)
FIXED = Aspect("fixed", want_fixed, read_fixed, None, born=Born.SET,
               mend="Give [table] in config.toml its old key again, or let `tapctl down` remove the table and its data")
# one call each: what UpdateTable takes together with what is not said; READY: it takes nothing of a changing table
BILLING = Aspect("billing", want_billing, read_billing, put_billing, born=Born.SET, phase=Phase.READY)
KEY = Aspect("kms_key", want_key, read_key, put_key, born=Born.SET, phase=Phase.READY)
PROTECTION = Aspect("deletion_protection", want_protection, read_protection, put_protection, born=Born.SET,
                    phase=Phase.READY)
RECOVERY = Aspect("point_in_time_recovery", want_recovery, read_recovery, put_recovery, born=False, phase=Phase.READY)


# ---------------------------------------------------------------- the table
@dataclass(frozen=True)
class Table(Resource):
    """cmk: the key, READY: enabled. A key's part is (name, "S" | "N" | "B")."""

    cmk: Ref
    partition_key: tuple[str, str]
    sort_key: tuple[str, str] | None = None
    kind: ClassVar[str] = "table"
    says: ClassVar[tuple[str, ...]] = ("TableStatus",)
    uses: ClassVar[frozenset[str]] = frozenset({"kms_key", "stray_key"})
    holds_data: ClassVar[str] = "every item; AWS keeps a backup for 35 days"
    aspects: ClassVar[tuple[Aspect[Table, Any], ...]] = (TAGS, FIXED, BILLING, KEY, PROTECTION, RECOVERY)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        raw = _described(aws, aws.place.name())
        tags = _tags(aws, raw) if raw else {}
        key = claims(tags, aws.place)
        if raw and key == f"{aws.place.region}/{cls.kind}":
            yield Found(key, raw["TableArn"], raw, tags)

    @classmethod
    def look(cls, aws: Aws, it: Found) -> Found | None:
        raw = _described(aws, it.raw["TableName"])
        return Found(it.key, it.id, raw, it.tags) if raw else None

    @classmethod
    def state(cls, it: Found) -> str | None:
        status = str(it.raw["TableStatus"])
        if status == "DELETING":
            raise Going
        if status in HOPELESS:
            raise Failed(f"the table is {status}: its key could not be used for a week; restore it from its backup")
        return None if status == "ACTIVE" else status

    def create(self, aws: Aws, out: Out) -> Found:
        parts = [(self.partition_key, "HASH"), *([(self.sort_key, "RANGE")] if self.sort_key else [])]
        raw = aws.client("dynamodb").create_table(
            TableName=self.place.name(), BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=False,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for (name, kind), _ in parts],
            KeySchema=[{"AttributeName": name, "KeyType": part} for (name, _), part in parts],
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": out(self.cmk).id},
            Tags=tag_list(self.tags))["TableDescription"]
        return Found(self.key, raw["TableArn"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        if it.raw["TableStatus"] == "DELETING":
            return Gone.LATER
        dynamodb, name = aws.client("dynamodb"), it.raw["TableName"]
        try:
            if read_protection(aws, it):
                dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            absent(lambda: dynamodb.delete_table(TableName=name), "ResourceNotFoundException")
        except ClientError as error:
            if code(error) == "ResourceInUseException":
                raise Blocked("the change under way to be over") from error
            raise
        return Gone.LATER

    @classmethod
    def remains(cls, aws: Aws) -> Iterable[Remnant]:
        """The backup that DynamoDB makes of a table with point-in-time recovery when it is deleted.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pointintimerecovery_beforeyoubegin.html
        """
        for page in aws.client("dynamodb").get_paginator("list_backups").paginate(
                TableName=aws.place.name(), BackupType="SYSTEM"):
            for backup in page["BackupSummaries"]:
                yield Remnant("DynamoDB system backup", backup["BackupArn"], backup["BackupExpiryDateTime"])


def _described(aws: Aws, name: str) -> dict[str, Any] | None:
    answer = absent(lambda: aws.client("dynamodb").describe_table(TableName=name), "ResourceNotFoundException")
    return dict(answer["Table"]) if answer else None


def _tags(aws: Aws, raw: Mapping[str, Any]) -> dict[str, str]:
    """A newborn's tags may not show at once: without a second look it would seem somebody else's.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html
    """
    young = datetime.now(UTC) - raw["CreationDateTime"] < YOUNG
    for _ in polled(Event(), TAGS_LATE):  # a run that is stopped meanwhile doesn't wait for it: reading.py
        tags = tag_dict(aws.client("dynamodb").list_tags_of_resource(ResourceArn=raw["TableArn"])["Tags"])
        if tags or not young:
            break
    return tags

