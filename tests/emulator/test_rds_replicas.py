from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.corrections import rds_replicas
from tests.emulator.conftest import EAST, WEST, Aws
from tests.emulator.databases import PRIMARY, key, look, primary, replica, status, subnet_group
from tests.emulator.proof import proves, refused

MINUTE = 60.0


@proves(rds_replicas.replica_creation)
def test_a_replica_is_its_own_instance_in_its_own_subnets(aws: Aws) -> None:
    primary(aws, MultiAZ=True, DeletionProtection=True)
    group = subnet_group(aws, "West", WEST)
    west = key(aws, WEST)
    made = replica(aws, KmsKeyId=west, DBSubnetGroupName=group, DBInstanceClass="db.t3.small")
    assert made["DBInstanceStatus"] == "creating"
    found = look(aws, "copy", WEST)
    assert (found["BackupRetentionPeriod"], found["MultiAZ"], found["DeletionProtection"]) == (0, False, False)
    assert (found["TagList"], found["KmsKeyId"], found["DBInstanceClass"]) == ([], west, "db.t3.small")
    assert (found["DBSubnetGroup"]["DBSubnetGroupName"], found["PubliclyAccessible"]) == ("west", False)
    assert found["DBInstanceArn"] == f"arn:aws:rds:{WEST}:123456789012:db:copy"
    assert (found["ReadReplicaSourceDBInstanceIdentifier"], found["StatusInfos"][0]["Status"]) == (
        PRIMARY, "replicating")
    assert look(aws)["ReadReplicaDBInstanceIdentifiers"] == [found["DBInstanceArn"]]
    assert found["DbiResourceId"] != look(aws)["DbiResourceId"]


@proves(rds_replicas.replica_creation)
@pytest.mark.slow_clock
def test_making_a_replica_takes_time_and_a_ready_source(aws: Aws) -> None:
    primary(aws)
    with refused("InvalidDBInstanceState"):
        replica(aws)
    aws.wait(7 * MINUTE)
    replica(aws)
    assert (status(aws), status(aws, "copy", WEST)) == ("modifying", "creating")
    aws.wait(17 * MINUTE)
    assert (status(aws), status(aws, "copy", WEST)) == ("available", "creating")
    aws.wait(MINUTE)
    assert status(aws, "copy", WEST) == "available"


@proves(rds_replicas.replica_creation)
@pytest.mark.parametrize(("source", "code"), [
    ({"BackupRetentionPeriod": 0}, "InvalidDBInstanceState"),
    ({"ManageMasterUserPassword": True, "MasterUserPassword": ""}, "InvalidParameterValue"),
])
def test_a_source_that_has_no_replicas(aws: Aws, source: dict[str, Any], code: str) -> None:
    primary(aws, **source)
    with refused(code):
        replica(aws)


@proves(rds_replicas.replica_creation)
def test_a_key_of_its_region_is_needed(aws: Aws) -> None:
    primary(aws)
    with refused("InvalidParameterCombination", "KmsKeyId"):
        aws("rds", WEST).create_db_instance_read_replica(DBInstanceIdentifier="copy",
                                                         SourceDBInstanceIdentifier=PRIMARY)
    aws("rds").create_db_instance_read_replica(DBInstanceIdentifier="near", SourceDBInstanceIdentifier="main")
    assert look(aws)["ReadReplicaDBInstanceIdentifiers"] == ["near"]


def test_an_unknown_source_or_subnet_group_is_said(aws: Aws) -> None:
    with refused("DBInstanceNotFound"):
        replica(aws)
    primary(aws)
    with refused("DBSubnetGroupNotFoundFault"):
        replica(aws, DBSubnetGroupName="nowhere")


@proves(rds_replicas.promotion)
@pytest.mark.parametrize("region", [EAST, WEST])
def test_promotion_breaks_the_link_on_both_sides(aws: Aws, region: str) -> None:
    primary(aws)
    if region == EAST:
        aws("rds").create_db_instance_read_replica(DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="main")
    else:
        replica(aws)
    aws("rds", region).promote_read_replica(DBInstanceIdentifier="Copy", BackupRetentionPeriod=7)
    found = look(aws, "copy", region)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in found
    assert "StatusInfos" not in found
    assert found["BackupRetentionPeriod"] == 7
    assert look(aws)["ReadReplicaDBInstanceIdentifiers"] == []


@proves(rds_replicas.promotion)
@pytest.mark.slow_clock
def test_only_an_available_replica_is_promoted(aws: Aws) -> None:
    primary(aws)
    aws.wait(7 * MINUTE)
    with refused("InvalidDBInstanceState"):
        aws("rds").promote_read_replica(DBInstanceIdentifier="main")
    replica(aws)
    with refused("InvalidDBInstanceState"):
        aws("rds", WEST).promote_read_replica(DBInstanceIdentifier="copy")
    aws.wait(18 * MINUTE)
    aws("rds", WEST).promote_read_replica(DBInstanceIdentifier="copy")
    assert status(aws, "copy", WEST) == "modifying"
    with refused("DBInstanceNotFound"):
        aws("rds").promote_read_replica(DBInstanceIdentifier="nobody")


def test_a_replica_without_a_source_is_promoted_too(aws: Aws) -> None:
    primary(aws)
    replica(aws)
    aws("rds").delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    aws("rds").describe_db_instances()
    aws("rds", WEST).promote_read_replica(DBInstanceIdentifier="copy")
    assert "StatusInfos" not in look(aws, "copy", WEST)
