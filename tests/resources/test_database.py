from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.model import Blocked, Failed, Found, Going, Gone, Unknown
from tapctl.naming import tag_list
from tapctl.resources.database import (
    BY_HAND,
    HOPELESS,
    SERVING,
    Database,
    RetainedBackup,
    forgets,
    grown,
    read_settings,
    standing_primaries,
)
from tapctl.resources.secret import current_version
from tests.conformance.lab import settings
from tests.resources.part import NewPart, Part

pytestmark = pytest.mark.usefixtures("spare")
NAME, COPY = "tapstack-production-us-east-1", "tapstack-production-us-west-2"
KEY, REPLICA, SECRET = "us-east-1/database", "us-west-2/database", "us-east-1/secret/database"
THEIRS: dict[str, Any] = {"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
                          "MasterUsername": "owner", "MasterUserPassword": "not-a-secret"}


def test_what_a_shorter_memory_forgets() -> None:
    assert forgets({"backup_days": 30}, {"backup_days": 7}) == "automated backups older than 7 days"
    assert forgets({"backup_days": 7}, {"backup_days": 7}) == forgets({"backup_days": 1}, {"backup_days": 7}) == ""


@pytest.fixture
def fresh(part: NewPart) -> Part:
    return part("database", regions=("us-east-1",))


@pytest.fixture
def primary(fresh: Part) -> Part:
    fresh.made()
    return fresh


@pytest.fixture
def pair(part: NewPart) -> Part:
    stack = part("database")
    stack.made()
    return stack


def standing(stack: Part, name: str = NAME, region: str = "us-east-1") -> dict[str, Any]:
    return dict(stack.client("rds", region).describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])


def value(stack: Part) -> str:
    manager = stack.client("secretsmanager")
    return str(json.loads(manager.get_secret_value(SecretId=stack.found(SECRET).id)["SecretString"])["password"])


def rds_calls(calls: list[Any]) -> list[str]:
    return [f"{call.operation} {call.region}" for call in calls if call.service == "rds" and call.mutating]


def params(calls: list[Any], operation: str) -> dict[str, Any]:
    call, = (call for call in calls if call.operation == operation)
    return dict(call.params)


@contextmanager
def told(stack: Part, **said: Any) -> Iterator[None]:
    """RDS says this of every database."""

    def tell(parsed: dict[str, Any], **_: Any) -> None:
        for raw in parsed["DBInstances"]:
            raw.update(said)

    events = stack.cloud.client("rds").meta.events
    events.register("after-call.rds.DescribeDBInstances", tell)
    try:
        yield
    finally:
        events.unregister("after-call.rds.DescribeDBInstances", tell)


# ---------------------------------------------------------------- birth
def test_the_primary_is_born_with_all_that_the_call_takes(fresh: Part) -> None:
    up = fresh.made()
    assert rds_calls(up.mutating) == ["CreateDBSubnetGroup us-east-1", "CreateDBInstance us-east-1"]
    sent, configured, sizes = params(up.mutating, "CreateDBInstance"), fresh.settings.database, fresh.settings.sizes
    witness = current_version(fresh.found(SECRET))
    tags = fresh.place.tags(KEY)
    assert sent == {
        "DBInstanceIdentifier": NAME, "DBInstanceClass": sizes.database_class, "Engine": "postgres",
        "EngineVersion": str(configured.major_version), "EngineLifecycleSupport":
            "open-source-rds-extended-support-disabled", "AutoMinorVersionUpgrade": True,
        "AllocatedStorage": configured.storage_gib, "StorageType": "gp3", "StorageEncrypted": True,
        "KmsKeyId": fresh.found("us-east-1/kms_key").id, "MultiAZ": True, "DBSubnetGroupName": NAME,
        "VpcSecurityGroupIds": [fresh.found("us-east-1/security_group/rds").id], "PubliclyAccessible": False,
        "DBParameterGroupName": f"default.postgres{configured.major_version}", "DBName": configured.name,
        "MasterUsername": configured.username, "MasterUserPassword": value(fresh),
        "BackupRetentionPeriod": configured.backup_days, "CopyTagsToSnapshot": True, "DeletionProtection": False,
        "Tags": tag_list({**tags, "tapctl:password": witness}),
        "TagSpecifications": [{"ResourceType": "auto-backup", "Tags": tag_list(tags)}]}
    fresh.at_rest()
    fresh.gone()


