"""What moto makes for everybody and this stack never asks for is left out, so that an emulated AWS is there at once.

Of the 1300 images of a region, 1230 are those of ECS: a tenth of a second each time that a region is first used.
And every key of KMS gets an RSA key beside its key material, though only asymmetric ones have any use for it.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import amis
from moto.kms import models as kms

_load, _generate = amis.load_resource, kms.generate_private_key


def _resource(path: str) -> Any:
    return [] if "/ecs/" in path else _load(path)


def _private_key(spec: str) -> Any:
    return None if spec == "SYMMETRIC_DEFAULT" else _generate(spec)


def load() -> None:
    """Leave it out, in this process. Twice is as once."""
    amis.load_resource, kms.generate_private_key = _resource, _private_key
