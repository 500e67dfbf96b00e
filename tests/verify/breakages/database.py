"""The database, its replica, and backups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tapctl.emulator.correction import memory
from tests.stage import EAST, WEST
from tests.verify.breakages.table import breaks
from tests.verify.conftest import put_lag
from tests.verify.standing import Here


# ---------------------------------------------------------------- the database
def modified(here: Here, broken: dict[str, Any], whole: dict[str, Any]) -> Iterator[None]:
    name = here.found["database"].raw["DBInstanceIdentifier"]
    for change in (broken, whole):
        here("rds").modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **change)
        if change is broken:
            yield


def described(here: Here, **change: Any) -> Iterator[None]:
    with here.answered("rds", "DescribeDBInstances", lambda answer: [
            one.update(change) for one in answer["DBInstances"]]):
        yield


@breaks("database.serves", "one zone alone")
def one_zone(here: Here) -> Iterator[None]:
    yield from modified(here, {"MultiAZ": False}, {"MultiAZ": True})


@breaks("database.serves", "the database is storage-full")
def storage_full(here: Here) -> Iterator[None]:
    yield from described(here, DBInstanceStatus="storage-full")


@breaks("replication.state", "its replication is terminated", WEST)
def replication_ended(here: Here) -> Iterator[None]:
    ended = memory("db replication ended")
    ended[WEST, here.lab.place.at(WEST).database_id] = True
    yield
    ended.clear()


@breaks("replication.state", "not arn:aws:rds:us-east-1", WEST)
def another_source(here: Here) -> Iterator[None]:
    yield from described(here, ReadReplicaSourceDBInstanceIdentifier="arn:aws:rds:us-east-1:123456789012:db:other")


@breaks("replication.state", "a database of its own", WEST)
def promoted(here: Here) -> Iterator[None]:
    yield from described(here, ReadReplicaSourceDBInstanceIdentifier="")


@breaks("replication.state", "the primary does not know it", WEST)
def disowned(here: Here) -> Iterator[None]:
    with Here(here.lab, EAST, {}).answered("rds", "DescribeDBInstances", lambda answer: [
            one.update(ReadReplicaDBInstanceIdentifiers=[]) for one in answer["DBInstances"]]):
        yield


@breaks("replication.lag", "900 s behind", WEST)
def replica_late(here: Here) -> Iterator[None]:
    put_lag(here.lab, 900, datetime.now(UTC) + timedelta(minutes=20))
    here.later = timedelta(minutes=21)
    yield


@breaks("replication.lag", "the replica does not follow", WEST)
def replica_lost(here: Here) -> Iterator[None]:
    put_lag(here.lab, -1, datetime.now(UTC) + timedelta(minutes=40))
    here.later = timedelta(minutes=41)
    yield


# ---------------------------------------------------------------- backups
@breaks("backups.database", "backups are kept for 1 day, and 7 are configured")
def backups_shortened(here: Here) -> Iterator[None]:
    yield from modified(here, {"BackupRetentionPeriod": 1}, {"BackupRetentionPeriod": 7})


@breaks("backups.database", "only as it was at 2020-01-01 00:00 UTC")
def backups_stopped(here: Here) -> Iterator[None]:
    yield from described(here, LatestRestorableTime=datetime(2020, 1, 1, tzinfo=UTC))


@breaks("backups.database", "nothing that it could be restored from", WEST)
def never_backed_up(here: Here) -> Iterator[None]:
    yield from described(here, LatestRestorableTime=None, InstanceCreateTime=datetime(2020, 1, 1, tzinfo=UTC))


@breaks("backups.table", "point-in-time recovery is disabled")
def recovery_stopped(here: Here) -> Iterator[None]:
    table = here.lab.place.at(here.region).name()
    for on in (False, True):
        here("dynamodb").update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on})
        if not on:
            yield


@breaks("backups.buckets", "versioning is suspended")
def versioning_suspended(here: Here) -> Iterator[None]:
    for status in ("Suspended", "Enabled"):
        here("s3").put_bucket_versioning(Bucket=here.found["bucket/alb-logs"].id,
                                         VersioningConfiguration={"Status": status})
        if status == "Suspended":
            yield