def test_a_replica_stands_in_the_other_region_under_its_own_key(part: NewPart) -> None:
    stack = part("database")
    up = stack.made()
    assert rds_calls(up.mutating)[-2:] == ["CreateDBInstanceReadReplica us-west-2", "ModifyDBInstance us-west-2"]
    sent = params(up.mutating, "CreateDBInstanceReadReplica")
    assert (sent["SourceDBInstanceIdentifier"], sent["SourceRegion"]) == (stack.found(KEY).id, "us-east-1")
    assert sent["KmsKeyId"] == stack.found("us-west-2/kms_key").id
    assert sent["MultiAZ"] is False
    assert sent["Tags"] == tag_list(stack.place.tags(REPLICA))  # no password is its own
    assert sent["TagSpecifications"] == [{"ResourceType": "auto-backup", "Tags": sent["Tags"]}]
    modify = params(up.mutating, "ModifyDBInstance")  # a replica is born without backups, whatever the call says
    assert modify == {"DBInstanceIdentifier": COPY, "ApplyImmediately": True,
                      "BackupRetentionPeriod": stack.settings.database.backup_days}
    assert standing_primaries(stack.look()[1].found.values()) == ["us-east-1"]
    stack.at_rest()
    stack.gone()
    deleted = [call for call in rds_calls(stack.meter.calls) if call.startswith("DeleteDBInstance")]
    assert deleted == ["DeleteDBInstance us-west-2", "DeleteDBInstance us-east-1"]


def test_what_is_not_known_everywhere_yet_is_waited_for(part: NewPart) -> None:
    stack = part("database")
    there = Part(stack.world, stack.wires, settings("us-west-2"), ())
    with (stack.refusing("rds", "CreateDBInstance", "DBSubnetGroupNotFoundFault"),
          there.refusing("rds", "CreateDBInstanceReadReplica", "KMSKeyNotAccessibleFault"),
          there.refusing("rds", "ModifyDBInstance", "InvalidDBInstanceState", times=2)):  # a backup has begun
        stack.made()
    stack.at_rest()


def test_one_of_its_name_that_is_not_the_stacks_is_left_as_it_is(fresh: Part) -> None:
    fresh.client("rds").create_db_instance(DBInstanceIdentifier=NAME, **THEIRS)
    before = standing(fresh) | {"LatestRestorableTime": None}
    assert "taken by something that is not this stack's" in fresh.up().failures[f"{KEY} exists"]
    assert fresh.down().complete
    assert standing(fresh) | {"LatestRestorableTime": None} == before


def test_copied_tags_make_no_database_the_stacks(primary: Part) -> None:
    rds = primary.client("rds")
    rds.create_db_instance(DBInstanceIdentifier="copy", Tags=tag_list(primary.place.tags(KEY)), **THEIRS)
    assert [it.raw["DBInstanceIdentifier"] for it in Database.owned(primary.cloud)] == [NAME]
    rds.add_tags_to_resource(ResourceName=primary.found(KEY).id, Tags=[{"Key": "tapctl:key", "Value": "us-east-1/x"}])
    assert list(Database.owned(primary.cloud)) == []


# ---------------------------------------------------------------- states
def in_state(status: str) -> Found:
    return Found(KEY, "", {"DBInstanceStatus": status})


def test_states(fresh: Part) -> None:
    assert {Database.state(in_state(status)) for status in SERVING} == {None}
    for status in ("creating", "modifying", "rebooting", "starting", "configuring-enhanced-monitoring"):
        assert Database.state(in_state(status)) == status
    with pytest.raises(Going):
        Database.state(in_state("deleting"))
    for status in (*HOPELESS, "inaccessible-encryption-credentials", "incompatible-network"):
        with pytest.raises(Failed, match=f"the database is {status}$"):
            Database.state(in_state(status))
    with pytest.raises(Unknown):
        read_settings(fresh.cloud, in_state("creating"))


