"""The RDS PostgreSQL instance of a region: the primary in one, a cross-region read replica in each other.

Its name carries the region, never the role: which one is the primary is read from AWS, so that every command works
after a failover.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.XRgn.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.hush import hiding
from tapctl.model import (
    Aspect,
    Aws,
    Blocked,
    Failed,
    Found,
    Going,
    Gone,
    Kept,
    Kind,
    Out,
    Phase,
    Ref,
    Refused,
    Resource,
    Unknown,
)
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.resources.kms_key import own_key
from tapctl.resources.secret import current_version, password
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, code, message, tolerate

ENGINE = "postgres"
PASSWORD_TAG = "tapctl:password"  # noqa: S105  the tag's name: its value is the id of the secret's version in force
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
SERVING = ("available", "backing-up", "storage-optimization")
HOPELESS = ("failed", "inaccessible-", "incompatible-", "insufficient-capacity", "restore-error", "storage-full")
NEEDS_A_PERSON = ("stopped", "stopping")
BY_HAND = "`up` leaves it alone: let the configuration name the standing primary's region first, or see docs/runbook.md"


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    aws.client("rds").add_tags_to_resource(ResourceName=it.id, Tags=tag_list(tags))


def want_fixed(r: Database, out: Out) -> dict[str, Any]:
    return {"engine": ENGINE, "major_version": r.major_version, "encrypted": True, "kms_key": out(r.cmk).id,
            "subnet_group": out(r.subnet_group).id, "replica_of": out(r.source).id if r.source else None}


def read_fixed(aws: Aws, it: Found) -> dict[str, Any]:
    raw = it.raw
    return {"engine": raw["Engine"], "major_version": int(str(raw["EngineVersion"]).split(".")[0]),
            "encrypted": raw["StorageEncrypted"], "kms_key": raw.get("KmsKeyId"),
            "subnet_group": raw["DBSubnetGroup"]["DBSubnetGroupName"],
            "replica_of": raw.get("ReadReplicaSourceDBInstanceIdentifier") or None}


def same_role(r: Database, have: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    """Raises Refused: the primary is not where the configuration has it, after a failover or an edit."""
    if have["replica_of"] != want["replica_of"]:
        raise Refused(f"it is {_role(have)}, and the configuration wants {_role(want)}. {BY_HAND}")
    return want


def _role(fixed: Mapping[str, Any]) -> str:
    return f"a replica of {fixed['replica_of']}" if fixed["replica_of"] else "a primary"


# what a setting is called by ModifyDBInstance, and by PendingModifiedValues where that has it
SETTINGS_AS = {
    "class": "DBInstanceClass", "storage_gib": "AllocatedStorage", "storage_type": "StorageType", "multi_az": "MultiAZ",
    "backup_days": "BackupRetentionPeriod", "public": "PubliclyAccessible", "deletion_protection": "DeletionProtection",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
}


def want_settings(r: Database, out: Out) -> dict[str, Any]:
    """password: never the value, the version of the secret that it was set from."""
    want: dict[str, Any] = {
        "class": r.instance_class, "storage_type": "gp3", "multi_az": r.multi_az, "backup_days": r.backup_days,
        "public": False, "deletion_protection": False, "copy_tags_to_snapshot": True,
        "parameter_group": f"default.postgres{r.major_version}", "security_groups": (out(r.group).id,)}
    if r.secret:  # a replica has its source's storage and password
        want |= {"storage_gib": r.storage_gib, "password": current_version(out(r.secret))}
    return want


def read_settings(aws: Aws, it: Found) -> dict[str, Any]:
    if it.raw["DBInstanceStatus"] == "creating":
        raise Unknown(it.key)
    raw = {**it.raw, **(it.raw.get("PendingModifiedValues") or {})}
    have = {name: raw[field] for name, field in SETTINGS_AS.items()}
    have["security_groups"] = tuple(sorted(group["VpcSecurityGroupId"] for group in raw["VpcSecurityGroups"]))
    have["parameter_group"] = raw["DBParameterGroups"][0]["DBParameterGroupName"]
    if raw.get("ReadReplicaSourceDBInstanceIdentifier"):
        del have["storage_gib"]
    else:
        have["password"] = it.tags.get(PASSWORD_TAG, "")
    return have


def grown(r: Database, have: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    """Storage only grows: what somebody added stays."""
    return want | {"storage_gib": max(have["storage_gib"], want["storage_gib"])} if "storage_gib" in have else want


def forgets(have: dict[str, Any], want: dict[str, Any]) -> str:
    """RDS deletes the automated backups that are older than its retention."""
    days: int = want["backup_days"]
    return f"automated backups older than {days} days" if days < have["backup_days"] else ""


def put_settings(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    """One call for all: a second would meet the status `modifying`.

    The password's value goes first, its witness second: after a crash between them the same value is set again.
    """
    changed = {name: value for name, value in want.items() if have.get(name) != value}
    call = {SETTINGS_AS[name]: value for name, value in changed.items() if name in SETTINGS_AS}
    if "security_groups" in changed:
        call["VpcSecurityGroupIds"] = list(want["security_groups"])
    if "parameter_group" in changed:
        call["DBParameterGroupName"] = want["parameter_group"]
    if "password" in changed:
        call["MasterUserPassword"] = password(aws, aws.place.secret_name, want["password"])
    with hiding(call.get("MasterUserPassword", "")):
        tolerate(lambda: aws.client("rds").modify_db_instance(
            DBInstanceIdentifier=it.raw["DBInstanceIdentifier"], ApplyImmediately=True, **call),
            "InvalidDBInstanceState", seconds=600)  # a backup may start at any moment
    if "password" in changed:
        put_tags(aws, it, {PASSWORD_TAG: want["password"]})


TAGS = tags_aspect(put_tags)
FIXED = Aspect("fixed", want_fixed, read_fixed, None, meet=same_role, mend=BY_HAND)
SETTINGS = Aspect("settings", want_settings, read_settings, put_settings, phase=Phase.READY, meet=grown,
                  loses=forgets)


# ---------------------------------------------------------------- the instance
def _found(raw: Mapping[str, Any]) -> Found:
    tags = tag_dict(raw.get("TagList", []))
    return Found(tags.get("tapctl:key", ""), raw["DBInstanceArn"], raw, tags)


@dataclass(frozen=True)
class Database(Resource):
    """linked_role: RDS's; secret: the primary has one; source: a replica has one, the primary, READY."""

    subnet_group: Ref
    group: Ref
    cmk: Ref
    linked_role: Ref
    instance_class: str
    major_version: int
    storage_gib: int
    backup_days: int
    multi_az: bool
    username: str
    database: str
    secret: Ref | None = None
    source: Ref | None = None
    kind: ClassVar[str] = "database"
    says: ClassVar[tuple[str, ...]] = ("DBInstanceStatus",)
    uses: ClassVar[frozenset[str]] = frozenset({"security_group", "db_subnet_group", "kms_key", "stray_key", "secret"})
    holds_data: ClassVar[str] = "all its data and automated backups; there is no final snapshot"
    steady: ClassVar[int] = 3  # after creation the status flaps between available and backing-up
    patience: ClassVar[float] = 2 * 60 * 60
    aspects: ClassVar[tuple[Aspect[Database, Any], ...]] = (TAGS, FIXED, SETTINGS)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        for it in _named(aws, aws.place.database_id):
            if claims(it.tags, aws.place) == f"{aws.place.region}/{cls.kind}":
                yield it

    @classmethod
    def state(cls, it: Found) -> str | None:
        status = str(it.raw["DBInstanceStatus"])
        if status == "deleting":
            raise Going
        if status.startswith(HOPELESS):
            raise Failed(f"the database is {status}")
        if status in NEEDS_A_PERSON:
            raise Failed(f"the database is {status}; start it: aws rds start-db-instance")
        return None if status in SERVING else status

    def create(self, aws: Aws, out: Out) -> Found:
        settings = want_settings(self, out)
        tags = self.tags | ({PASSWORD_TAG: settings["password"]} if self.secret else {})
        common: dict[str, Any] = {
            "DBInstanceIdentifier": self.place.database_id, "DBInstanceClass": self.instance_class,
            "MultiAZ": self.multi_az, "KmsKeyId": out(self.cmk).id, "DBSubnetGroupName": out(self.subnet_group).id,
            "VpcSecurityGroupIds": list(settings["security_groups"]), "PubliclyAccessible": False,
            "CopyTagsToSnapshot": True, "DeletionProtection": False,
            "AutoMinorVersionUpgrade": True, "Tags": tag_list(tags),
            "TagSpecifications": [{"ResourceType": "auto-backup", "Tags": tag_list(self.tags)}]}
        rds = aws.client("rds")
        if self.source:
            primary = out(self.source).id
            raw = tolerate(lambda: rds.create_db_instance_read_replica(
                SourceDBInstanceIdentifier=primary, SourceRegion=primary.split(":")[3], **common),
                "InvalidDBInstanceState", "KMSKeyNotAccessibleFault", seconds=600)
        else:
            value = password(aws, self.place.secret_name, settings["password"])
            with hiding(value):
                raw = tolerate(lambda: rds.create_db_instance(
                    Engine=ENGINE, EngineVersion=str(self.major_version), AllocatedStorage=self.storage_gib,
                    StorageType="gp3", DBParameterGroupName=settings["parameter_group"],
                    StorageEncrypted=True, DBName=self.database, MasterUsername=self.username,
                    MasterUserPassword=value, BackupRetentionPeriod=self.backup_days,
                    EngineLifecycleSupport="open-source-rds-extended-support-disabled", **common),
                    "KMSKeyNotAccessibleFault", "DBSubnetGroupNotFoundFault")
        return _found(raw["DBInstance"])

    @classmethod
    def follows(cls, it: Found) -> bool:
        return bool(it.raw.get("ReadReplicaSourceDBInstanceIdentifier"))

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        """Its replicas first: AWS would not refuse, it would cut them loose."""
        rds = aws.client("rds")
        for replica in it.raw.get("ReadReplicaDBInstanceIdentifiers", []):
            there = aws.at(replica.split(":")[3]) if replica.startswith("arn:") else aws
            for follower in _named(there, replica.split(":")[-1]):
                if not claims(follower.tags, there.place):
                    raise Kept(f"{follower.id} follows it, and is not this stack's: promote or delete that one first")
                raise Blocked(f"its replica {replica}")
        name = it.raw["DBInstanceIdentifier"]
        if it.raw["DBInstanceStatus"] == "deleting":
            return Gone.LATER
        try:
            if it.raw["DeletionProtection"]:
                rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)
            absent(lambda: rds.delete_db_instance(
                DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True), "DBInstanceNotFound")
        except ClientError as error:
            if code(error) not in ("InvalidDBInstanceState", "InvalidDBInstanceStateFault"):
                raise
            if "already being deleted" not in message(error):
                raise Blocked(message(error)) from error
        return Gone.LATER


