"""Databases for the tests of RDS."""

from __future__ import annotations

from typing import Any

from tapctl.emulator import durations
from tests.emulator.conftest import EAST, WEST, Aws

PRIMARY = f"arn:aws:rds:{EAST}:123456789012:db:main"
SETTINGS: dict[str, Any] = {
    "DBInstanceIdentifier": "Main", "Engine": "postgres", "EngineVersion": "17", "DBInstanceClass": "db.t3.micro",
    "AllocatedStorage": 20, "StorageType": "gp3", "MasterUsername": "owner", "MasterUserPassword": "not-a-secret",
    "BackupRetentionPeriod": 7, "StorageEncrypted": True,
    "Tags": [{"Key": "Project", "Value": "x"}],
}

def key(aws: Aws, region: str = EAST) -> str:
    return str(aws("kms", region).create_key()["KeyMetadata"]["Arn"])


def subnet_group(aws: Aws, name: str = "Group", region: str = EAST) -> str:
    subnets = [subnet["SubnetId"] for subnet in aws("ec2", region).describe_subnets()["Subnets"]]
    aws("rds", region).create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="x", SubnetIds=subnets)
    aws.wait(durations.SUBNET_GROUP_VISIBLE)
    return name


def primary(aws: Aws, **settings: Any) -> dict[str, Any]:
    made: dict[str, Any] = aws("rds").create_db_instance(**{**SETTINGS, "KmsKeyId": key(aws), **settings})["DBInstance"]
    return made


def replica(aws: Aws, **settings: Any) -> dict[str, Any]:
    wanted = {"DBInstanceIdentifier": "Copy", "SourceDBInstanceIdentifier": PRIMARY, "KmsKeyId": key(aws, WEST),
              **settings}
    made: dict[str, Any] = aws("rds", WEST).create_db_instance_read_replica(**wanted)["DBInstance"]
    return made


def look(aws: Aws, name: str = "main", region: str = EAST) -> dict[str, Any]:
    found: dict[str, Any] = aws("rds", region).describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def status(aws: Aws, name: str = "main", region: str = EAST) -> str:
    return str(look(aws, name, region)["DBInstanceStatus"])
