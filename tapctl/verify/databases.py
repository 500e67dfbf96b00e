"""The database: that it serves, that its replica follows, and how far behind; and what it could be restored from."""

from __future__ import annotations

from datetime import datetime, timedelta

from tapctl.model import Failed, Going
from tapctl.naming import BUCKET_ROLES
from tapctl.resources.alarm import WATCHES
from tapctl.resources.bucket import Bucket, read_versioning
from tapctl.resources.database import Database
from tapctl.resources.table import Table
from tapctl.settings import Settings
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.seen import Saw, Unchecked, counted, saw

LAG = WATCHES["replica-lag"]
LOOKED_BACK = timedelta(minutes=15)  # RDS gives a figure a minute, some minutes late
FIRST_BACKUP = timedelta(hours=1)  # that a database just made may take until it can be restored
STALE = timedelta(hours=1)  # RDS ships the log every five minutes


def is_replica(settings: Settings, region: str) -> bool:
    return region != settings.primary


def serves(look: Look) -> Saw:
    it = look.one(Database)
    raw, wrong = it.raw, []
    try:
        waits = Database.state(it)
    except (Failed, Going) as error:
        waits = str(error) or "being deleted"
    if waits:
        wrong.append(f"it is not in service: {waits}")
    if look.is_primary and not raw["MultiAZ"]:
        wrong.append("it stands in one zone alone: nothing takes over where that fails")
    zones = "Multi-AZ" if raw["MultiAZ"] else "in one zone"
    return saw(f"{raw['DBInstanceStatus']}, {zones}, {raw['DBInstanceClass']}", wrong)


# ---------------------------------------------------------------- replication
def replicating(look: Look) -> Saw:
    raw, primary = look.one(Database).raw, look.at(look.settings.primary).one(Database)
    source = raw.get("ReadReplicaSourceDBInstanceIdentifier")
    if not source:
        return saw("it follows nothing", ["it is a database of its own, not a replica"])
    told = [f"{info['Status']}" + (f" ({info['Message']})" if info.get("Message") else "")
            for info in raw.get("StatusInfos", []) if info["StatusType"] == "read replication"]
    wrong = [] if told == ["replicating"] else [f"its replication is {', '.join(told) or 'of no known state'}"]
    if source != primary.id:
        wrong.append(f"it follows {source}, not {primary.id}")
    if raw["DBInstanceArn"] not in primary.raw["ReadReplicaDBInstanceIdentifiers"]:
        wrong.append("the primary does not know it as its replica")
    return saw(f"{', '.join(told) or 'no state'} from {source}", wrong)


def lag(look: Look) -> Saw:
    """By the newest figure. A negative one is RDS's word for a replica that doesn't follow."""
    points = look.answers(
        "cloudwatch", "get_metric_statistics", "Datapoints", Namespace=LAG.namespace, MetricName=LAG.metric,
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": look.one(Database).raw["DBInstanceIdentifier"]}],
        StartTime=look.now - LOOKED_BACK, EndTime=look.now, Period=60, Statistics=[LAG.statistic])
    if not points:
        raise Unchecked(f"CloudWatch has no {LAG.metric} of the last {LOOKED_BACK.seconds // 60} minutes")
    seconds = float(max(points, key=lambda point: point["Timestamp"])[LAG.statistic])
    told = f"{seconds:g} s behind, at the most {LAG.threshold:g} s"
    return saw(told, [] if 0 <= seconds <= LAG.threshold else [
        f"the replica is {seconds:g} s behind, and {LAG.threshold:g} s is the most" if seconds >= 0
        else f"{LAG.metric} is {seconds:g}: the replica does not follow"])


# ---------------------------------------------------------------- backups
def restorable(look: Look) -> Saw:
    raw, least = look.one(Database).raw, look.settings.database.backup_days
    days, latest = raw["BackupRetentionPeriod"], raw.get("LatestRestorableTime")
    wrong = [] if days >= least else [f"backups are kept for {counted(days, 'day')}, and {least} are configured"]
    young = look.now - raw.get("InstanceCreateTime", look.now) < FIRST_BACKUP
    if latest is None and young and not wrong:
        raise Unchecked("the database is new, and its first backup has not ended")
    if latest is None:
        wrong.append("there is nothing that it could be restored from")
    elif look.now - latest > STALE:
        wrong.append(f"it could be restored only as it was at {moment(latest)}")
    return saw(f"kept for {counted(days, 'day')}, restorable until {moment(latest) if latest else 'never'}", wrong)


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def recoverable(look: Look) -> Saw:
    name = look.one(Table).raw["TableName"]
    its = look.aws.client("dynamodb").describe_continuous_backups(TableName=name)
    status = its["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    told = f"point-in-time recovery is {status.lower()}"
    return saw(told, [] if status == "ENABLED" else [told])


def versioned(look: Look) -> Saw:
    found = {it.id: read_versioning(look.aws, it) for it in (look.one(Bucket, role) for role in BUCKET_ROLES)}
    return saw(f"{counted(len(found), 'bucket')}: versions are kept", [
        f"{name}: versioning is {status.lower()}" for name, status in found.items() if status != "Enabled"])


PERSON = "see the database's events: aws rds describe-events; docs/runbook.md has what to do after a failover"
CHECKS = (
    Check("database.serves", "The database is in service; the primary in two zones.", serves),
    Check("replication.state", "The replica replicates from the primary, and the primary knows it.", replicating,
          PERSON, is_replica),
    Check("replication.lag", f"The replica is at the most {LAG.threshold:g} seconds behind, by CloudWatch.", lag,
          PERSON, is_replica),
    Check("backups.database", "Backups are kept as long as configured, and the database could be restored as it was an "
          "hour ago.", restorable),
    Check("backups.table", "The table can be restored to any moment.", recoverable),
    Check("backups.buckets", "Both buckets keep old versions.", versioned),
)
