"""Whether a KMS key can be used: what services check before they take one."""

from __future__ import annotations

from typing import Any

from moto.kms.models import kms_backends

from tapctl.emulator.correction import ACCOUNT


def key_of(region: str, identifier: str) -> Any:
    """moto's key by id, ARN or alias, or None. A key of another region is none."""
    if identifier.startswith("arn:") and identifier.split(":")[3] != region:
        return None
    backend = kms_backends[ACCOUNT][region]
    name = identifier.rpartition(":")[2]
    return backend.keys.get(backend.get_key_id_from_alias(name) if name.startswith("alias/")
                            else name.removeprefix("key/"))


def usable(region: str, identifier: str) -> bool:
    key = key_of(region, identifier)
    return key is not None and key.key_state == "Enabled"