def _named(aws: Aws, name: str) -> list[Found]:
    # the filter, unlike the parameter, answers nothing instead of an error for a database that isn't there
    answer = aws.client("rds").describe_db_instances(Filters=[{"Name": "db-instance-id", "Values": [name]}])
    return [_found(raw) for raw in answer["DBInstances"]]


def standing_primaries(found: Iterable[Found]) -> list[str]:
    """The regions of all databases among these that follow no other."""
    return [it.key.split("/")[0] for it in found
            if it.key.split("/")[1:] == [Database.kind] and not Database.follows(it)]


class RetainedBackup(Kind):
    """Automated backups that an earlier deletion by other means left. Only ever found, never wanted.

    The stack's are those of a database of its name, which carry the tags that its create call gave them, or were made
    without any tag, and stand under the stack's key.
    """

    kind: ClassVar[str] = "retained_backup"
    uses: ClassVar[frozenset[str]] = frozenset({"kms_key", "stray_key"})
    holds_data: ClassVar[str] = "automated backups of an earlier database"
    sweep: ClassVar[bool] = True

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        pages = aws.client("rds").get_paginator("describe_db_instance_automated_backups").paginate(
            Filters=[{"Name": "status", "Values": ["retained"]}])
        for raw in (b for page in pages for b in page["DBInstanceAutomatedBackups"]):
            named = raw["DBInstanceIdentifier"] == aws.place.database_id and raw["Status"] == "retained"
            if named and _backs_up_ours(aws, raw):
                yield Found(f"{aws.place.region}/{cls.kind}", raw["DbiResourceId"], raw)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        absent(lambda: aws.client("rds").delete_db_instance_automated_backup(DbiResourceId=it.id),
               "DBInstanceAutomatedBackupNotFound")
        return Gone.NOW


def _backs_up_ours(aws: Aws, backup: Mapping[str, Any]) -> bool:
    tags = tag_dict(backup.get("TagList", []))
    if tags:
        return claims(tags, aws.place) == f"{aws.place.region}/{Database.kind}"
    return bool(backup.get("KmsKeyId")) and backup["KmsKeyId"] == own_key(aws)
