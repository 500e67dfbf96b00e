from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.corrections import secretsmanager
from tests.emulator.conftest import WEST, Aws
from tests.emulator.databases import key
from tests.emulator.proof import proves, refused


def _make(aws: Aws, **more: Any) -> Any:
    return aws("secretsmanager").create_secret(Name="app/db", SecretString="x", **more)


def _statuses(answer: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {one["Region"]: (one["Status"], one["KmsKeyId"]) for one in answer["ReplicationStatus"]}


@proves(secretsmanager.replicas_have_their_key, secretsmanager.replicas_are_described)
@pytest.mark.slow_clock
def test_a_replica_is_under_its_own_key_and_in_sync_after_a_while(aws: Aws) -> None:
    east, west = key(aws), key(aws, WEST)
    made = _make(aws, KmsKeyId=east, AddReplicaRegions=[{"Region": WEST, "KmsKeyId": west}])
    assert _statuses(made) == {WEST: ("InProgress", west)}
    assert _statuses(aws("secretsmanager").describe_secret(SecretId="app/db")) == {WEST: ("InProgress", west)}
    aws.wait(5)
    assert _statuses(aws("secretsmanager").describe_secret(SecretId="app/db")) == {WEST: ("InSync", west)}
    found = aws("secretsmanager", WEST).describe_secret(SecretId="app/db")
    assert (found["KmsKeyId"], found["PrimaryRegion"]) == (west, "us-east-1")
    assert "ReplicationStatus" not in found


@proves(secretsmanager.replicas_are_described)
def test_a_replica_may_be_under_the_default_key(aws: Aws) -> None:
    _make(aws, KmsKeyId=key(aws))
    client, west = aws("secretsmanager"), key(aws, "eu-west-1")
    client.replicate_secret_to_regions(SecretId="app/db", AddReplicaRegions=[{"Region": WEST}])
    answer = client.replicate_secret_to_regions(
        SecretId="app/db", AddReplicaRegions=[{"Region": "eu-west-1", "KmsKeyId": west}])
    default = "alias/aws/secretsmanager"
    assert _statuses(answer) == {WEST: ("InSync", default), "eu-west-1": ("InProgress", west)}
    assert "KmsKeyId" not in aws("secretsmanager", WEST).describe_secret(SecretId="app/db")


def test_a_secret_without_replicas(aws: Aws) -> None:
    assert "ReplicationStatus" not in _make(aws)
    assert "ReplicationStatus" not in aws("secretsmanager").describe_secret(SecretId="app/db")
    aws("secretsmanager").update_secret(SecretId="app/db", KmsKeyId="alias/aws/secretsmanager")


@proves(secretsmanager.keys_are_usable)
def test_keys_are_of_their_region(aws: Aws) -> None:
    with refused("InvalidRequestException"):
        _make(aws, KmsKeyId=key(aws, WEST))
    with refused("InvalidRequestException"):
        _make(aws, AddReplicaRegions=[{"Region": WEST, "KmsKeyId": key(aws)}])


def test_a_secret_with_replicas_stays(aws: Aws) -> None:
    _make(aws, AddReplicaRegions=[{"Region": WEST}])
    with refused("InvalidParameterException", "still has replica"):
        aws("secretsmanager").delete_secret(SecretId="app/db", ForceDeleteWithoutRecovery=True)
    with refused("InvalidParameterException", "replica secret"):
        aws("secretsmanager", WEST).delete_secret(SecretId="app/db", ForceDeleteWithoutRecovery=True)
    aws("secretsmanager").remove_regions_from_replication(SecretId="app/db", RemoveReplicaRegions=[WEST])
    aws("secretsmanager").delete_secret(SecretId="app/db", ForceDeleteWithoutRecovery=True)
    with refused("ResourceNotFoundException"):
        aws("secretsmanager", WEST).describe_secret(SecretId="app/db")
