"""Whom a resource's policy may name: those who exist, and whom the service knows already."""

from __future__ import annotations

import json

from moto.iam.models import iam_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT

_NEW = "new principals"


def born(arn: str) -> None:
    """It is not known everywhere at once."""
    lifecycle.begin(_NEW, arn, ("unseen", durations.ROLE_VISIBLE))


def known(policy: str) -> bool:
    """Whether all whom the policy (JSON) names are."""
    for statement in json.loads(policy).get("Statement", []):
        principals = statement.get("Principal", {})
        named = principals.get("AWS", []) if isinstance(principals, dict) else []
        if not all(_known(principal) for principal in ([named] if isinstance(named, str) else named)):
            return False
    return True


def _known(principal: str) -> bool:
    kind, _, path = principal.rpartition(":")[2].partition("/")
    iam = iam_backends[ACCOUNT]["aws"]
    there = {"role": {role.arn for role in iam.roles.values()}, "user": {user.arn for user in iam.users.values()}}
    return lifecycle.state(_NEW, principal) is None and (
        principal in there[kind] if path and kind in there else True)
