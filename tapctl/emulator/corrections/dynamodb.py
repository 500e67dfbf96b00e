"""DynamoDB tables: their states, their key, and backups that come a little later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory
from tapctl.emulator.dispatch import plain
from tapctl.emulator.keys import key_of, usable

_API = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"
_GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
_STATES, _BACKUPS = "table states", "table backups"


def _table(call: Call) -> Any:
    return dynamodb_backends[ACCOUNT][call.region].tables.get(_name(call))


def _name(call: Call) -> str:
    return str(call.params["TableName"]).rpartition("/")[2]


def _status(call: Call) -> str:
    return lifecycle.state(_STATES, (call.region, _name(call))) or "ACTIVE"


@corrects("dynamodb", "CreateTable", "DescribeTable", "UpdateTable", "DeleteTable", "ListTables", "ListBackups",
          "UpdateContinuousBackups", "DescribeContinuousBackups", page=_API + "API_DeleteTable.html")
def deleted_tables_go(call: Call, ask: Ask) -> Answer:
    """A table is DELETING for some seconds; moto's is gone at once."""
    for region, name in list(lifecycle.end_due(_STATES)):
        plain("dynamodb", "DeleteTable", region, {"TableName": name})
    return ask()


@corrects("dynamodb", "CreateTable", "UpdateTable", page=_GUIDE + "encryption.usagenotes.html")
def key_is_usable(call: Call, ask: Ask) -> Answer:
    """The key must be there and enabled; a table tells its ARN however it was named; the same again is refused."""
    specification = call.params.get("SSESpecification", {})
    wanted = specification.get("KMSMasterKeyId")
    if wanted:
        if not usable(call.region, wanted):
            raise Refusal("ValidationException", f"KMS validation error: {wanted} does not exist or is not enabled")
        specification["KMSMasterKeyId"] = key_of(call.region, wanted).arn
        table = _table(call) if call.operation == "UpdateTable" else None
        if table and (table.sse_specification or {}).get("KMSMasterKeyId") == specification["KMSMasterKeyId"]:
            raise Refusal("ValidationException", "One or more parameter values were invalid: Table is already "
                          "encrypted with given KMSMasterKeyId")
    return ask()


@corrects("dynamodb", "CreateTable", page=_API + "API_CreateTable.html")
def creation(call: Call, ask: Ask) -> Answer:
    """CREATING at first."""
    answer = ask()
    key = call.region, _name(call)
    lifecycle.begin(_STATES, key, ("CREATING", durations.TABLE))
    lifecycle.begin(_BACKUPS, key, ("being enabled", durations.TABLE_BACKUPS))
    answer["TableDescription"]["TableStatus"] = "CREATING"
    return answer


@corrects("dynamodb", "UpdateTable", page=_API + "API_UpdateTable.html")
def update(call: Call, ask: Ask) -> Answer:
    """UPDATING at first, and only of a table that is ACTIVE. Another key is taken, which moto drops."""
    _refuse_busy(call)
    answer = ask()
    if "SSESpecification" in call.params:
        wanted = call.params["SSESpecification"]
        _table(call).sse_specification = wanted if wanted.get("Enabled") else None
    lifecycle.begin(_STATES, (call.region, _name(call)), ("UPDATING", durations.TABLE))
    answer["TableDescription"]["TableStatus"] = "UPDATING"
    return answer


@corrects("dynamodb", "DescribeTable", page=_API + "API_DescribeTable.html")
def description(call: Call, ask: Ask) -> Answer:
    """In the state that the clock says."""
    answer = ask()
    answer["Table"]["TableStatus"] = _status(call)
    return answer


@corrects("dynamodb", "DeleteTable", page=_API + "API_DeleteTable.html")
def deletion(call: Call, ask: Ask) -> Answer:
    """Not while it is being made or changed. With point-in-time recovery AWS keeps a system backup of its own."""
    table = _table(call)
    if table is None:
        return ask()
    _refuse_busy(call)
    if table.deletion_protection_enabled:
        return ask()
    described = plain("dynamodb", "DescribeTable", call.region, {"TableName": _name(call)})["Table"]
    backups = table.continuous_backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    if backups == "ENABLED":
        memory("table system backups")[call.region, described["TableArn"]] = _system_backup(described)
    lifecycle.begin(_STATES, (call.region, _name(call)), ("DELETING", durations.TABLE_DELETE), ends=True)
    return {"TableDescription": {**described, "TableStatus": "DELETING"}}


def _refuse_busy(call: Call) -> None:
    state = _status(call)
    if _table(call) and state != "ACTIVE":
        raise Refusal("ResourceInUseException", f"Attempt to change a resource which is still in use: Table is being "
                      f"{state.lower().replace('ing', 'ed')}: {_name(call)}")


def _system_backup(table: Answer) -> Answer:
    name, now = table["TableName"], datetime.now(UTC)
    return {"TableName": name, "TableArn": table["TableArn"], "BackupName": f"{name}$DeletedTableBackup",
            "BackupArn": f"{table['TableArn']}/backup/{int(now.timestamp() * 1000):017}-deleted",
            "BackupStatus": "AVAILABLE", "BackupType": "SYSTEM", "BackupCreationDateTime": now,
            "BackupExpiryDateTime": now + timedelta(days=35)}


@corrects("dynamodb", "ListBackups", page=_API + "API_ListBackups.html")
def system_backups(call: Call, ask: Ask) -> Answer:
    """Those of deleted tables are listed when asked for."""
    kind = call.params.get("BackupType", "USER")
    answer = ask()
    kept = [backup for (region, _), backup in memory("table system backups").items()
            if region == call.region and call.params.get("TableName") in (None, backup["TableName"])]
    users = answer["BackupSummaries"] if kind in ("USER", "ALL") else []
    return {**answer, "BackupSummaries": users + (kept if kind in ("SYSTEM", "ALL") else [])}


@corrects("dynamodb", "UpdateContinuousBackups", page=_API + "API_UpdateContinuousBackups.html")
def backups_come_later(call: Call, ask: Ask) -> Answer:
    """For some seconds after the table is ACTIVE its backups are still being enabled."""
    if _table(call) and lifecycle.state(_BACKUPS, (call.region, _name(call))):
        raise Refusal("ContinuousBackupsUnavailableException", "Backups are being enabled for the table: "
                      f"{_name(call)}. Please retry later")
    return ask()
