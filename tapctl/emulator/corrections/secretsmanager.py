"""Secrets Manager: replicas in other regions, each under its own key."""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import ReplicaSecret, secretsmanager_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects
from tapctl.emulator.keys import usable

_API = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/"
_STATES = "secret replica states"
_DEFAULT_KEY = "alias/aws/secretsmanager"


def _secret(call: Call) -> Any:
    backend = secretsmanager_backends[ACCOUNT][call.region]
    return backend.secrets.get(call.params["SecretId"])


def _shown(replica: Any) -> Answer:
    state = lifecycle.state(_STATES, replica.arn)
    return {**replica.config, "Status": state or replica.config["Status"]}


@corrects("secretsmanager", "CreateSecret", "UpdateSecret", "ReplicateSecretToRegions", page=_API +
          "API_CreateSecret.html")
def keys_are_usable(call: Call, ask: Ask) -> Answer:
    """The key of the secret, and of each replica in its own region, must be there and enabled."""
    wanted = [(call.region, call.params.get("KmsKeyId"))]
    wanted += [(one["Region"], one.get("KmsKeyId")) for one in call.params.get("AddReplicaRegions", [])]
    for region, key in wanted:
        if key and key != _DEFAULT_KEY and not usable(region, key):
            raise Refusal("InvalidRequestException", f"The KMS key {key} doesn't exist or isn't enabled.")
    return ask()


@corrects("secretsmanager", "CreateSecret", "ReplicateSecretToRegions", page=_API +
          "API_ReplicateSecretToRegions.html")
def replicas_have_their_key(call: Call, ask: Ask) -> Answer:
    """A replica is under the key that was asked for it, and is `InProgress` at first; moto forgets the key."""
    answer = ask()
    secret = secretsmanager_backends[ACCOUNT][call.region].secrets[answer["ARN"]]
    keys = {one["Region"]: one.get("KmsKeyId", _DEFAULT_KEY) for one in call.params.get("AddReplicaRegions", [])}
    for replica in secret.replicas:
        if replica.region in keys:
            replica.config["KmsKeyId"] = keys[replica.region]
            lifecycle.begin(_STATES, replica.arn, ("InProgress", durations.SECRET_REPLICATION))
    if secret.replicas:
        answer["ReplicationStatus"] = [{**_shown(one), "Status": "InProgress"} if one.region in keys else _shown(one)
                                       for one in secret.replicas]
    return answer


@corrects("secretsmanager", "DescribeSecret", page=_API + "API_DescribeSecret.html")
def replicas_are_described(call: Call, ask: Ask) -> Answer:
    """The primary tells how its replicas are; a replica tells its own key, and of no replicas."""
    answer = ask()
    secret = _secret(call)
    if isinstance(secret, ReplicaSecret):
        answer.pop("ReplicationStatus", None)
        answer.pop("KmsKeyId", None)
        key = secret.config["KmsKeyId"]
        return answer if key == _DEFAULT_KEY else {**answer, "KmsKeyId": key}
    return {**answer, "ReplicationStatus": [_shown(one) for one in secret.replicas]} if secret.replicas else answer
