from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto.rds.models import rds_backends

from tapctl.model import Gone, Kept
from tapctl.naming import tag_list
from tapctl.policy import canonical
from tapctl.resources.kms_key import KmsKey, StrayKey
from tests.resources.part import NewPart, Part

pytestmark = pytest.mark.usefixtures("spare")
NAME, KEY, ALIAS = "TapStack-production-us-east-1", "us-east-1/kms_key", "alias/TapStack-production-us-east-1"
ACCOUNT = "123456789012"
USE = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
OPEN = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}]})


@pytest.fixture
def fresh(part: NewPart) -> Part:
    return part("kms_key", regions=("us-east-1",))


@pytest.fixture
def key(fresh: Part) -> Part:
    fresh.made()
    return fresh


def state(kms: Any, arn: str) -> str:
    return str(kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"])


def policy(kms: Any, arn: str) -> dict[str, Any]:
    return canonical(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])


def forged(stack: Part, description: str = NAME) -> str:
    """A key that somebody made with the stack's tags."""
    tags = tag_list(stack.place.tags(KEY), prefix="Tag")
    return str(stack.client("kms").create_key(Description=description, Tags=tags)["KeyMetadata"]["Arn"])


def kms_calls(calls: list[Any]) -> list[str]:
    return [call.operation for call in calls if call.service == "kms"]


# ---------------------------------------------------------------- birth
def test_it_is_born_with_all_that_it_needs(fresh: Part) -> None:
    up, kms = fresh.made(), fresh.client("kms")
    it = fresh.found(KEY)
    assert kms_calls(up.mutating) == ["CreateKey", "CreateAlias", "EnableKeyRotation"]
    assert kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"] == it.id
    assert kms.get_key_rotation_status(KeyId=it.id)["KeyRotationEnabled"]
    assert it.tags == fresh.place.tags(KEY)
    scaling = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/"
                      "AWSServiceRoleForAutoScaling"}
    allowed = {s.pop("Sid"): s for s in policy(kms, it.id)["Statement"]}
    assert allowed == {name: {"Effect": "Allow", "Resource": "*", **rest} for name, rest in {
        "Account": {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"},
        "AutoScaling": {"Principal": scaling, "Action": USE},
        "AutoScalingGrants": {"Principal": scaling, "Action": "kms:CreateGrant",
                              "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}},
        "Logs": {"Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": USE, "Condition": {"ArnLike": {
            "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{NAME}"}}},
    }.items()}
    fresh.at_rest()
    fresh.gone()
    assert state(kms, it.id) == "PendingDeletion"
    kept, = KmsKey.remains(fresh.cloud)
    assert (kept.id, kept.until) == (it.id, kms.describe_key(KeyId=it.id)["KeyMetadata"]["DeletionDate"])
    assert str(kept) == f"KMS key {it.id}, which AWS deletes on {kept.until:%Y-%m-%d}"


def test_a_lost_answer_of_its_creation_makes_no_second_key(fresh: Part) -> None:
    fresh.meter.sever = lambda call: call.operation == "CreateKey"
    up = fresh.up()
    assert "Severed" in up.failures[f"{KEY} exists"]
    assert kms_calls(up.mutating) == ["CreateKey"]
    fresh.meter.reset()
    stray, = StrayKey.owned(fresh.cloud)
    assert kms_calls(fresh.made().mutating) == ["CreateAlias", "EnableKeyRotation"]  # the next run takes it up
    assert fresh.found(KEY).id == stray.id
    assert list(StrayKey.owned(fresh.cloud)) == []


@pytest.mark.parametrize("answer", ["ThrottlingException", "MalformedPolicyDocumentException"])
def test_a_creation_that_aws_did_not_carry_out_is_repeated(fresh: Part, answer: str) -> None:
    with fresh.refusing("kms", "CreateKey", answer, "not now", times=2, repeat=False) as left:
        assert kms_calls(fresh.made().mutating).count("CreateKey") == 1
    assert not left
    assert len(fresh.client("kms").list_keys()["Keys"]) == 1


def test_a_newborn_that_is_not_known_everywhere_yet_is_waited_for(fresh: Part) -> None:
    with (fresh.refusing("kms", "CreateAlias", "NotFoundException", times=2),
          fresh.refusing("kms", "EnableKeyRotation", "NotFoundException", times=2)):
        fresh.made()
    fresh.at_rest()


# ---------------------------------------------------------------- drift
def test_what_somebody_changed_is_put_back(key: Part) -> None:
    kms, arn = key.client("kms"), key.found(KEY).id
    before = policy(kms, arn)
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=OPEN)
    kms.disable_key_rotation(KeyId=arn)
    kms.disable_key(KeyId=arn)
    kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "Owner", "TagValue": "somebody"},
                                      {"TagKey": "theirs", "TagValue": "stays"}])
    with key.refusing("kms", "PutKeyPolicy", "MalformedPolicyDocumentException", times=2):
        up = key.mends(*(f"{KEY} {aspect}" for aspect in ("enabled", "policy", "rotation", "tags")))
    assert kms_calls(up.mutating)[:2] == ["TagResource", "EnableKey"]  # a disabled key can't be made to rotate
    assert policy(kms, arn) == before
    assert key.found(KEY).tags["theirs"] == "stays"


