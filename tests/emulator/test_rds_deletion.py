from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.corrections import rds_deletion
from tests.emulator.conftest import WEST, Aws
from tests.emulator.databases import look, primary, replica, status, subnet_group
from tests.emulator.proof import proves, refused

MINUTE = 60.0


def _delete(aws: Aws, name: str = "main", region: str = "us-east-1", **how: Any) -> dict[str, Any]:
    wanted = {"SkipFinalSnapshot": True, **how}
    answer: dict[str, Any] = aws("rds", region).delete_db_instance(DBInstanceIdentifier=name, **wanted)["DBInstance"]
    return answer


@proves(rds_deletion.deletion, rds_deletion.deleted_instances_go)
@pytest.mark.slow_clock
def test_deletion_takes_time_and_is_asked_once(aws: Aws) -> None:
    primary(aws)
    aws.wait(7 * MINUTE)
    assert _delete(aws)["DBInstanceStatus"] == status(aws) == "deleting"
    with refused("InvalidDBInstanceState", "already being deleted"):
        _delete(aws)
    aws.wait(5 * MINUTE)
    with refused("DBInstanceNotFound"):
        look(aws)


@proves(rds_deletion.deletion)
@pytest.mark.slow_clock
def test_a_primary_stays_while_a_replica_is_made_of_it(aws: Aws) -> None:
    primary(aws)
    aws.wait(7 * MINUTE)
    replica(aws)
    aws.wait(7 * MINUTE)
    with refused("InvalidDBInstanceState", "replica"):
        _delete(aws)
    aws.wait(12 * MINUTE)
    assert _delete(aws)["DBInstanceStatus"] == "deleting"


@proves(rds_deletion.deletion)
def test_a_deleted_replica_is_no_longer_listed_by_its_primary(aws: Aws) -> None:
    primary(aws)
    replica(aws)
    _delete(aws, "copy", WEST)
    assert aws("rds", WEST).describe_db_instances()["DBInstances"] == []
    assert look(aws)["ReadReplicaDBInstanceIdentifiers"] == []
    assert aws.world.regrets == []


@proves(rds_deletion.deletion)
def test_without_its_primary_a_replica_no_longer_replicates(aws: Aws) -> None:
    primary(aws)
    replica(aws)
    _delete(aws)
    aws("rds").describe_db_instances()
    assert look(aws, "copy", WEST)["StatusInfos"][0]["Status"] == "terminated"
    assert "main was deleted before its replica" in aws.world.regrets[0]
    _delete(aws, "copy", WEST)
    assert aws("rds", WEST).describe_db_instances()["DBInstances"] == []


@proves(rds_deletion.deletion)
@pytest.mark.parametrize("how", [{"SkipFinalSnapshot": False}])
def test_a_final_snapshot_is_named_or_skipped(aws: Aws, how: dict[str, Any]) -> None:
    primary(aws)
    with refused("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required"):
        _delete(aws, **how)


@proves(rds_deletion.deletion)
def test_a_replica_leaves_no_final_snapshot(aws: Aws) -> None:
    primary(aws)
    replica(aws)
    with refused("InvalidParameterCombination", "replica instance"):
        _delete(aws, "copy", WEST, SkipFinalSnapshot=False, FinalDBSnapshotIdentifier="last")


def test_a_final_snapshot_stays_and_automated_ones_go(aws: Aws) -> None:
    primary(aws)
    primary(aws, DBInstanceIdentifier="other")
    _delete(aws, SkipFinalSnapshot=False, FinalDBSnapshotIdentifier="last")
    kept = aws("rds").describe_db_snapshots()["DBSnapshots"]
    assert [one["DBSnapshotIdentifier"] for one in kept if one["DBInstanceIdentifier"] == "main"] == ["last"]


def test_a_protected_instance_stays(aws: Aws) -> None:
    primary(aws, DeletionProtection=True)
    with refused("InvalidParameterCombination", "disable deletion protection"):
        _delete(aws)


def test_an_unknown_instance_is_not_deleted(aws: Aws) -> None:
    with refused("DBInstanceNotFound"):
        _delete(aws, "nobody")


@proves(rds_deletion.automated_backups, rds_deletion.automated_backup_deletion)
def test_backups_may_be_retained_and_are_deleted_by_resource(aws: Aws) -> None:
    primary(aws)
    client, resource = aws("rds"), look(aws)["DbiResourceId"]

    def listed(**query: Any) -> list[tuple[str, str]]:
        found = client.describe_db_instance_automated_backups(**query)["DBInstanceAutomatedBackups"]
        return [(one["DbiResourceId"], one["Status"]) for one in found]

    assert listed(DBInstanceIdentifier="main") == [(resource, "active")]
    _delete(aws, DeleteAutomatedBackups=False)
    assert listed(DbiResourceId=resource) == listed(
        Filters=[{"Name": "status", "Values": ["retained"]}]) == [(resource, "retained")]
    assert listed(DBInstanceIdentifier="other") == []
    client.delete_db_instance_automated_backup(DbiResourceId=resource)
    assert listed() == []
    with refused("DBInstanceAutomatedBackupNotFound"):
        client.delete_db_instance_automated_backup(DbiResourceId=resource)


@proves(rds_deletion.subnet_group_in_use)
@pytest.mark.slow_clock
def test_a_subnet_group_in_use_stays(aws: Aws) -> None:
    primary(aws, DBInstanceIdentifier="elsewhere")
    subnet_group(aws, "free")
    primary(aws, DBSubnetGroupName=subnet_group(aws))
    aws.wait(7 * MINUTE)
    aws("rds").delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    with refused("InvalidDBSubnetGroupStateFault"):
        aws("rds").delete_db_subnet_group(DBSubnetGroupName="Group")
    aws("rds").delete_db_subnet_group(DBSubnetGroupName="free")
    aws.wait(5 * MINUTE)
    aws("rds").delete_db_subnet_group(DBSubnetGroupName="Group")
