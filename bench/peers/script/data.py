"""Secret, databases, table."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from bench.peers.script.here import REGIONS, Here, as_list, maybe

CLASS, MAJOR, STORAGE_GIB, BACKUP_DAYS = "db.t3.small", "17", 20, 7
USERNAME, DATABASE = "tapadmin", "tapstack"


def secret(here: Here) -> None:
    """The master password. The id of its version is a tag of the database."""
    manager, name = here.secretsmanager, f"{here.name}-database"
    if maybe(manager.describe_secret, SecretId=name):
        value = manager.get_secret_value(SecretId=name)
        here.password, here.password_version = json.loads(value["SecretString"])["password"], value["VersionId"]
        return
    here.password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))
    made = manager.create_secret(
        Name=name, Description="Master user of the database of this stack", KmsKeyId=here.key,
        SecretString=json.dumps({"username": USERNAME, "password": here.password}),
        Tags=here.tag_list("secret/database"))
    here.password_version = made["VersionId"]


def database(here: Here, source: str) -> None:
    """source: the primary's ARN; empty for the primary itself."""
    rds, name = here.rds, here.name.lower()
    if not maybe(rds.describe_db_subnet_groups, DBSubnetGroupName=name):
        rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=here.name,
                                   SubnetIds=here.subnets, Tags=here.tag_list("db_subnet_group"))
    found = maybe(rds.describe_db_instances, DBInstanceIdentifier=name)
    if not found:
        tags = here.tags("database")
        common: dict[str, Any] = {
            "DBInstanceIdentifier": name, "DBInstanceClass": CLASS, "MultiAZ": not source, "KmsKeyId": here.key,
            "DBSubnetGroupName": name, "VpcSecurityGroupIds": [here.groups["rds"]], "PubliclyAccessible": False,
            "CopyTagsToSnapshot": True, "DeletionProtection": False, "AutoMinorVersionUpgrade": True}
        if source:
            rds.create_db_instance_read_replica(
                SourceDBInstanceIdentifier=source, SourceRegion=REGIONS[0], Tags=as_list(tags), **common)
        else:
            rds.create_db_instance(
                Engine="postgres", EngineVersion=MAJOR, AllocatedStorage=STORAGE_GIB, StorageType="gp3",
                DBParameterGroupName=f"default.postgres{MAJOR}", StorageEncrypted=True, DBName=DATABASE,
                MasterUsername=USERNAME, MasterUserPassword=here.password, BackupRetentionPeriod=BACKUP_DAYS,
                EngineLifecycleSupport="open-source-rds-extended-support-disabled",
                Tags=as_list({**tags, "tapctl:password": here.password_version}),
                TagSpecifications=[{"ResourceType": "auto-backup", "Tags": as_list(tags)}], **common)
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=name)
        found = rds.describe_db_instances(DBInstanceIdentifier=name)
    standing = found["DBInstances"][0]
    here.database = standing["DBInstanceArn"]
    if standing["BackupRetentionPeriod"] != BACKUP_DAYS:  # a replica is born without backups
        rds.modify_db_instance(DBInstanceIdentifier=name, BackupRetentionPeriod=BACKUP_DAYS, ApplyImmediately=True)
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=name)


def table(here: Here) -> None:
    dynamodb, name = here.dynamodb, here.name
    if not maybe(dynamodb.describe_table, TableName=name):
        dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=False,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": here.key},
            Tags=here.tag_list("table"))
        dynamodb.get_waiter("table_exists").wait(TableName=name)
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
