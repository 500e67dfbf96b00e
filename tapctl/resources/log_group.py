"""The log group of the application, under the stack's key.

Its name is the one that the key's policy lets CloudWatch Logs in for.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from tapctl.model import Aspect, Aws, Born, Found, Gone, Out, Ref, Remnant, Resource
from tapctl.naming import claims
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, tolerate

T = TypeVar("T")


def settled(call: Callable[[], T]) -> T:
    """The call's answer: of two changes to one group at once, Logs refuses one."""
    return tolerate(call, "OperationAbortedException")


def under_key(call: Callable[[], T]) -> T:
    """The answer of a call that names a key: Logs may not know yet a key, or a policy, that was just made."""
    return tolerate(lambda: settled(call), "AccessDeniedException", "InvalidParameterException", saying="specified KMS")


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    aws.client("logs").tag_resource(resourceArn=it.id, tags=dict(tags))


def want_key(r: LogGroup, out: Out) -> str:
    return out(r.cmk).id


def read_key(aws: Aws, it: Found) -> str:
    return str(it.raw.get("kmsKeyId", ""))


def put_key(aws: Aws, it: Found, have: str, want: str) -> None:
    under_key(lambda: aws.client("logs").associate_kms_key(logGroupName=it.raw["logGroupName"], kmsKeyId=want))


def want_retention(r: LogGroup, out: Out) -> int | None:
    return r.retention_days


def read_retention(aws: Aws, it: Found) -> int | None:
    days: int | None = it.raw.get("retentionInDays")
    return days


def put_retention(aws: Aws, it: Found, have: int | None, want: int | None) -> None:
    settled(lambda: aws.client("logs").put_retention_policy(logGroupName=it.raw["logGroupName"], retentionInDays=want))


def forgets(have: int | None, want: int | None) -> str:
    """Logs deletes what is older than its retention."""
    return f"log events older than {want} days" if want is not None and (have is None or want < have) else ""


TAGS = tags_aspect(put_tags)
KEY = Aspect("kms_key", want_key, read_key, put_key, born=Born.SET)
RETENTION = Aspect("retention_days", want_retention, read_retention, put_retention, born=None,  # for ever
                   loses=forgets)


# ---------------------------------------------------------------- the group
@dataclass(frozen=True)
class LogGroup(Resource):
    """cmk: the key, READY: enabled, and with the policy that lets Logs in; retention_days: one of Logs' own values."""

    cmk: Ref
    retention_days: int
    kind: ClassVar[str] = "log_group"
    uses: ClassVar[frozenset[str]] = frozenset({"kms_key", "stray_key"})
    holds_data: ClassVar[str] = "every log event"
    aspects: ClassVar[tuple[Aspect[LogGroup, Any], ...]] = (TAGS, KEY, RETENTION)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        key = f"{aws.place.region}/{cls.kind}"
        yield from (Found(key, _arn(aws), raw, tags) for raw, tags in _named(aws) if claims(tags, aws.place) == key)

    def create(self, aws: Aws, out: Out) -> Found:
        key = out(self.cmk).id
        under_key(lambda: aws.client("logs").create_log_group(
            logGroupName=self.place.name(), kmsKeyId=key, tags=self.tags))
        return Found(self.key, _arn(aws), {"logGroupName": self.place.name(), "kmsKeyId": key}, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        absent(lambda: settled(lambda: aws.client("logs").delete_log_group(logGroupName=it.raw["logGroupName"])),
               "ResourceNotFoundException")
        return Gone.NOW

    @classmethod
    def remains(cls, aws: Aws) -> Iterable[Remnant]:
        """What a writer makes again that is allowed to: such a group has no tags, so it may be anybody's."""
        why = "somebody has made: it has this stack's name and not its tags, and the next `tapctl up` needs the name"
        return [Remnant("CloudWatch log group", _arn(aws), why=why) for _, tags in _named(aws)
                if claims(tags, aws.place) != f"{aws.place.region}/{cls.kind}"]


def _named(aws: Aws) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """The description and the tags of the group with the stack's name, whosever it is."""
    logs, name = aws.client("logs"), aws.place.name()
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
        for raw in page["logGroups"]:
            if raw["logGroupName"] != name:
                continue
            answer = absent(lambda: logs.list_tags_for_resource(resourceArn=_arn(aws)), "ResourceNotFoundException")
            if answer:  # else it has just gone
                yield raw, answer["tags"]


def _arn(aws: Aws) -> str:
    """Without the ":*" that Logs' descriptions end in: the tagging calls refuse it."""
    return aws.place.arn("logs", f"log-group:{aws.place.name()}")
