from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tapctl.model import Gone
from tapctl.naming import tag_list
from tapctl.resources.secret import ALPHABET, PASSWORD_LENGTH, Secret, current_version, password, read_key
from tests.resources.part import NewPart, Part

pytestmark = pytest.mark.usefixtures("spare")
NAME, KEY = "TapStack-production-us-east-1-database", "us-east-1/secret/database"
DATABASE = "us-east-1/database"


@pytest.fixture
def fresh(part: NewPart) -> Part:
    return part("secret", regions=("us-east-1",))


@pytest.fixture
def secret(fresh: Part) -> Part:
    fresh.made()
    return fresh


@pytest.fixture
def with_database(part: NewPart) -> Part:
    stack = part("secret", "database", regions=("us-east-1",))
    stack.made()
    return stack


def value(stack: Part) -> dict[str, str]:
    return dict(json.loads(stack.client("secretsmanager").get_secret_value(SecretId=NAME)["SecretString"]))


def carrying(text: str, calls: list[Any]) -> list[str]:
    return [call.operation for call in calls if text in repr(call.params)]


# ---------------------------------------------------------------- the value
def test_it_is_generated_once_under_the_key(fresh: Part) -> None:
    up = fresh.made()
    made = value(fresh)
    assert made["username"] == fresh.settings.database.username
    assert len(made["password"]) == PASSWORD_LENGTH
    assert set(made["password"]) <= set(ALPHABET)
    it = fresh.found(KEY)
    assert it.raw["KmsKeyId"] == fresh.found("us-east-1/kms_key").id
    assert it.tags == fresh.place.tags(KEY)
    assert [call.operation for call in up.mutating if call.service == "secretsmanager"] == ["CreateSecret"]
    fresh.at_rest()
    assert value(fresh) == made
    fresh.gone()
    fresh.made()
    assert value(fresh)["password"] != made["password"]


def test_its_value_goes_to_the_database_and_is_told_nobody(part: NewPart) -> None:
    stack = part("secret", "database", regions=("us-east-1",))
    up = stack.made()
    made = value(stack)["password"]
    assert carrying(made, up.calls) == ["CreateSecret", "CreateDBInstance"]
    assert carrying(made, [replace(call, params=call.answer) for call in up.calls]) == ["GetSecretValue"]
    _, world, plan = stack.look()
    for told in (up.told, up.plan, up.wanted, world, plan, up.walk):
        assert made not in repr(told)
    assert made not in repr(stack.found(KEY).raw)


def test_the_value_of_one_version(secret: Part) -> None:
    made, old = value(secret)["password"], current_version(secret.found(KEY))
    secret.client("secretsmanager").put_secret_value(
        SecretId=NAME, SecretString=json.dumps({"username": "tapadmin", "password": "another"}))
    new = current_version(secret.found(KEY))
    assert new != old
    assert password(secret.cloud, NAME, old) == made
    assert password(secret.cloud, NAME, new) == "another"


# ---------------------------------------------------------------- drift
def test_what_somebody_changed_is_put_back(secret: Part) -> None:
    manager, made = secret.client("secretsmanager"), value(secret)
    mine, other = secret.found("us-east-1/kms_key").id, secret.client("kms").create_key()["KeyMetadata"]["Arn"]
    manager.update_secret(SecretId=NAME, KmsKeyId=other)
    manager.tag_resource(SecretId=NAME, Tags=[{"Key": "Owner", "Value": "somebody"}, {"Key": "theirs", "Value": "x"}])
    secret.mends(f"{KEY} kms_key", f"{KEY} tags")
    it = secret.found(KEY)
    assert (it.raw["KmsKeyId"], it.tags["theirs"]) == (mine, "x")
    assert value(secret) == made
    assert read_key(secret.cloud, replace(it, raw={})) == "alias/aws/secretsmanager"  # none is said of AWS's own