@pytest.mark.parametrize(("status", "heard"), [
    ("storage-full", "the database is storage-full"),
    ("stopped", "the database is stopped; start it: aws rds start-db-instance")])
def test_what_waiting_does_not_help_is_said_at_once(primary: Part, status: str, heard: str) -> None:
    with told(primary, DBInstanceStatus=status):
        up = primary.up()
    assert heard in up.failures[f"{KEY} ready"]
    assert not up.mutating


def test_one_that_is_being_deleted_is_made_anew(slow_part: NewPart) -> None:
    stack = slow_part("database", regions=("us-east-1",))
    stack.made()
    stack.client("rds").delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    with pytest.raises(Going):
        Database.state(stack.found(KEY))
    assert stack.made().began("create") == {KEY}
    stack.at_rest()


# ---------------------------------------------------------------- settings
def test_what_somebody_changed_is_put_back_in_one_call(primary: Part) -> None:
    ec2, rds = primary.client("ec2"), primary.client("rds")
    default, = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]
    rds.create_db_parameter_group(DBParameterGroupName="theirs", DBParameterGroupFamily="postgres17", Description="x")
    rds.modify_db_instance(
        DBInstanceIdentifier=NAME, ApplyImmediately=True, DBInstanceClass="db.m5.large", BackupRetentionPeriod=1,
        MultiAZ=False, PubliclyAccessible=True, DeletionProtection=True, CopyTagsToSnapshot=False,
        DBParameterGroupName="theirs", VpcSecurityGroupIds=[default["GroupId"]])
    rds.add_tags_to_resource(ResourceName=primary.found(KEY).id, Tags=[
        {"Key": "Owner", "Value": "somebody"}, {"Key": "theirs", "Value": "stays"}])
    up = primary.mends(f"{KEY} settings", f"{KEY} tags")
    assert params(up.mutating, "ModifyDBInstance") == {
        "DBInstanceIdentifier": NAME, "ApplyImmediately": True, "MultiAZ": True, "PubliclyAccessible": False,
        "DBInstanceClass": primary.settings.sizes.database_class, "DeletionProtection": False,
        "BackupRetentionPeriod": primary.settings.database.backup_days, "CopyTagsToSnapshot": True,
        "VpcSecurityGroupIds": [primary.found("us-east-1/security_group/rds").id],
        "DBParameterGroupName": f"default.postgres{primary.settings.database.major_version}"}
    assert primary.found(KEY).tags["theirs"] == "stays"


def test_storage_that_somebody_added_stays(primary: Part) -> None:
    primary.client("rds").modify_db_instance(
        DBInstanceIdentifier=NAME, AllocatedStorage=100, MultiAZ=False, ApplyImmediately=True)
    up = primary.made()
    assert set(up.plan.changes) == {(KEY, "settings")}
    assert params(up.mutating, "ModifyDBInstance") == {
        "DBInstanceIdentifier": NAME, "ApplyImmediately": True, "MultiAZ": True}
    primary.at_rest()
    held, = primary.look()[2].held
    assert (held.key, held.have["storage_gib"], held.want["storage_gib"]) == (
        KEY, 100, primary.settings.database.storage_gib)


def test_a_replica_has_its_sources_storage(pair: Part) -> None:
    mine = pair.wanted()[REPLICA]
    assert isinstance(mine, Database)
    assert grown(mine, {"multi_az": True}, {"multi_az": False}) == {"multi_az": False}
    pair.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, AllocatedStorage=100, ApplyImmediately=True)
    pair.at_rest()
    assert [held.key for held in pair.look()[2].held] == [KEY]


def test_what_waits_for_the_maintenance_window_counts_as_done(primary: Part) -> None:
    primary.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, DBInstanceClass="db.m5.large")
    assert standing(primary)["PendingModifiedValues"] == {"DBInstanceClass": "db.m5.large"}
    primary.mends(f"{KEY} settings")
    assert not standing(primary)["PendingModifiedValues"]


