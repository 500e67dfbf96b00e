"""The role of the instances: it allows what they need, nothing else, to nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tapctl.model import Found
from tapctl.needs import calls
from tapctl.permissions import Need, Statement, allowed, excess, several, statements
from tapctl.resources.bucket import Bucket
from tapctl.resources.instance_profile import InstanceProfile
from tapctl.resources.kms_key import KmsKey
from tapctl.resources.log_group import LogGroup
from tapctl.resources.role import Role, read_attached, read_policies
from tapctl.resources.secret import ROLE, Secret
from tapctl.resources.table import Table
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.seen import Saw, counted, saw

EC2 = "ec2.amazonaws.com"
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


def used(look: Look) -> dict[str, list[Need]]:
    """What instances do, by service."""
    data = look.settings.app.data_access
    return calls(look.place, look.one(Bucket, "logs").id, look.one(LogGroup).id,
                 look.one(Table).id if data else "", look.one(Secret, ROLE).id if data and look.is_primary else "")


def needs(look: Look) -> list[Need]:
    """And what their services do with the key for them."""
    by_service, key = used(look), look.one(KmsKey).id
    return [need for needed in by_service.values() for need in needed] + [
        Need(action, key, f"{service}.{look.place.region}.amazonaws.com")
        for action in KEY_ACTIONS for service in by_service]


def policies(look: Look, it: Found) -> dict[str, list[Statement]]:
    """The role's own policies, by name."""
    found = look.memo((look.place.region, "role policies"), lambda: read_policies(look.aws, it))
    return {name: statements(policy) for name, policy in found.items()}


def boundary(look: Look, it: Found) -> list[Statement] | None:
    """The policy that bounds all others; None: there is none."""
    arn = it.raw.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    if not arn:
        return None
    iam = look.aws.client("iam")
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return statements(json.loads(document) if isinstance(document, str) else document)


def allows(look: Look) -> Saw:
    it, needed = look.one(Role), needs(look)
    own, bound = [one for policy in policies(look, it).values() for one in policy], boundary(look, it)
    wrong = [f"{spelled(need)} is not allowed" for need in needed if not allowed(own, need)]
    if bound is not None:
        wrong += [f"{spelled(need)} is beyond the role's permissions boundary" for need in needed
                  if not allowed(bound, need)]
    return saw(f"{counted(len(needed), 'need')} of {it.id}", wrong)


def spelled(need: Need) -> str:
    return f"{need.action} on {need.resource}" + (f" through {need.via}" if need.via else "")


def nothing_else(look: Look) -> Saw:
    it, needed, own = look.one(Role), needs(look), policies(look, look.one(Role))
    wrong = [line for name, policy in own.items() for line in excess(f"policy {name}", policy, needed)]
    wrong += [f"managed policy {arn} is attached" for arn in sorted(read_attached(look.aws, it))]
    return saw(f"policies of {it.id}: {', '.join(sorted(own)) or 'none'}", wrong)


def trust(look: Look) -> Saw:
    it = look.one(Role)
    document = it.raw["AssumeRolePolicyDocument"]
    found = [one for one in statements(document) if one["Effect"] == "Allow"]
    trusted = sorted({f"{kind} {name}" for one in found for kind, name in principals(one)})
    wrong = [f"{who} may be {it.id}" for who in trusted if who != f"Service {EC2}"]
    if f"Service {EC2}" not in trusted:
        wrong.append(f"{EC2} may not be {it.id}")
    return saw(f"{', '.join(trusted) or 'nobody'} may be {it.id}", wrong)


def principals(statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    its = statement.get("Principal", "everybody")  # NotPrincipal: next to everybody
    if isinstance(its, str):
        return [("anyone:", its)]
    return [(kind, name) for kind, names in its.items() for name in several(names)]


def worn(look: Look) -> Saw:
    profile, role = look.one(InstanceProfile), look.one(Role).id
    arn, found = profile.raw["Arn"], parties.instances(look)
    roles = [one["RoleName"] for one in profile.raw["Roles"]]
    wrong = [f"{one['InstanceId']} has {one.get('IamInstanceProfile', {}).get('Arn', 'no instance profile')}"
             for one in found if one.get("IamInstanceProfile", {}).get("Arn") != arn]
    if roles != [role]:
        wrong.append(f"the instance profile holds {', '.join(roles) or 'no role'}, not {role}")
    return saw(f"{counted(len(found), 'instance')} with {role}", wrong)


CHECKS = (
    Check("role.allows", "The role allows the instances what they need, and no boundary takes it back.", allows),
    Check("role.nothing-else", "The role allows nothing else, and has no managed policy.", nothing_else),
    Check("role.trust", "EC2 alone may take the role on.", trust),
    Check("role.instances", "Instances have the stack's role.", worn,
          "`tapctl up`; then terminate instances that have another profile: the Auto Scaling group launches new ones"),
)