def test_the_same_policy_in_another_spelling_is_no_drift(key: Part) -> None:
    kms, arn = key.client("kms"), key.found(KEY).id
    document = policy(kms, arn)
    document["Statement"].reverse()
    document["Statement"][0]["Resource"] = ["*"]
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(document))
    key.at_rest()


# ---------------------------------------------------------------- taken back
def test_a_key_that_is_pending_deletion_is_taken_back(key: Part) -> None:
    kms, arn = key.client("kms"), key.found(KEY).id
    before = policy(kms, arn)
    theirs = kms.create_grant(KeyId=arn, GranteePrincipal="arn:aws:iam::210987654321:role/theirs",
                              Operations=["Decrypt"])["GrantId"]
    key.gone()
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=OPEN)
    up = key.made()
    calls = kms_calls(up.mutating)
    assert calls[:2] == ["CancelKeyDeletion", "EnableKey"]
    assert "PutKeyPolicy" in calls
    assert not {"CreateKey", "CreateAlias"} & set(calls)
    assert key.found(KEY).id == arn
    assert (state(kms, arn), policy(kms, arn)) == ("Enabled", before)
    assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]
    assert list(KmsKey.remains(key.cloud)) == []
    assert [one["GrantId"] for one in kms.list_grants(KeyId=arn)["Grants"]] == [theirs]  # which `verify` names
    key.at_rest()


def scheduled(kms: Any, arn: str) -> None:
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=30)


def without_its_alias(kms: Any, arn: str) -> None:
    kms.delete_alias(AliasName=ALIAS)


@pytest.mark.parametrize("gone", [scheduled, without_its_alias])
def test_a_key_that_somebody_took_away_under_a_database_is_taken_back(
        part: NewPart, gone: Callable[[Any, str], None]) -> None:
    """The database can't have another key, so the plan has to know that it is the same one."""
    stack = part("database", regions=("us-east-1",))
    stack.made()
    kms, arn = stack.client("kms"), stack.found(KEY).id
    gone(kms, arn)
    up = stack.made()
    assert {key for key, what in up.plan.changes if what == "create"} == {KEY}
    assert (stack.found(KEY).id, state(kms, arn)) == (arn, "Enabled")
    stack.at_rest()
    stack.gone()


def test_a_database_whose_key_is_gone_for_good_is_refused(part: NewPart) -> None:
    """Somebody else's is under its alias now."""
    stack = part("database", regions=("us-east-1",))
    stack.made()
    kms = stack.client("kms")
    kms.update_alias(AliasName=ALIAS, TargetKeyId=kms.create_key()["KeyMetadata"]["Arn"])
    assert f"it needs {KEY}, which isn't there" in str(stack.look()[2].refused["us-east-1/database"])


# ---------------------------------------------------------------- strays
def test_up_takes_the_youngest_stray_and_down_takes_them_all(fresh: Part) -> None:
    kms = fresh.client("kms")
    old, young, leaving = forged(fresh), forged(fresh), forged(fresh)
    kms.schedule_key_deletion(KeyId=leaving, PendingWindowInDays=7)
    up = fresh.made()
    assert not {"CreateKey", "ScheduleKeyDeletion"} & set(kms_calls(up.mutating))
    assert fresh.found(KEY).id == young
    assert not up.surplus
    fresh.at_rest()
    assert state(kms, old) == "Enabled"
    assert [it.id for it in StrayKey.owned(fresh.cloud)] == [old]
    removal = fresh.down()
    assert removal.complete
    assert {(item.kind, item.it.id) for item in removal.removed} == {(KmsKey, young), (StrayKey, old)}
    assert {state(kms, arn) for arn in (old, young)} == {"PendingDeletion"}
    assert [kept.id for kept in KmsKey.remains(fresh.cloud)] == [young]
    assert {kept.id for kept in StrayKey.remains(fresh.cloud)} == {old, leaving}


def test_copied_tags_make_no_key_the_stacks(key: Part) -> None:
    theirs, kms = forged(key, description="somebody's"), key.client("kms")
    elsewhere = kms.create_key(Description=NAME, Tags=tag_list(
        key.place.tags("us-east-1/secret/database"), prefix="Tag"))["KeyMetadata"]["Arn"]
    key.at_rest()
    assert list(StrayKey.owned(key.cloud)) == []
    assert key.down().complete
    assert {state(kms, arn) for arn in (theirs, elsewhere)} == {"Enabled"}