# ---------------------------------------------------------------- the password
def test_the_password_follows_the_secret_and_a_crash_in_between_is_made_good(primary: Part) -> None:
    primary.client("secretsmanager").put_secret_value(
        SecretId=primary.found(SECRET).id, SecretString='{"username": "tapadmin", "password": "another-value"}')
    with primary.refusing("rds", "AddTagsToResource", "InternalFailure", "the machine is on fire"):
        cut = primary.up()
    assert "on fire" in cut.failures[f"{KEY} ready"]
    again = primary.mends(f"{KEY} settings")  # the witness is missing: nobody knows whether it was set
    for up in (cut, again):
        assert params(up.mutating, "ModifyDBInstance") == {
            "DBInstanceIdentifier": NAME, "ApplyImmediately": True, "MasterUserPassword": "another-value"}
        assert "another-value" not in repr((up.plan, up.told))
    assert rds_calls(again.mutating) == ["ModifyDBInstance us-east-1", "AddTagsToResource us-east-1"]
    assert primary.found(KEY).tags["tapctl:password"] == current_version(primary.found(SECRET))


# ---------------------------------------------------------------- which one is the primary
def test_a_promoted_replica_is_left_alone_and_named(pair: Part) -> None:
    pair.client("rds", "us-west-2").promote_read_replica(DBInstanceIdentifier=COPY)
    _, world, plan = pair.look()
    assert standing_primaries(world.found.values()) == ["us-east-1", "us-west-2"]
    assert set(plan.refused) == {REPLICA}
    assert str(plan.refused[REPLICA]) == (
        f"it is a primary, and the configuration wants a replica of {pair.found(KEY).id}. {BY_HAND}")
    assert not any(key.endswith("/database") for key, _ in plan.changes)
    pair.gone()  # which tells it by its tags, not by its role


def test_a_configuration_with_another_primary_is_refused(pair: Part) -> None:
    other = Part(pair.world, pair.wires, settings("us-west-2", "us-east-1"), pair.kinds)
    refused = other.look()[2].refused
    assert "it is a replica of arn:aws:rds:us-east-1:" in str(refused[REPLICA])
    assert f"and the configuration wants a primary. {BY_HAND}" in str(refused[REPLICA])
    assert "it is a primary, and the configuration wants a replica of arn:aws:rds:us-west-2:" in str(refused[KEY])


def test_what_can_not_be_changed_in_place_is_refused(primary: Part) -> None:
    wanted, world, _ = primary.look()
    mine = wanted[KEY]
    assert isinstance(mine, Database)
    refused = primary.plan_of({**wanted, KEY: replace(mine, major_version=99)}, world).refused[KEY]
    assert f"major_version: {mine.major_version} -> 99. It can't be changed in place. {BY_HAND}" in str(refused)


def test_no_other_kind_stands_as_a_primary() -> None:
    follower = {"ReadReplicaSourceDBInstanceIdentifier": "arn:aws:rds:us-east-1:123456789012:db:x"}
    assert standing_primaries([Found("eu-west-1/database", "", {}), Found("eu-west-1/secret/database", "", {}),
                               Found("eu-west-2/database", "", follower)]) == ["eu-west-1"]


# ---------------------------------------------------------------- deletion
def test_it_does_not_go_before_its_replicas(pair: Part) -> None:
    it = pair.found(KEY)
    with pytest.raises(Blocked, match=f"its replica {pair.found(REPLICA).id}"):
        Database.delete(pair.cloud, it)
    pair.client("rds", "us-west-2").delete_db_instance(DBInstanceIdentifier=COPY, SkipFinalSnapshot=True)
    assert Database.delete(pair.cloud, it) is Gone.LATER  # though what was seen of it still lists the replica
    assert Database.look(pair.cloud, it) is None
    assert not pair.world.regrets


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_it_is_kept_for_a_replica_that_somebody_made(primary: Part, region: str) -> None:
    it, there = primary.found(KEY), primary.client("rds", region)
    source = NAME if region == "us-east-1" else it.id
    key = primary.client("kms", region).create_key()["KeyMetadata"]["Arn"]
    theirs = there.create_db_instance_read_replica(
        DBInstanceIdentifier="theirs", SourceDBInstanceIdentifier=source, KmsKeyId=key)["DBInstance"]["DBInstanceArn"]
    why = {item.it.id: text for item, text in primary.down().left}[it.id]
    assert why == f"{theirs} follows it, and is not this stack's: promote or delete that one first"
    assert standing(primary)["DBInstanceStatus"] == "available"
    there.delete_db_instance(DBInstanceIdentifier="theirs", SkipFinalSnapshot=True)
    assert primary.down().complete


