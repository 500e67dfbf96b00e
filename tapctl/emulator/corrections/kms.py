"""KMS: key states, deletion, and principals of key policies that must exist."""

from __future__ import annotations

from typing import Any

from moto.kms.models import kms_backends

from tapctl.emulator import principals
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects

_STATES = "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"
_API = "https://docs.aws.amazon.com/kms/latest/APIReference/"


def _key(call: Call, parameter: str = "KeyId") -> Any:
    """moto's key, or None where there is none: moto says that best itself."""
    backend = kms_backends[ACCOUNT][call.region]
    return backend.keys.get(backend.get_key_id(call.params[parameter]))


@corrects("kms", "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus",
          "GetKeyPolicy", "PutKeyPolicy", "ListKeyPolicies", "TagResource", "UntagResource", "ListResourceTags",
          "UpdateKeyDescription", "CreateGrant", "ListGrants", "RevokeGrant", "ScheduleKeyDeletion",
          "CancelKeyDeletion", page="https://docs.aws.amazon.com/kms/latest/developerguide/find-cmk-id-arn.html")
def keys_go_by_arn_too(call: Call, ask: Ask) -> Answer:
    """Wherever an id will do an ARN will do; moto stumbles over some."""
    key = _key(call)
    call.params["KeyId"] = key.id if key else call.params["KeyId"]
    return ask()


def _refuse_pending(key: Any) -> None:
    if key and key.key_state == "PendingDeletion":
        raise Refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")


@corrects("kms", "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "CreateGrant", "TagResource",
          "UntagResource", "UpdateKeyDescription", "ScheduleKeyDeletion", page=_STATES)
def pending_key_is_left_alone(call: Call, ask: Ask) -> Answer:
    """Of a key that is pending deletion next to nothing can be changed; moto lets all pass."""
    _refuse_pending(_key(call))
    return ask()


@corrects("kms", "CreateAlias", "UpdateAlias", page=_STATES)
def pending_key_takes_no_alias(call: Call, ask: Ask) -> Answer:
    """The alias that a key has stays while it is pending, but it gets no other one."""
    _refuse_pending(_key(call, "TargetKeyId"))
    return ask()


@corrects("kms", "EnableKeyRotation", "DisableKeyRotation", "CreateGrant", page=_STATES)
def disabled_key_is_refused(call: Call, ask: Ask) -> Answer:
    """A key that was taken back from deletion is disabled, and must be enabled before it is made to rotate."""
    key = _key(call)
    if key and key.key_state == "Disabled":
        raise Refusal("DisabledException", f"{key.arn} is disabled.")
    return ask()


@corrects("kms", "ScheduleKeyDeletion", page=_API + "API_ScheduleKeyDeletion.html")
def schedule_key_deletion(call: Call, ask: Ask) -> Answer:
    """The answer says what became of the key."""
    key = _key(call)
    if key is None:
        return ask()
    window = call.params.get("PendingWindowInDays", 30)
    if not 7 <= window <= 30:
        raise Refusal("ValidationException", f"Pending window of {window} days is not between 7 and 30")
    return {**ask(), "KeyId": key.arn, "KeyState": key.key_state, "PendingWindowInDays": window}


@corrects("kms", "CancelKeyDeletion", page=_API + "API_CancelKeyDeletion.html")
def cancel_key_deletion(call: Call, ask: Ask) -> Answer:
    """Only of a key that is pending."""
    key = _key(call)
    if key is None:
        return ask()
    if key.key_state != "PendingDeletion":
        raise Refusal("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    return {**ask(), "KeyId": key.arn}


@corrects("kms", "CreateKey", "PutKeyPolicy", page=_API + "API_CreateKey.html")
def key_policy_principals_exist(call: Call, ask: Ask) -> Answer:
    """"The principals in the key policy must exist and be visible to AWS KMS", roles of services included."""
    if not principals.known(call.params.get("Policy") or "{}"):
        raise Refusal("MalformedPolicyDocumentException",
                      "Policy contains a statement with one or more invalid principals.")
    return ask()


@corrects("kms", "PutKeyPolicy", "GetKeyPolicy", page=_API + "API_PutKeyPolicy.html")
def only_policy_needs_no_name(call: Call, ask: Ask) -> Answer:
    """"If no policy name is specified, the default value is default", which is the only valid one."""
    call.params.setdefault("PolicyName", "default")
    return ask()