@pytest.mark.parametrize("pending", [False, True])
def test_an_alias_that_points_at_somebody_elses_key_is_refused(fresh: Part, pending: bool) -> None:
    theirs, kms = forged(fresh, description="theirs"), fresh.client("kms")
    kms.create_alias(AliasName=ALIAS, TargetKeyId=theirs)
    if pending:
        kms.schedule_key_deletion(KeyId=theirs, PendingWindowInDays=7)
    before = kms.describe_key(KeyId=ALIAS)["KeyMetadata"], policy(kms, theirs)
    up = fresh.up()
    assert f"{ALIAS} points at {theirs}, which is not this stack's" in up.failures[f"{KEY} exists"]
    assert not kms_calls(up.mutating)
    assert fresh.down().complete
    assert (kms.describe_key(KeyId=ALIAS)["KeyMetadata"], policy(kms, theirs)) == before
    assert list(KmsKey.remains(fresh.cloud)) == []


# ---------------------------------------------------------------- what still needs it
def database_snapshot(stack: Part, arn: str) -> str:
    rds = stack.client("rds")
    rds.create_db_instance(DBInstanceIdentifier="theirs", Engine="postgres", DBInstanceClass="db.t3.micro",
                           AllocatedStorage=20, MasterUsername="owner", MasterUserPassword="not-a-secret",
                           StorageEncrypted=True, KmsKeyId=arn)
    rds.create_db_snapshot(DBInstanceIdentifier="theirs", DBSnapshotIdentifier="before-the-move")
    return "database snapshot before-the-move"


def backup_plan_s_snapshot(stack: Part, arn: str) -> str:
    """As AWS Backup makes them."""
    made = database_snapshot(stack, arn)
    rds_backends[ACCOUNT]["us-east-1"].database_snapshots["before-the-move"].snapshot_type = "awsbackup"
    return made


def volume_snapshot(stack: Part, arn: str) -> str:
    ec2 = stack.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True, KmsKeyId=arn)["VolumeId"]
    return f"volume snapshot {ec2.create_snapshot(VolumeId=volume)['SnapshotId']}"


@pytest.fixture
def _told(fresh: Part) -> Iterator[None]:
    """moto doesn't tell the key of a snapshot: it is its volume's."""

    def tell(parsed: dict[str, Any], **_: Any) -> None:
        keys = {volume["VolumeId"]: volume.get("KmsKeyId") for volume in
                fresh.client("ec2").describe_volumes()["Volumes"]}
        for snapshot in parsed["Snapshots"]:
            snapshot["KmsKeyId"] = keys[snapshot["VolumeId"]]

    events = fresh.cloud.client("ec2").meta.events
    events.register("after-call.ec2.DescribeSnapshots", tell)
    yield
    events.unregister("after-call.ec2.DescribeSnapshots", tell)


def table_backup(stack: Part, arn: str) -> str:
    dynamodb = stack.client("dynamodb")
    dynamodb.create_table(TableName=NAME, BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "Owner", "Value": "somebody"}],
                          AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
    dynamodb.create_backup(TableName=NAME, BackupName="by-hand")
    return "table backup by-hand"


@pytest.mark.usefixtures("_told")
@pytest.mark.parametrize("saved", [database_snapshot, backup_plan_s_snapshot, volume_snapshot, table_backup])
def test_it_is_kept_for_what_somebody_saved_under_it(key: Part, saved: Callable[[Part, str], str]) -> None:
    it = key.found(KEY)
    needing = saved(key, it.id)
    (item, why), = key.down().left
    assert (item.it.id, why) == (it.id, f"the key still encrypts {needing}")
    assert state(key.client("kms"), it.id) == "Enabled"
    with pytest.raises(Kept, match=needing):
        StrayKey.delete(key.cloud, it)


@pytest.mark.usefixtures("_told")
def test_others_snapshots_keep_no_key(key: Part) -> None:
    other = key.client("kms").create_key()["KeyMetadata"]["Arn"]
    database_snapshot(key, other)
    volume_snapshot(key, other)
    assert key.down().complete


# ---------------------------------------------------------------- deletion
def test_a_deletion_that_was_asked_for_already_is_no_failure(key: Part) -> None:
    it = key.found(KEY)
    key.meter.lose = lambda call: call.operation == "ScheduleKeyDeletion" and not key.meter.lost
    assert KmsKey.delete(key.cloud, it) is Gone.NOW  # the repeated call finds it pending
    assert key.meter.lost
    key.meter.reset()
    assert KmsKey.delete(key.cloud, it) is Gone.NOW
    assert KmsKey.delete(key.cloud, replace(it, id=it.id[:-4] + "beef")) is Gone.NOW
    assert not kms_calls(key.meter.mutating)
