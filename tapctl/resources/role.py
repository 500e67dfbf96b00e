"""The role of a region's instances: what they may do, and nothing else, in their own region only.

Its permissions are exactly its inline policy: an inline policy that somebody added is removed, a managed one detached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.model import Aspect, Aws, Blocked, Born, Chain, Found, Gone, Link, Out, Ref, Resource
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.policy import canonical, document, dumps
from tapctl.resources.holders import whose
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, code, message, tolerate

POLICY_NAME = "app"
PREFIX = "app/"  # of the objects that instances write to the log bucket
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html, all that concern items
ITEM_ACTIONS = [f"dynamodb:{action}" for action in (
    "BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan",
    "UpdateItem")]
TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


def iam(aws: Aws, operation: str, **parameters: Any) -> Any:
    """A change of a role: one just made may not be known everywhere yet, and of two changes at once IAM refuses one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
    """
    call = getattr(aws.client("iam"), operation)
    return tolerate(lambda: call(**parameters), "NoSuchEntity", "ConcurrentModification", seconds=30)


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    iam(aws, "tag_role", RoleName=it.id, Tags=tag_list(tags))


def want_trust(r: Role, out: Out) -> dict[str, Any]:
    return TRUST


def read_trust(aws: Aws, it: Found) -> dict[str, Any]:
    return canonical(it.raw["AssumeRolePolicyDocument"])


def put_trust(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    iam(aws, "update_assume_role_policy", RoleName=it.id, PolicyDocument=dumps(want))


def want_policies(r: Role, out: Out) -> dict[str, Any]:
    """The one policy. Whoever writes under a key needs the key too, through the service that it writes to.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    place, through = r.place, ["s3", "logs"]
    statements: list[dict[str, Any]] = [
        {"Sid": "Objects", "Effect": "Allow", "Action": "s3:PutObject",
         "Resource": place.arn("s3", f"{out(r.bucket).id}/{PREFIX}*", region="", account="")},
        # in policies a log group's ARN ends in ":*", which takes in its streams
        {"Sid": "Logs", "Effect": "Allow", "Resource": f"{out(r.log_group).id}:*",
         "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]}]
    if r.table:
        through.append("dynamodb")
        statements.append({"Sid": "Table", "Effect": "Allow", "Action": ITEM_ACTIONS, "Resource": out(r.table).id})
    if r.secret:
        through.append("secretsmanager")
        statements.append({"Sid": "Secret", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
                           "Resource": out(r.secret).id})
    statements.append({"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                       "Resource": out(r.cmk).id, "Condition": {"StringEquals": {
                           "kms:ViaService": [f"{service}.{place.region}.amazonaws.com" for service in through]}}})
    return {POLICY_NAME: document(*statements)}


def read_policies(aws: Aws, it: Found) -> dict[str, Any]:
    client = aws.client("iam")
    names = [name for page in client.get_paginator("list_role_policies").paginate(RoleName=it.id)
             for name in page["PolicyNames"]]
    return {name: canonical(client.get_role_policy(RoleName=it.id, PolicyName=name)["PolicyDocument"])
            for name in names}


def put_policies(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    for name, policy in want.items():
        if have.get(name) != policy:
            iam(aws, "put_role_policy", RoleName=it.id, PolicyName=name, PolicyDocument=dumps(policy))
    for name in have.keys() - want.keys():
        absent(partial(aws.client("iam").delete_role_policy, RoleName=it.id, PolicyName=name), "NoSuchEntity")


def want_attached(r: Role, out: Out) -> frozenset[str]:
    return frozenset()


def read_attached(aws: Aws, it: Found) -> frozenset[str]:
    pages = aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=it.id)
    return frozenset(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])


def put_attached(aws: Aws, it: Found, have: frozenset[str], want: frozenset[str]) -> None:
    for arn in sorted(have - want):
        absent(partial(aws.client("iam").detach_role_policy, RoleName=it.id, PolicyArn=arn), "NoSuchEntity")


TAGS = tags_aspect(put_tags)
TRUSTED = Aspect("trust", want_trust, read_trust, put_trust, born=Born.SET)
POLICIES = Aspect("policies", want_policies, read_policies, put_policies, born=dict[str, Any]())
ATTACHED = Aspect("managed_policies", want_attached, read_attached, put_attached, born=frozenset[str]())


# ---------------------------------------------------------------- the role
@dataclass(frozen=True)
class Role(Resource):
    """What its instances may use; table and secret: only if they may use the data too, both of this region."""

    bucket: Ref
    log_group: Ref
    cmk: Ref
    table: Ref | None = None
    secret: Ref | None = None
    kind: ClassVar[str] = "role"
    # what is too much goes before what is wanted comes
    aspects: ClassVar[tuple[Aspect[Role, Any], ...]] = (TAGS, TRUSTED, ATTACHED, POLICIES)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        answer = absent(lambda: aws.client("iam").get_role(RoleName=aws.place.name()), "NoSuchEntity")
        raw = answer["Role"] if answer else {}
        tags = tag_dict(raw.get("Tags", []))
        key = claims(tags, aws.place)
        # IAM's names are one whatever their case: exactly ours is asked for
        if key == f"{aws.place.region}/{cls.kind}" and raw["RoleName"] == aws.place.name():
            yield Found(key, raw["RoleName"], raw, tags)

    def create(self, aws: Aws, out: Out) -> Found:
        raw = aws.client("iam").create_role(
            RoleName=self.place.name(), AssumeRolePolicyDocument=dumps(TRUST), Tags=tag_list(self.tags))["Role"]
        return Found(self.key, raw["RoleName"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        """Whatever it may do first, or IAM refuses."""
        try:
            put_attached(aws, it, read_attached(aws, it), frozenset())
            put_policies(aws, it, read_policies(aws, it), {})
            aws.client("iam").delete_role(RoleName=it.id)
        except ClientError as error:
            if code(error) in ("DeleteConflict", "ConcurrentModification"):
                raise Blocked(message(error)) from error
            if code(error) != "NoSuchEntity":
                raise
        return Gone.NOW

    @classmethod
    def holders(cls, aws: Aws, it: Found) -> Iterable[Chain]:
        """Instance profiles with it in them. IAM's listings have no tags."""
        client = aws.client("iam")
        for page in client.get_paginator("list_instance_profiles_for_role").paginate(RoleName=it.id):
            for profile in page["InstanceProfiles"]:
                name = profile["InstanceProfileName"]
                told = client.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
                yield (Link(f"instance profile {name}", whose(aws, tag_dict(told.get("Tags", [])))),)
