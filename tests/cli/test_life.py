"""A stack's whole life, by the command as it is installed, beside things that must stay as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import EAST, WEST, Account
from tests.cli.installed import Installed, Result

pytestmark = pytest.mark.usefixtures("unfollowed_processes")
PORT = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}


def bystanders(account: Account) -> None:
    """What looks like the stack's own and isn't: names that begin alike, its tags on something else."""
    forged = {"tapctl:stack": "TapStack/life", "tapctl:key": f"{EAST}/security_group/app", "Project": "TapStack"}
    tags = [{"Key": key, "Value": value} for key, value in forged.items()]
    ec2 = account.raw("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    ec2.create_security_group(GroupName="copied-tags", Description="of somebody else", VpcId=vpc,
                              TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}])
    account.raw("s3").create_bucket(Bucket="tapstack-life-logs-of-somebody-else")
    account.raw("iam").create_role(RoleName=f"TapStack-life-eu-{EAST}", AssumeRolePolicyDocument="{}", Tags=[
        {"Key": "tapctl:stack", "Value": "TapStack/life-eu"}, {"Key": "tapctl:key", "Value": f"{EAST}/role"}])
    account.raw("kms").create_key(Description="somebody's", Tags=[
        {"TagKey": key, "TagValue": value} for key, value in {**forged, "tapctl:key": f"{EAST}/kms_key"}.items()])
    account.raw("dynamodb", WEST).create_table(
        TableName="TapStack-life-us-west-2-copy", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])


def events(result: Result) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert all(line["version"] == 1 and line["at"] and line["event"] for line in lines)
    return lines


def one(result: Result, event: str) -> dict[str, Any]:
    (found,) = (line for line in events(result) if line["event"] == event)
    return found


def test_a_life(account: Account, tapctl: Installed) -> None:
    bystanders(account)
    before = account.inventory()
    env = ("--env", "life", "--local")

    pending = tapctl("plan", *env, "--detailed-exitcode")
    assert pending.code == 4
    assert "EMULATOR" in pending.out
    assert "0 to change, 0 to delete" in pending.out
    assert not account.recorder.mutating
    assert account.inventory() == before

    made = tapctl("up", *env, "--yes", "--output", "json")
    assert made.code == 0
    assert made.err == ""
    started, ended = events(made)[0], events(made)[-1]
    assert (started["event"], started["command"], started["stack"]) == ("started", "up", "TapStack/life")
    assert started["emulated"] is True
    assert started["regions"] == [EAST, WEST]
    assert (ended["event"], ended["exit_code"]) == ("ended", 0)
    planned = {change["key"] for change in one(made, "planned")["changes"] if change["what"] == "create"}
    finished = {line["key"] for line in events(made) if line["event"] == "finished"}
    assert finished == planned
    assert ended["counts"] == {"create": len(planned)}
    values = one(made, "outputs")["values"]

    account.recorder.calls.clear()
    rows = json.loads(tapctl("status", *env, "--output", "json").out)
    assert {row["key"] for row in rows} == planned
    assert {row["drift"] for row in rows} == {""}
    states = {row["key"]: row["state"] for row in rows}
    assert (states[f"{EAST}/database"], states[f"{WEST}/load_balancer"]) == ("available", "active")
    assert all(row["id"] for row in rows)
    again = tapctl("up", *env)  # nobody can be asked, and nobody needs to be
    assert again.code == 0
    assert values[WEST]["load_balancer_dns_name"] in again.out
    assert account.recorder.calls
    assert not account.recorder.mutating

    drift(account, values)
    changed = tapctl("plan", *env, "--detailed-exitcode", "--verbose")
    assert changed.code == 4
    for expected in "security_group/app", "22", "bucket/logs", "versioning", "Owner", "somebody":
        assert expected in changed.out
    account.recorder.calls.clear()
    repaired = tapctl("up", *env, "--yes", "--output", "json")
    assert repaired.code == 0
    assert one(repaired, "ended")["counts"] == {"update": 3}
    assert {call.split()[1] for call in account.recorder.mutating} == {"ec2", "s3", "dynamodb", "ssm"}

    flat = json.loads(tapctl("outputs", *env, "--format", "flat", BUCKET_REGION=WEST).out)
    assert next(iter(flat.items())) == ("bucket_name", values[WEST]["bucket_name"])
    assert flat["database_address_us_east_1"] == values[EAST]["database_address"]
    assert f"TapStack/life  {EAST}: " in tapctl("status", "--local").out

    secrets_in_use = passwords(account)
    assert secrets_in_use
    gone = tapctl("down", *env, "--yes", "--certificate", "gone.json", "--quiet-seconds", "0")
    assert gone.code == 0
    certificate = json.loads((tapctl.home / "gone.json").read_text())
    assert (certificate["clean"], certificate["emulated"]) == (True, True)
    assert {thing["key"] for thing in certificate["removed"]} == {key for key in planned if "service_linked" not in key}
    assert certificate["calls"][f"sts:GetCallerIdentity:{EAST}"] == 1
    assert "DynamoDB system backup" in gone.out
    assert account.inventory() == before
    account.recorder.calls.clear()
    twice = tapctl("down", "--local", "--yes", ENVIRONMENT="life", NO_COLOR=None)
    assert twice.code == 0
    assert "Nothing to do." in twice.out
    assert not account.recorder.mutating
    assert account.inventory() == before
    everything = "".join(tapctl.said) + log_of(account)
    for secret in *secrets_in_use, "\x1b":
        assert secret not in everything


def drift(account: Account, values: dict[str, dict[str, str]]) -> None:
    """Three changes that somebody makes by hand."""
    account.raw("ec2").authorize_security_group_ingress(
        GroupId=values[EAST]["security_group_app_id"], IpPermissions=[PORT])
    account.raw("s3", WEST).put_bucket_versioning(
        Bucket=values[WEST]["bucket_name"], VersioningConfiguration={"Status": "Suspended"})
    account.raw("dynamodb").tag_resource(
        ResourceArn=values[EAST]["table_arn"], Tags=[{"Key": "Owner", "Value": "somebody"}])


def passwords(account: Account) -> list[str]:
    """Every secret's value, and the password in it."""
    manager = account.raw("secretsmanager")
    texts = [manager.get_secret_value(SecretId=secret["ARN"])["SecretString"]
             for secret in manager.list_secrets()["SecretList"]]
    return [json.loads(text)["password"] for text in texts]


def log_of(account: Account) -> str:
    """What the emulator has written."""
    (home,) = (entry.split("=", 1)[1] for entry in Path(f"/proc/{account.emulator.pid}/environ").read_text().split("\0")
               if entry.startswith("TAPCTL_STATE_DIR="))
    return (Path(home) / "emulator.log").read_text()