def test_it_goes_protected_or_not(primary: Part) -> None:
    primary.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=True, ApplyImmediately=True)
    primary.gone()


def test_refusals_to_go(primary: Part) -> None:
    it = primary.found(KEY)
    for code in ("InvalidDBInstanceState", "InvalidDBInstanceStateFault"):
        with (primary.refusing("rds", "DeleteDBInstance", code, "Instance x is being renamed."),
              pytest.raises(Blocked, match="renamed")):
            Database.delete(primary.cloud, it)
        with primary.refusing("rds", "DeleteDBInstance", code, "Instance x is already being deleted."):
            assert Database.delete(primary.cloud, it) is Gone.LATER
    with (primary.refusing("rds", "DeleteDBInstance", "AccessDenied", "no"), pytest.raises(ClientError, match="no")):
        Database.delete(primary.cloud, it)
    primary.meter.calls = []
    deleting = replace(it, raw={**it.raw, "DBInstanceStatus": "deleting"})
    assert Database.delete(primary.cloud, deleting) is Gone.LATER
    assert not primary.meter.calls
    assert Database.delete(primary.cloud, it) is Gone.LATER
    assert Database.delete(primary.cloud, it) is Gone.LATER  # it is not there


def test_backups_that_a_deletion_by_hand_left_go_with_down(primary: Part) -> None:
    rds = primary.client("rds")
    rds.create_db_instance(DBInstanceIdentifier="theirs", BackupRetentionPeriod=7, **THEIRS)
    for name in (NAME, "theirs"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    backup, = RetainedBackup.owned(primary.cloud)
    assert backup.key == "us-east-1/retained_backup"
    removal = primary.down()
    assert removal.complete
    assert backup.id in {item.it.id for item in removal.removed}
    left, = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert left["DBInstanceIdentifier"] == "theirs"
    assert RetainedBackup.delete(primary.cloud, backup) is Gone.NOW  # once more


@pytest.mark.parametrize(("tags", "ours"), [
    ({"Owner": "somebody"}, False),
    ({"tapctl:stack": "TapStack/production", "tapctl:key": "us-east-1/table"}, False),
    ({"tapctl:stack": "TapStack/production", "tapctl:key": KEY}, True), ({}, True)])
@pytest.mark.parametrize("under_our_key", [True, False])
def test_a_backup_of_a_database_of_its_name_is_not_always_the_stacks(
        part: NewPart, tags: dict[str, str], ours: bool, under_our_key: bool) -> None:
    """Its tags tell; without any, the key does."""
    stack = part("kms_key", regions=("us-east-1",))
    stack.made()
    rds, key = stack.client("rds"), {"KmsKeyId": stack.found("us-east-1/kms_key").id} if under_our_key else {}
    rds.create_db_instance(DBInstanceIdentifier=NAME, BackupRetentionPeriod=7, StorageEncrypted=under_our_key, **key,
                           Tags=tag_list(tags), **THEIRS)
    rds.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    assert len(list(RetainedBackup.owned(stack.cloud))) == (ours and (under_our_key or bool(tags)))


def test_without_a_key_of_the_stack_s_no_backup_without_tags_is_the_stack_s(fresh: Part) -> None:
    rds, key = fresh.client("rds"), fresh.client("kms").create_key()["KeyMetadata"]["Arn"]
    rds.create_db_instance(DBInstanceIdentifier=NAME, BackupRetentionPeriod=7, StorageEncrypted=True, KmsKeyId=key,
                           **THEIRS)
    rds.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    assert list(RetainedBackup.owned(fresh.cloud)) == []


def test_the_backups_of_a_standing_database_are_its_own(primary: Part) -> None:
    assert primary.client("rds").describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert list(RetainedBackup.owned(primary.cloud)) == []
    primary.gone()
