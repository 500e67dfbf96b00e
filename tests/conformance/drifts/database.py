"""The database and its subnet group."""

from __future__ import annotations

from typing import Any

from tapctl.model import Found
from tests.conformance.drifts.table import TAG, Change, Here, drifts


@drifts("db_subnet_group", "tags")
def subnet_group_tagged(here: Here, it: Found) -> None:
    here("rds").add_tags_to_resource(ResourceName=it.raw["DBSubnetGroupArn"], Tags=[TAG])


@drifts("db_subnet_group", "subnets", only="us-east-1/db_subnet_group")  # the other region's has but two
def subnet_group_changed(here: Here, it: Found) -> None:
    by_zone = {subnet["SubnetAvailabilityZone"]["Name"]: subnet["SubnetIdentifier"] for subnet in it.raw["Subnets"]}
    free = max(by_zone)  # the database stands in the others, from which AWS lets nobody take a subnet
    here("rds").modify_db_subnet_group(DBSubnetGroupName=it.id, SubnetIds=[
        subnet for zone, subnet in by_zone.items() if zone != free])


@drifts("database", "tags")
def database_tagged(here: Here, it: Found) -> None:
    here("rds").add_tags_to_resource(ResourceName=it.id, Tags=[TAG])


def modified(name: str, **change: Any) -> Change:
    def modify(here: Here, it: Found) -> None:
        here("rds").modify_db_instance(
            DBInstanceIdentifier=it.raw["DBInstanceIdentifier"], ApplyImmediately=True, **change)

    modify.__name__ = name
    return modify


SETTINGS: dict[str, dict[str, Any]] = {
    "class": {"DBInstanceClass": "db.m5.large"},
    "backups": {"BackupRetentionPeriod": 1},
    "public": {"PubliclyAccessible": True},
    "protected": {"DeletionProtection": True},
    "snapshot_tags": {"CopyTagsToSnapshot": False},
}
for name, change in SETTINGS.items():
    drifts("database", "settings")(modified(name, **change))
drifts("database", "settings", only="us-east-1/database")(modified("single_zone", MultiAZ=False))


@drifts("database", "settings")
def in_another_group(here: Here, it: Found) -> None:
    ec2 = here("ec2")
    default = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]
    modified("", VpcSecurityGroupIds=[default["GroupId"]])(here, it)


@drifts("database", "settings", only="us-east-1/database")
def password_rotated(here: Here, it: Found) -> None:
    """Somebody put another value into the secret: the database follows it."""
    secrets = here("secretsmanager")
    secret = next(one["ARN"] for one in secrets.list_secrets()["SecretList"] if one["Name"].endswith("-database"))
    secrets.put_secret_value(SecretId=secret, SecretString='{"username": "tapadmin", "password": "another-value"}')