# ---------------------------------------------------------------- deleted by hand
def test_a_new_one_gives_the_database_its_password_in_the_same_run(with_database: Part) -> None:
    stack, old = with_database, value(with_database)["password"]
    stack.client("secretsmanager").delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    up = stack.made()
    assert (KEY, "create") in up.plan.changes
    assert [what for key, what in up.plan.changes if key != KEY] == ["settings"]
    assert up.began("create") == {KEY}
    new = value(stack)["password"]
    assert new != old
    modify, = (call for call in up.mutating if call.operation == "ModifyDBInstance")
    assert modify.params["MasterUserPassword"] == new
    assert modify.params.keys() == {"DBInstanceIdentifier", "ApplyImmediately", "MasterUserPassword"}
    assert stack.found(DATABASE).tags["tapctl:password"] == current_version(stack.found(KEY))
    stack.at_rest()


@pytest.fixture
def scheduled(secret: Part) -> Part:
    secret.client("secretsmanager").delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    return secret


def test_one_that_can_be_taken_back_is(scheduled: Part) -> None:
    """With its value, which the database still has."""
    up = scheduled.up()
    assert not up.failures
    assert [call.operation for call in up.mutating] == ["RestoreSecret"]
    assert value(scheduled)["password"]
    scheduled.at_rest()


def test_a_database_made_anew_waits_until_it_is_taken_back(with_database: Part) -> None:
    with_database.client("rds").delete_db_instance(DBInstanceIdentifier=NAME.removesuffix("-database").lower(),
                                                   SkipFinalSnapshot=True)
    with_database.client("secretsmanager").delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    words = "You can't perform this operation on the secret because it was marked for deletion."
    with with_database.refusing("secretsmanager", "GetSecretValue", "InvalidRequestException", words, times=2):
        up = with_database.made()
    assert up.began("create") == {DATABASE}
    assert (KEY, "standing") in up.plan.changes
    with_database.at_rest()


def test_down_ends_it_at_once(scheduled: Part) -> None:
    scheduled.gone()


def test_a_forced_deletion_takes_a_moment_to_be_over(fresh: Part) -> None:
    words = "You can't create this secret because a secret with this name is already scheduled for deletion."
    with fresh.refusing("secretsmanager", "CreateSecret", "InvalidRequestException", words, times=2):
        fresh.made()
    fresh.at_rest()


def test_other_refusals_of_its_creation_are_said(fresh: Part) -> None:
    with fresh.refusing("secretsmanager", "CreateSecret", "InvalidRequestException", "the key is disabled"):
        assert "the key is disabled" in fresh.up().failures[f"{KEY} exists"]


# ---------------------------------------------------------------- whose it is, and its end
@pytest.fixture(params=[{}, {"tapctl:stack": "TapStack/production", "tapctl:key": "us-east-1/secret/other"}])
def theirs(fresh: Part, request: pytest.FixtureRequest) -> Part:
    fresh.client("secretsmanager").create_secret(Name=NAME, SecretString="theirs", Tags=tag_list(request.param))
    return fresh


def test_one_of_its_name_that_is_not_the_stacks_is_left_as_it_is(theirs: Part) -> None:
    assert "taken by something that is not this stack's" in theirs.up().failures[f"{KEY} exists"]
    assert theirs.down().complete
    assert theirs.client("secretsmanager").get_secret_value(SecretId=NAME)["SecretString"] == "theirs"


def test_it_is_kept_for_replicas_that_somebody_made(secret: Part) -> None:
    client = secret.client("secretsmanager")
    client.replicate_secret_to_regions(SecretId=NAME, AddReplicaRegions=[{"Region": "us-west-2"}])
    left = {item.it.key: why for item, why in secret.down().left}
    assert "remove-regions-from-replication --region us-east-1 --secret-id arn:aws:secretsmanager:" in left[KEY]
    assert left[KEY].endswith("--remove-replica-regions us-west-2")
    assert client.describe_secret(SecretId=NAME)["ARN"]
    client.remove_regions_from_replication(SecretId=NAME, RemoveReplicaRegions=["us-west-2"])
    secret.gone()


def test_what_is_gone_is_no_failure(secret: Part) -> None:
    it = secret.found(KEY)
    assert Secret.state(it) is None
    assert Secret.delete(secret.cloud, it) is Gone.LATER
    with secret.refusing("secretsmanager", "DeleteSecret", "ResourceNotFoundException"):
        assert Secret.delete(secret.cloud, it) is Gone.LATER
    assert Secret.look(secret.cloud, it) is None
