from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl import waiting
from tapctl.model import Blocked, Failed, Gone, Unknown
from tapctl.resources.table import Table, read_recovery
from tests.resources.part import NewPart, Part

NAME, KEY = "TapStack-production-us-east-1", "us-east-1/table"


@pytest.fixture
def table(part: NewPart) -> Part:
    stack = part("table", regions=("us-east-1",))
    stack.made()
    return stack


def described(dynamodb: Any) -> dict[str, Any]:
    return dict(dynamodb.describe_table(TableName=NAME)["Table"])


def restorable(dynamodb: Any) -> str:
    backups = dynamodb.describe_continuous_backups(TableName=NAME)["ContinuousBackupsDescription"]
    return str(backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"])


def test_it_is_born_on_demand_under_the_key_and_then_restorable(part: NewPart) -> None:
    stack = part("table", regions=("us-east-1",))
    up = stack.made()
    made = described(stack.client("dynamodb"))
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert made["SSEDescription"]["KMSMasterKeyArn"] == stack.found("us-east-1/kms_key").id
    assert made["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert restorable(stack.client("dynamodb")) == "ENABLED"
    assert [call.operation for call in up.mutating if call.service == "dynamodb"] == [
        "CreateTable", "UpdateContinuousBackups"]
    stack.at_rest()
    stack.gone()


def test_its_key_is_as_configured(part: NewPart) -> None:
    stack = part("table", regions=("us-east-1",), **{"table.sort_key": {"name": "at", "type": "N"}})
    stack.made()
    assert described(stack.client("dynamodb"))["KeySchema"][1] == {"AttributeName": "at", "KeyType": "RANGE"}
    stack.at_rest()


def test_another_key_is_refused_with_the_way_out(table: Part) -> None:
    wanted, world, _ = table.look()
    mine = wanted[KEY]
    assert isinstance(mine, Table)
    other = replace(mine, partition_key=("id", "S"), sort_key=("at", "N"))
    refused = table.plan_of({**wanted, KEY: other}, world).refused[KEY]
    assert "partition_key: 'pk (S)' -> 'id (S)', sort_key: None -> 'at (N)'" in str(refused)
    assert "`tapctl down`" in str(refused)


def test_what_somebody_changed_is_put_back(table: Part) -> None:
    dynamodb = table.client("dynamodb")
    dynamodb.update_table(TableName=NAME, BillingMode="PROVISIONED",
                          ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    dynamodb.update_table(TableName=NAME, DeletionProtectionEnabled=True)
    dynamodb.update_continuous_backups(
        TableName=NAME, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})
    dynamodb.tag_resource(ResourceArn=described(dynamodb)["TableArn"], Tags=[{"Key": "Owner", "Value": "somebody"}])
    table.mends(*(f"{KEY} {aspect}" for aspect in (
        "billing", "deletion_protection", "point_in_time_recovery", "tags")))


def test_it_comes_back_under_its_key(table: Part) -> None:
    dynamodb, mine = table.client("dynamodb"), table.found("us-east-1/kms_key").id
    other = table.client("kms").create_key()["KeyMetadata"]["KeyId"]
    for theirs in ({"Enabled": False}, {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": other}):
        dynamodb.update_table(TableName=NAME, SSESpecification=theirs)
        table.mends(f"{KEY} kms_key")
        assert described(dynamodb)["SSEDescription"]["KMSMasterKeyArn"] == mine


def test_backups_that_are_still_being_enabled_are_waited_for(part: NewPart) -> None:
    stack = part("table", regions=("us-east-1",))
    with stack.refusing("dynamodb", "UpdateContinuousBackups", "ContinuousBackupsUnavailableException", times=4):
        stack.made()
    assert restorable(stack.client("dynamodb")) == "ENABLED"


def test_a_table_that_is_changing_is_waited_for(table: Part) -> None:
    dynamodb = table.client("dynamodb")
    dynamodb.update_table(TableName=NAME, DeletionProtectionEnabled=True)
    with table.refusing("dynamodb", "UpdateTable", "ResourceInUseException", times=2):
        table.mends(f"{KEY} deletion_protection")


def test_a_newborns_tags_may_come_late(table: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = table.cloud.client("dynamodb").list_tags_of_resource, [1, 2]

    def late(**named: Any) -> Any:
        return {"Tags": []} if left and left.pop() else real(**named)

    monkeypatch.setattr(table.cloud.client("dynamodb"), "list_tags_of_resource", late)
    assert [it.key for it in Table.owned(table.cloud)] == [KEY]
    assert not left


def test_a_young_table_without_tags_is_not_waited_for_long(part: NewPart, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = part("table", regions=("us-east-1",))
    stack.client("dynamodb").create_table(
        TableName=NAME, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    monkeypatch.setattr("tapctl.resources.table.TAGS_LATE", 0.02)
    stack.meter.calls = []
    assert list(Table.owned(stack.cloud)) == []
    assert [call.operation for call in stack.meter.calls].count("ListTagsOfResource") > 1


def test_an_old_table_without_tags_is_not_waited_for(part: NewPart, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = part("table", regions=("us-east-1",))
    dynamodb = stack.client("dynamodb")
    dynamodb.create_table(TableName=NAME, BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
    old = {"Table": described(dynamodb) | {"CreationDateTime": datetime.now(UTC) - timedelta(hours=1)}}
    monkeypatch.setattr(stack.cloud.client("dynamodb"), "describe_table", lambda **named: old)
    monkeypatch.setattr(waiting, "gap", lambda waited: pytest.fail("it waited"))
    assert list(Table.owned(stack.cloud)) == []


def test_a_table_of_its_name_that_is_not_the_stacks_is_left_as_it_is(part: NewPart) -> None:
    stack = part("table", regions=("us-east-1",))
    dynamodb = stack.client("dynamodb")
    dynamodb.create_table(TableName=NAME, BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "Owner", "Value": "somebody"}],
                          AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
    assert "taken by something that is not this stack's" in stack.up().failures[f"{KEY} exists"]
    stack.down()
    assert dynamodb.list_tables()["TableNames"] == [NAME]


def test_it_goes_protected_or_not_and_its_backup_is_named(table: Part) -> None:
    dynamodb = table.client("dynamodb")
    dynamodb.update_table(TableName=NAME, DeletionProtectionEnabled=True)
    table.gone()
    backup, = dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    kept, = Table.remains(table.cloud)
    assert (kept.id, kept.until) == (backup["BackupArn"], backup["BackupExpiryDateTime"])


def test_it_goes_once_its_change_is_over(table: Part) -> None:
    it = table.found(KEY)
    with table.refusing("dynamodb", "DeleteTable", "ResourceInUseException"), pytest.raises(Blocked, match="change"):
        Table.delete(table.cloud, it)
    with table.refusing("dynamodb", "DeleteTable", "ValidationException", "no"), pytest.raises(ClientError, match="no"):
        Table.delete(table.cloud, it)
    assert Table.delete(table.cloud, it) is Gone.LATER
    assert Table.delete(table.cloud, replace(it, raw={**it.raw, "TableStatus": "DELETING"})) is Gone.LATER
    assert Table.look(table.cloud, it) is None


def test_a_table_that_is_not_there_yet_has_no_backups_to_read(table: Part) -> None:
    it = table.found(KEY)
    with pytest.raises(Unknown):
        read_recovery(table.cloud, replace(it, raw={**it.raw, "TableStatus": "CREATING"}))


def test_an_archived_table_is_beyond_waiting(table: Part) -> None:
    it = table.found(KEY)
    with pytest.raises(Failed, match="ARCHIVED"):
        Table.state(replace(it, raw={**it.raw, "TableStatus": "ARCHIVED"}))
    assert Table.state(replace(it, raw={**it.raw, "TableStatus": "UPDATING"})) == "UPDATING"


def test_one_that_is_being_deleted_is_made_anew(slow_part: NewPart) -> None:
    stack = slow_part("table", regions=("us-east-1",))
    stack.made()
    stack.client("dynamodb").delete_table(TableName=NAME)
    stack.made()
    stack.at_rest()
