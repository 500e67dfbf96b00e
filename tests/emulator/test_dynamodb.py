from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.corrections import dynamodb
from tests.emulator.conftest import Aws
from tests.emulator.databases import key
from tests.emulator.proof import proves, refused

NAME = {"TableName": "app"}


def _make(aws: Aws, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = aws("dynamodb").create_table(
        **NAME, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **more)["TableDescription"]
    return made


def _status(aws: Aws) -> str:
    return str(aws("dynamodb").describe_table(**NAME)["Table"]["TableStatus"])


def _recover(aws: Aws) -> None:
    aws("dynamodb").update_continuous_backups(
        **NAME, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})


@proves(dynamodb.creation, dynamodb.description, dynamodb.backups_come_later)
@pytest.mark.slow_clock
def test_a_table_takes_time_and_its_backups_longer(aws: Aws) -> None:
    assert _make(aws)["TableStatus"] == _status(aws) == "CREATING"
    aws.wait(8)
    assert _status(aws) == "ACTIVE"
    with refused("ContinuousBackupsUnavailableException", "Please retry later"):
        _recover(aws)
    aws.wait(5)
    _recover(aws)


@proves(dynamodb.creation)
def test_on_the_instant_clock_the_next_look_sees_it_ready(aws: Aws) -> None:
    assert _make(aws)["TableStatus"] == "CREATING"
    assert _status(aws) == "ACTIVE"
    _recover(aws)


@proves(dynamodb.deletion, dynamodb.deleted_tables_go, dynamodb.update)
@pytest.mark.slow_clock
def test_a_busy_table_is_neither_changed_nor_deleted(aws: Aws) -> None:
    client = aws("dynamodb")
    _make(aws)
    with refused("ResourceInUseException"):
        client.delete_table(**NAME)
    aws.wait(8)
    updated = client.update_table(**NAME, DeletionProtectionEnabled=False)["TableDescription"]["TableStatus"]
    assert updated == _status(aws) == "UPDATING"
    with refused("ResourceInUseException"):
        client.update_table(**NAME, DeletionProtectionEnabled=True)
    aws.wait(8)
    assert client.delete_table(**NAME)["TableDescription"]["TableStatus"] == _status(aws) == "DELETING"
    aws.wait(7)
    with refused("ResourceNotFoundException"):
        _status(aws)
    assert client.list_tables()["TableNames"] == []


@proves(dynamodb.system_backups)
def test_a_deleted_table_may_leave_a_system_backup(aws: Aws) -> None:
    client = aws("dynamodb")
    _make(aws)
    client.create_backup(**NAME, BackupName="mine")
    _recover(aws)
    client.delete_table(**NAME)

    def listed(**query: Any) -> list[str]:
        return [one["BackupName"] for one in client.list_backups(**query)["BackupSummaries"]]

    assert listed(BackupType="SYSTEM") == listed(BackupType="SYSTEM", **NAME) == ["app$DeletedTableBackup"]
    assert listed(BackupType="ALL") == ["mine", "app$DeletedTableBackup"]
    assert listed() == ["mine"]
    assert listed(BackupType="SYSTEM", TableName="other") == []


def test_without_recovery_nothing_is_left(aws: Aws) -> None:
    _make(aws)
    aws("dynamodb").delete_table(**NAME)
    assert aws("dynamodb").list_backups(BackupType="ALL")["BackupSummaries"] == []
    with refused("ResourceNotFoundException"):
        aws("dynamodb").delete_table(**NAME)


def test_a_protected_table_stays(aws: Aws) -> None:
    _make(aws, DeletionProtectionEnabled=True)
    with refused("ValidationException"):
        aws("dynamodb").delete_table(**NAME)
    assert _status(aws) == "ACTIVE"


@proves(dynamodb.key_is_usable, dynamodb.update)
def test_the_key_is_told_by_its_arn_and_not_set_twice(aws: Aws) -> None:
    client, arn = aws("dynamodb"), key(aws)
    with refused("ValidationException", "KMS validation error"):
        _make(aws, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key(aws, "us-west-2")})
    sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn.rpartition("/")[2]}
    _make(aws, SSESpecification=sse)
    assert client.describe_table(**NAME)["Table"]["SSEDescription"]["KMSMasterKeyArn"] == arn
    with refused("ValidationException", "already encrypted"):
        client.update_table(**NAME, SSESpecification=sse)
    other = key(aws)
    client.update_table(**NAME, SSESpecification={**sse, "KMSMasterKeyId": other})
    assert client.describe_table(**NAME)["Table"]["SSEDescription"]["KMSMasterKeyArn"] == other
    client.update_table(**NAME, SSESpecification={"Enabled": False})
    assert "SSEDescription" not in client.describe_table(**NAME)["Table"]
