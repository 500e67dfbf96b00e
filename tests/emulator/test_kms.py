from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tapctl.emulator.corrections import kms
from tests.emulator.conftest import Aws
from tests.emulator.proof import proves, refused


def _policy(*principals: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:Decrypt",
         "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": "kms:DescribeKey", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "kms:Decrypt", "Resource": "*"}]})


@pytest.fixture
def key(aws: Aws) -> str:
    return str(aws("kms").create_key()["KeyMetadata"]["Arn"])


@proves(kms.schedule_key_deletion)
def test_deletion_by_arn_says_state_and_date(aws: Aws, key: str) -> None:
    answer = aws("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert (answer["KeyId"], answer["KeyState"], answer["PendingWindowInDays"]) == (key, "PendingDeletion", 7)
    described = aws("kms").describe_key(KeyId=key)["KeyMetadata"]
    assert abs(answer["DeletionDate"] - described["DeletionDate"]) < timedelta(seconds=1)


@proves(kms.schedule_key_deletion)
def test_the_window_has_limits(aws: Aws, key: str) -> None:
    with refused("ValidationException"):
        aws("kms").schedule_key_deletion(KeyId=key.rpartition("/")[2], PendingWindowInDays=6)


def test_an_unknown_key_stays_unknown(aws: Aws) -> None:
    unknown = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    for change in aws("kms").schedule_key_deletion, aws("kms").cancel_key_deletion, aws("kms").enable_key_rotation:
        with refused("NotFoundException"):
            change(KeyId=unknown)


@proves(kms.cancel_key_deletion)
def test_a_key_taken_back_by_arn_is_disabled(aws: Aws, key: str) -> None:
    aws("kms").schedule_key_deletion(KeyId=key.rpartition("/")[2])
    assert aws("kms").cancel_key_deletion(KeyId=key)["KeyId"] == key
    assert aws("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


@proves(kms.cancel_key_deletion)
def test_only_a_pending_key_is_taken_back(aws: Aws, key: str) -> None:
    with refused("KMSInvalidStateException", "is not pending deletion"):
        aws("kms").cancel_key_deletion(KeyId=key.rpartition("/")[2])


@proves(kms.disabled_key_is_refused)
def test_a_disabled_key_does_not_rotate(aws: Aws, key: str) -> None:
    aws("kms").disable_key(KeyId=key.rpartition("/")[2])
    with refused("DisabledException"):
        aws("kms").enable_key_rotation(KeyId=key)
    aws("kms").enable_key(KeyId=key.rpartition("/")[2])
    aws("kms").enable_key_rotation(KeyId=key)


@proves(kms.pending_key_is_left_alone)
@pytest.mark.parametrize(("change", "parameters"), [
    ("enable_key", {}), ("enable_key_rotation", {}), ("schedule_key_deletion", {}),
    ("tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
])
def test_a_pending_key_is_not_changed(aws: Aws, key: str, change: str, parameters: dict[str, object]) -> None:
    identifier = key.rpartition("/")[2]
    aws("kms").schedule_key_deletion(KeyId=identifier, PendingWindowInDays=7)
    with refused("KMSInvalidStateException", f"{key} is pending deletion."):
        getattr(aws("kms"), change)(KeyId=identifier, **parameters)


@proves(kms.pending_key_takes_no_alias)
def test_a_pending_key_keeps_its_alias_and_gets_no_other(aws: Aws, key: str) -> None:
    client, identifier = aws("kms"), key.rpartition("/")[2]
    client.create_alias(AliasName="alias/one", TargetKeyId=key)
    client.schedule_key_deletion(KeyId=identifier)
    assert client.describe_key(KeyId="alias/one")["KeyMetadata"]["Arn"] == key
    with refused("KMSInvalidStateException"):
        client.create_alias(AliasName="alias/two", TargetKeyId=key)


@proves(kms.key_policy_principals_exist)
def test_a_policy_names_only_principals_that_exist(aws: Aws, key: str) -> None:
    role = "arn:aws:iam::123456789012:role/app"
    with refused("MalformedPolicyDocumentException"):
        aws("kms").create_key(Policy=_policy(role))
    with refused("MalformedPolicyDocumentException"):
        aws("kms").put_key_policy(KeyId=key, Policy=_policy("123456789012", "arn:aws:iam::123456789012:user/ann"))
    aws("iam").create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    aws("kms").create_key(Policy=_policy(role))
    aws("kms").put_key_policy(KeyId=key, Policy=_policy(role))


@proves(kms.only_policy_needs_no_name)
def test_the_policy_needs_no_name(aws: Aws, key: str) -> None:
    aws("kms").put_key_policy(KeyId=key, Policy=_policy())
    assert json.loads(aws("kms").get_key_policy(KeyId=key)["Policy"]) == json.loads(_policy())


@proves(kms.keys_go_by_arn_too)
def test_a_key_goes_by_its_arn_from_birth_to_end_and_back(aws: Aws, key: str) -> None:
    client = aws("kms")
    client.schedule_key_deletion(KeyId=key)
    client.cancel_key_deletion(KeyId=key)
    client.enable_key(KeyId=key)
    client.enable_key_rotation(KeyId=key)
    assert client.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    client.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert client.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    assert "Statement" in client.get_key_policy(KeyId=key)["Policy"]
    client.disable_key(KeyId=key)
    assert client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
