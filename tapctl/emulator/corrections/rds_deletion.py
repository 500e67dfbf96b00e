"""Deleting RDS instances: it takes its time, breaks links, and may leave backups behind."""

from __future__ import annotations

from typing import Any

from moto.rds.models import rds_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory, world
from tapctl.emulator.corrections.rds import STATES, instance, name_of, shown, status
from tapctl.emulator.dispatch import plain

_API = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"
_SWEPT = ("CreateDBInstance", "CreateDBInstanceReadReplica", "DescribeDBInstances", "ModifyDBInstance",
          "DeleteDBInstance", "DeleteDBSubnetGroup", "PromoteReadReplica", "DescribeDBSnapshots",
          "DescribeDBInstanceAutomatedBackups", "DeleteDBInstanceAutomatedBackup")


def replicas_of(region: str, identifier: str) -> list[tuple[str, Any]]:
    """Region and instance of all replicas, which moto's primary forgets across regions."""
    source = f"arn:aws:rds:{region}:{ACCOUNT}:db:{identifier}"
    return [(where, one) for where, backend in rds_backends[ACCOUNT].items() for one in backend.databases.values()
            if one.is_replica and _source_arn(where, one) == source]


def _source_arn(region: str, replica: Any) -> str:
    source = str(replica.source_db_instance_identifier)
    return source if source.startswith("arn:") else f"arn:aws:rds:{region}:{ACCOUNT}:db:{source}"


def unlink(region: str, replica: Any) -> None:
    """The primary no longer lists it."""
    source = _source_arn(region, replica).split(":")
    primary = instance(source[3], source[-1])
    if primary is not None:
        primary.replicas = [one for one in primary.replicas
                            if one not in (replica.db_instance_identifier, replica.db_instance_arn)]


@corrects("rds", *_SWEPT, page=_API + "API_DeleteDBInstance.html")
def deleted_instances_go(call: Call, ask: Ask) -> Answer:
    """Those whose time has come are gone before anything else is looked at."""
    for region, name in list(lifecycle.end_due(STATES)):
        _remove(region, name)
    return ask()


def _remove(region: str, identifier: str) -> None:
    backend = rds_backends[ACCOUNT][region]
    removed = backend.databases.pop(identifier)
    if removed.is_replica:
        unlink(region, removed)
    for where, replica in replicas_of(region, identifier):
        memory("db replication ended")[where, replica.db_instance_identifier] = True
    for name, snapshot in list(backend.database_snapshots.items()):
        if snapshot.snapshot_type == "automated" and snapshot.db_instance_identifier == identifier:
            del backend.database_snapshots[name]
    memory("db instance pending").pop((region, identifier), None)
    memory("db replication ended").pop((region, identifier), None)


@corrects("rds", "DeleteDBInstance", page=_API + "API_DeleteDBInstance.html")
def deletion(call: Call, ask: Ask) -> Answer:
    """`deleting` for minutes, and not while its replica is made. moto deletes at once, and dies of one elsewhere."""
    params, key = call.params, (call.region, name_of(call))
    found = instance(*key)
    if found is None:
        return ask()
    _check_deletion(params, found, status(*key))
    replicas = replicas_of(*key)
    if any(status(region, one.db_instance_identifier) == "creating" for region, one in replicas):
        raise Refusal("InvalidDBInstanceState", f"Cannot delete DB instance {key[1]} while a read replica of it is "
                      "being created.")
    if replicas:
        world().regrets.append(f"{key[1]} was deleted before its replica in {replicas[0][0]}")
    if "FinalDBSnapshotIdentifier" in params:
        plain("rds", "CreateDBSnapshot", call.region, {
            "DBInstanceIdentifier": key[1], "DBSnapshotIdentifier": params["FinalDBSnapshotIdentifier"]})
    described = plain("rds", "DescribeDBInstances", call.region, {"DBInstanceIdentifier": key[1]})["DBInstances"][0]
    if not params.get("DeleteAutomatedBackups", True) and found.backup_retention_period:
        memory("db backups retained")[call.region, found.dbi_resource_id] = _backup(call.region, described, "retained")
    takes = (durations.DB_DELETE_REPLICA if found.is_replica else
             durations.DB_DELETE_MULTI_ZONE if found.multi_az else durations.DB_DELETE_SINGLE_ZONE)
    lifecycle.begin(STATES, key, ("deleting", takes), ends=True)
    return {"DBInstance": shown(call.region, described) | {"DBInstanceStatus": "deleting"}}


