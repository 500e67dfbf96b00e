from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.model import Gone
from tapctl.resources.log_group import LogGroup, forgets
from tests.resources.part import NewPart

NAME, KEY = "TapStack-production-us-east-1", "us-east-1/log_group"


@pytest.fixture
def group(part: NewPart) -> Any:
    stack = part("log_group", regions=("us-east-1",))
    stack.made()
    return stack


def described(logs: Any) -> dict[str, Any]:
    return next(g for g in logs.describe_log_groups()["logGroups"] if g["logGroupName"] == NAME)


@pytest.mark.parametrize(("have", "want", "loses"), [
    (None, 30, "log events older than 30 days"), (90, 30, "log events older than 30 days"),
    (30, 30, ""), (7, 30, ""), (7, None, ""), (None, None, "")])
def test_what_a_shorter_memory_forgets(have: int | None, want: int | None, loses: str) -> None:
    assert forgets(have, want) == loses


def test_it_is_born_under_the_key_and_forgets_in_time(part: NewPart) -> None:
    stack = part("log_group", regions=("us-east-1",), **{"logs.retention_days": 7})
    up = stack.made()
    made = described(stack.client("logs"))
    assert made["kmsKeyId"] == stack.found("us-east-1/kms_key").id
    assert made["retentionInDays"] == 7
    assert [call.operation for call in up.mutating if call.service == "logs"] == [
        "CreateLogGroup", "PutRetentionPolicy"]
    stack.at_rest()
    stack.gone()


def test_a_taken_back_key_is_enabled_before_the_group_is_made(group: Any) -> None:
    group.gone()
    group.made()
    group.at_rest()
    group.gone()


def test_what_somebody_changed_is_put_back(group: Any) -> None:
    logs = group.client("logs")
    arn = described(logs)["arn"].removesuffix(":*")
    logs.disassociate_kms_key(logGroupName=NAME)
    logs.delete_retention_policy(logGroupName=NAME)
    logs.tag_resource(resourceArn=arn, tags={"Owner": "somebody", "theirs": "stays"})
    group.mends(f"{KEY} kms_key", f"{KEY} retention_days", f"{KEY} tags")
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"]["theirs"] == "stays"


def test_a_key_that_logs_does_not_know_yet_is_waited_for(part: NewPart) -> None:
    stack = part("log_group", regions=("us-east-1",))
    unknown = "The specified KMS key does not exist or is not allowed to be used with Arn 'arn'"
    with stack.refusing("logs", "CreateLogGroup", "AccessDeniedException", unknown, times=2), stack.refusing(
            "logs", "PutRetentionPolicy", "OperationAbortedException"):
        stack.made()
    stack.at_rest()


def test_a_refusal_for_another_reason_is_not_waited_out(part: NewPart) -> None:
    stack = part("log_group", regions=("us-east-1",))
    with stack.refusing("logs", "CreateLogGroup", "AccessDeniedException", "you may not"):
        assert "you may not" in stack.up().failures[f"{KEY} exists"]


def test_groups_of_like_names_are_nobodys_business(part: NewPart) -> None:
    stack = part("log_group", regions=("us-east-1",))
    logs = stack.client("logs")
    logs.create_log_group(logGroupName=f"{NAME}-theirs")
    logs.create_log_group(logGroupName=NAME)
    assert "taken by something that is not this stack's" in stack.up().failures[f"{KEY} exists"]
    stack.down()
    assert {g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]} == {NAME, f"{NAME}-theirs"}


def test_one_that_a_writer_makes_again_is_named_and_left(group: Any) -> None:
    assert list(LogGroup.remains(group.cloud)) == []
    logs, made = group.client("logs"), group.found(KEY)
    assert LogGroup.delete(group.cloud, made) is Gone.NOW
    logs.create_log_group(logGroupName=NAME)
    kept, = LogGroup.remains(group.cloud)
    assert kept.id == made.id
    assert "somebody has made" in str(kept)
    assert list(LogGroup.owned(group.cloud)) == []


def test_one_that_goes_while_it_is_looked_at_is_gone(group: Any) -> None:
    with group.refusing("logs", "ListTagsForResource", "ResourceNotFoundException"):
        assert list(LogGroup.owned(group.cloud)) == []


def test_it_can_be_gone_already(group: Any) -> None:
    it = group.found(KEY)
    group.client("logs").delete_log_group(logGroupName=NAME)
    assert LogGroup.delete(group.cloud, it) is Gone.NOW
    with group.refusing("logs", "DeleteLogGroup", "ValidationException", "no"), pytest.raises(ClientError, match="no"):
        LogGroup.delete(group.cloud, it)
