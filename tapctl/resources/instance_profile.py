"""The instance profile: how instances come by the role. It holds one role at the most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.model import Aspect, Aws, Blocked, Found, Gone, Out, Ref, Resource
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, code, message, tolerate

PROPAGATES = 30  # seconds that IAM may take to know everywhere what was just made


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    tolerate(lambda: aws.client("iam").tag_instance_profile(InstanceProfileName=it.id, Tags=tag_list(tags)),
             "NoSuchEntity", "ConcurrentModification", seconds=PROPAGATES)


def want_link(r: InstanceProfile, out: Out) -> tuple[str, ...]:
    return (out(r.app_role).id,)


def read_link(aws: Aws, it: Found) -> tuple[str, ...]:
    return tuple(role["RoleName"] for role in it.raw["Roles"])


def put_link(aws: Aws, it: Found, have: tuple[str, ...], want: tuple[str, ...]) -> None:
    """Out, then in: a second role would be refused with LimitExceeded."""
    iam = aws.client("iam")
    for name in have:
        absent(partial(iam.remove_role_from_instance_profile, InstanceProfileName=it.id, RoleName=name), "NoSuchEntity")
    for name in want:
        try:
            # both the profile and the role may have been made just now
            tolerate(partial(iam.add_role_to_instance_profile, InstanceProfileName=it.id, RoleName=name),
                     "NoSuchEntity", "ConcurrentModification", seconds=PROPAGATES)
        except ClientError as error:
            profile = iam.get_instance_profile(InstanceProfileName=it.id)["InstanceProfile"]
            # it is in: an answer was lost and the call repeated
            if code(error) != "LimitExceeded" or name not in {role["RoleName"] for role in profile["Roles"]}:
                raise


TAGS = tags_aspect(put_tags)
LINK = Aspect("role", want_link, read_link, put_link, born=tuple[str, ...]())


# ---------------------------------------------------------------- the profile
@dataclass(frozen=True)
class InstanceProfile(Resource):
    app_role: Ref
    kind: ClassVar[str] = "instance_profile"
    uses: ClassVar[frozenset[str]] = frozenset({"role"})
    aspects: ClassVar[tuple[Aspect[InstanceProfile, Any], ...]] = (TAGS, LINK)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        name = aws.place.name()
        answer = absent(lambda: aws.client("iam").get_instance_profile(InstanceProfileName=name), "NoSuchEntity")
        raw = answer["InstanceProfile"] if answer else {}
        tags = tag_dict(raw.get("Tags", []))
        key = claims(tags, aws.place)
        # IAM's names are one whatever their case: exactly ours is asked for
        if key == f"{aws.place.region}/{cls.kind}" and raw["InstanceProfileName"] == name:
            yield Found(key, name, raw, tags)

    def create(self, aws: Aws, out: Out) -> Found:
        raw = aws.client("iam").create_instance_profile(
            InstanceProfileName=self.place.name(), Tags=tag_list(self.tags))["InstanceProfile"]
        return Found(self.key, raw["InstanceProfileName"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        """Its role out first, or IAM refuses."""
        try:
            put_link(aws, it, read_link(aws, it), ())
            aws.client("iam").delete_instance_profile(InstanceProfileName=it.id)
        except ClientError as error:
            if code(error) in ("DeleteConflict", "ConcurrentModification"):
                raise Blocked(message(error)) from error
            if code(error) != "NoSuchEntity":
                raise
        return Gone.NOW
