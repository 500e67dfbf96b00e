"""RDS read replicas: instances of their own, in a region of their own; and promoting one."""

from __future__ import annotations

from typing import Any

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import Answer, Ask, Call, Refusal, corrects, memory
from tapctl.emulator.corrections.rds import STATES, born, instance, name_of, shown, status
from tapctl.emulator.corrections.rds_deletion import unlink
from tapctl.emulator.dispatch import plain

_CREATE = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html"
_PROMOTE = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html"
# All that the call says of the replica itself; the rest it has from its source.
_OWN = ("DBInstanceIdentifier", "DBInstanceClass", "DBSubnetGroupName", "VpcSecurityGroupIds", "MultiAZ", "KmsKeyId",
        "PubliclyAccessible", "CopyTagsToSnapshot", "DeletionProtection", "Tags", "AutoMinorVersionUpgrade", "Port",
        "DBParameterGroupName", "AvailabilityZone", "EnableCloudwatchLogsExports", "CACertificateIdentifier")


@corrects("rds", "CreateDBInstanceReadReplica", page=_CREATE)
def replica_creation(call: Call, ask: Ask) -> Answer:
    """Backups off, no tags, one zone and open deletion unless asked otherwise; the source is seen `modifying`."""
    params, name = call.params, name_of(call)
    source_region, source_name = _source(call)
    source = instance(source_region, source_name)
    if source is None:
        raise Refusal("DBInstanceNotFound", f"DBInstance {source_name} not found.", 404)
    _check_source(call, source_region, source)
    described = plain("rds", "DescribeDBInstances", source_region, {"DBInstanceIdentifier": source_name})
    answer = plain("rds", "CreateDBInstance", call.region, {
        "CACertificateIdentifier": "rds-ca-rsa2048-g1", **_inherited(described["DBInstances"][0]),
        **{part: params[part] for part in _OWN if part in params}, "BackupRetentionPeriod": 0,
        "PubliclyAccessible": params.get("PubliclyAccessible", False)})["DBInstance"]
    replica = instance(call.region, name)
    replica.set_as_replica()
    replica.source_db_instance_identifier = params["SourceDBInstanceIdentifier"].lower()
    source.add_replica(replica)
    born(call.region, name, dict(memory("db instance answers")[source_region, source_name]),
         ("creating", durations.DB_REPLICA))
    lifecycle.begin(STATES, (source_region, source_name), ("modifying", durations.DB_MODIFY))
    answer = plain("rds", "DescribeDBInstances", call.region, {"DBInstanceIdentifier": name})["DBInstances"][0]
    told = shown(call.region, answer) | {"DBInstanceStatus": "creating"}
    return {"DBInstance": {key: value for key, value in told.items()
                           if key not in ("Endpoint", "InstanceCreateTime", "StatusInfos")}}


def _source(call: Call) -> tuple[str, str]:
    source = call.params["SourceDBInstanceIdentifier"].lower().split(":")
    return (source[3], source[-1]) if len(source) > 1 else (call.region, source[0])


def _check_source(call: Call, region: str, source: Any) -> None:
    name = source.db_instance_identifier
    if status(region, name) != "available":
        raise Refusal("InvalidDBInstanceState", f"DB instance {name} is not in the available state.")
    if not source.backup_retention_period:
        raise Refusal("InvalidDBInstanceState", "Automated backups are not enabled for this database instance. To "
                      "enable automated backups, use ModifyDBInstance to set the backup retention period to a "
                      "non-zero value.")
    if source.manage_master_user_password:
        raise Refusal("InvalidParameterValue", f"Creating read replicas for source instance with engine "
                      f"{source.engine} where ManageMasterUserPassword is enabled is not supported.")
    if source.storage_encrypted and region != call.region and "KmsKeyId" not in call.params:
        raise Refusal("InvalidParameterCombination", "KmsKeyId must be specified for a cross-region read replica of "
                      "an encrypted DB instance.")


def _inherited(source: Answer) -> Answer:
    parts = ("Engine", "EngineVersion", "DBInstanceClass", "AllocatedStorage", "StorageType", "StorageEncrypted",
             "MasterUsername", "LicenseModel", "KmsKeyId")
    return {part: source[part] for part in parts if part in source}


@corrects("rds", "PromoteReadReplica", page=_PROMOTE)
def promotion(call: Call, ask: Ask) -> Answer:
    """It stands alone from then on: no source, and its source no longer lists it. Backups are on."""
    key = call.region, name_of(call)
    replica = instance(*key)
    if replica is None:
        raise Refusal("DBInstanceNotFound", f"DBInstance {key[1]} not found.", 404)
    if not replica.is_replica or status(*key) != "available":
        raise Refusal("InvalidDBInstanceState", f"DB Instance {key[1]} is not an available read replica.")
    unlink(call.region, replica)
    ask()
    replica.source_db_instance_identifier = None
    replica.backup_retention_period = call.params.get("BackupRetentionPeriod", 1)
    lifecycle.begin(STATES, key, ("modifying", durations.DB_MODIFY))
    answer = plain("rds", "DescribeDBInstances", call.region, {"DBInstanceIdentifier": key[1]})["DBInstances"][0]
    return {"DBInstance": shown(call.region, answer)}