def _check_deletion(params: Answer, found: Any, state: str) -> None:
    name = found.db_instance_identifier
    if state == "deleting":
        raise Refusal("InvalidDBInstanceState", f"Instance {name} is already being deleted.")
    if found.deletion_protection:
        raise Refusal("InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion "
                      "protection and try again.")
    if found.is_replica and "FinalDBSnapshotIdentifier" in params:
        raise Refusal("InvalidParameterCombination", "FinalDBSnapshotIdentifier can not be specified when deleting a "
                      "replica instance")
    if not params.get("SkipFinalSnapshot") and "FinalDBSnapshotIdentifier" not in params and not found.is_replica:
        raise Refusal("InvalidParameterCombination",
                      "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")


def _backup(region: str, described: Answer, state: str) -> Answer:
    name, resource = described["DBInstanceIdentifier"], described["DbiResourceId"]
    copied = ("DBInstanceArn", "DbiResourceId", "DBInstanceIdentifier", "Engine", "EngineVersion", "AllocatedStorage",
              "BackupRetentionPeriod", "KmsKeyId", "TagList")
    return {**{part: described[part] for part in copied if part in described}, "Status": state, "Region": region,
            "Encrypted": described.get("StorageEncrypted", False),
            "DBInstanceAutomatedBackupsArn": f"arn:aws:rds:{region}:{ACCOUNT}:auto-backup:ab-{resource[3:]}-{name}"}


@corrects("rds", "DescribeDBInstanceAutomatedBackups", page=_API + "API_DescribeDBInstanceAutomatedBackups.html")
def automated_backups(call: Call, ask: Ask) -> Answer:
    """Of the instances that stand, and what was retained of those that are gone."""
    standing = plain("rds", "DescribeDBInstances", call.region, {})["DBInstances"]
    found = [_backup(call.region, one, "active") for one in standing if one["BackupRetentionPeriod"]]
    found += [kept for (region, _), kept in memory("db backups retained").items() if region == call.region]
    asked = {one["Name"]: one["Values"] for one in call.params.get("Filters", [])}
    conditions = {"Status": asked.get("status"), "DbiResourceId": asked.get("dbi-resource-id"),
                  "DBInstanceIdentifier": asked.get("db-instance-id")}
    for name in "DbiResourceId", "DBInstanceIdentifier":
        if name in call.params:
            conditions[name] = [call.params[name]]
    return {"DBInstanceAutomatedBackups": [
        one for one in found if all(one[part] in values for part, values in conditions.items() if values)]}


@corrects("rds", "DeleteDBInstanceAutomatedBackup", page=_API + "API_DeleteDBInstanceAutomatedBackup.html")
def automated_backup_deletion(call: Call, ask: Ask) -> Answer:
    """Only a retained one can be deleted."""
    resource = call.params.get("DbiResourceId", "")
    kept = memory("db backups retained").pop((call.region, resource), None)
    if kept is None:
        raise Refusal("DBInstanceAutomatedBackupNotFound", f"No automated backup {resource} found.", 404)
    return {"DBInstanceAutomatedBackup": kept | {"Status": "deleting"}}


@corrects("rds", "DeleteDBSubnetGroup", page=_API + "API_DeleteDBSubnetGroup.html")
def subnet_group_in_use(call: Call, ask: Ask) -> Answer:
    """It goes only after every instance in it is gone, not just deleting."""
    name = call.params["DBSubnetGroupName"].lower()
    for one in rds_backends[ACCOUNT][call.region].databases.values():
        group = getattr(one, "db_subnet_group", None)
        if group is not None and group.name == name:
            raise Refusal("InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group '{name}' because at "
                          f"least one database instance: {one.db_instance_identifier} is still using it.")
    return ask()
