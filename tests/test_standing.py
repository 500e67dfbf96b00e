"""Where a stack could stand, on the emulator, where 17 regions are enabled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tapctl.naming import tag_list
from tapctl.observe import refusal
from tapctl.session import Session
from tapctl.standing import DISABLED, Clue, Standing, beyond, everywhere
from tests.stage import EAST, WEST, Stage, stack_bucket, stack_key, stack_role, stack_table

ELSEWHERE, DISABLED_REGION, ENABLED = "eu-west-1", "me-south-1", 17
Look = Callable[[Session], Standing]


def plans(session: Session) -> Standing:
    return beyond(session.aws, session.settings.regions)


def asks(session: Session) -> Standing:
    return everywhere(session.aws, session.settings.regions)


def clue(standing: Standing, region: str = ELSEWHERE) -> Clue:
    return next(clue for clue in standing.clues if clue.region == region)


# ---------------------------------------------------------------- by name
@pytest.mark.parametrize("look", [plans, asks])
@pytest.mark.parametrize(("left", "found"), [
    (lambda stage: None, []),
    (lambda stage: stack_role(stage, "staging", ELSEWHERE), [ELSEWHERE]),
    (lambda stage: stack_role(stage, "staging-eu", EAST), []),
    (lambda stage: stack_role(stage, "staging-eu", ELSEWHERE), []),
    (lambda stage: stack_bucket(stage, ELSEWHERE), [ELSEWHERE]),
    (lambda stage: stack_bucket(stage, WEST), []),
], ids=["nothing", "our role", "a longer name here", "a longer name there", "our bucket", "where it is anyway"])
def test_where_a_name_tells_of_it(stage: Stage, look: Look, left: Callable[[Stage], None], found: list[str]) -> None:
    left(stage)
    told = look(stage.session())
    assert told.elsewhere == found
    assert told.regions == [EAST, WEST, *found]
    assert list(told.notes()) == []


def test_a_plan_asks_by_name_alone(stage: Stage) -> None:
    session = stage.session()
    assert plans(session).clues == []
    assert [call.operation for call in stage.wires.meter.calls] == ["ListRoles", "ListBuckets"]
    stack_table(stage, ELSEWHERE)
    assert plans(session).elsewhere == []
    assert asks(session).elsewhere == [ELSEWHERE]


def test_what_may_not_be_asked_is_said(stage: Stage) -> None:
    stack_role(stage, "staging", ELSEWHERE)
    stage.wires.meter.denied = ("ListRoles", "ListBuckets")
    for look in plans, asks:
        told = look(stage.session())
        assert told.elsewhere == []
        assert list(told.notes()) == ["regions that the configuration doesn't name may be missed: "
                                      "not allowed: iam:ListRoles, s3:ListBuckets"]


def test_a_role_that_may_not_be_looked_at_tells_of_a_region(stage: Stage) -> None:
    stack_role(stage, "staging", ELSEWHERE)
    stage.wires.meter.denied = ("GetRole",)
    assert plans(stage.session()).elsewhere == [ELSEWHERE]


def test_without_a_list_of_regions_names_alone_tell(stage: Stage) -> None:
    stack_role(stage, "staging", ELSEWHERE)
    stack_table(stage, "eu-west-2")
    stage.wires.meter.denied = ("DescribeRegions",)
    for look in plans, asks:
        assert look(stage.session()).elsewhere == [ELSEWHERE]
    assert asks(stage.session()).unasked == ("ec2:DescribeRegions",)


@pytest.mark.parametrize("look", [plans, asks])
def test_a_region_that_is_not_enabled_can_not_be_looked_at(stage: Stage, look: Look) -> None:
    stack_role(stage, "staging", DISABLED_REGION)
    told = look(stage.session())
    assert told.elsewhere == []
    assert [clue.region for clue in told.hidden] == [DISABLED_REGION]
    assert list(told.notes()) == [
        f"{DISABLED_REGION}: not looked at: {DISABLED}, but role TapStack-staging-{DISABLED_REGION} tells of it"]


# ---------------------------------------------------------------- region by region
def test_each_region_is_asked_twice(stage: Stage) -> None:
    told = asks(stage.session())
    assert len(told.clues) == ENABLED - 2
    assert len(stage.wires.meter.calls) == 3 + 2 * (ENABLED - 2)
    assert {(clue.told, clue.unseen, clue.kept) for clue in told.clues} == {((), (), ())}


def test_tags_tell(stage: Stage) -> None:
    stack_table(stage, ELSEWHERE)
    assert clue(asks(stage.session())).told == ("things with its tags: 1",)


def test_an_alias_tells_where_tags_may_not_be_read(stage: Stage) -> None:
    arn = stack_key(stage, ELSEWHERE)
    stage.wires.meter.denied = ("GetResources",)
    told = asks(stage.session())
    assert (clue(told).told, clue(told).unseen) == ((f"key {arn}",), (
        "not allowed: resourcegroupstaggingapi:GetResources",))
    assert told.elsewhere == [ELSEWHERE]
    (note,) = told.notes()
    assert ELSEWHERE not in note
    assert note.startswith("ap-northeast-1, ap-northeast-2, ")
    assert note.endswith(": not looked at: not allowed: resourcegroupstaggingapi:GetResources")


def test_a_key_that_only_waits_for_its_deletion_does_not_stand(stage: Stage) -> None:
    arn = stack_key(stage, ELSEWHERE)
    stage.wires.raw("kms", ELSEWHERE).schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    told = asks(stage.session())
    assert told.elsewhere == []
    (kept,) = clue(told).kept
    assert (kept.id, kept.until is None) == (arn, False)


def test_where_one_service_can_not_be_reached_the_next_is_not_asked(stage: Stage) -> None:
    stage.wires.meter.sever = lambda call: (call.operation, call.region) == ("GetResources", ELSEWHERE)
    told = asks(stage.session())
    assert clue(told).unseen == ("it can't be asked (Severed)",)
    assert not [call for call in stage.wires.meter.calls if (call.service, call.region) == ("kms", ELSEWHERE)]
    assert list(told.notes()) == [f"{ELSEWHERE}: not looked at: it can't be asked (Severed)"]


@pytest.mark.parametrize(("error", "why"), [
    (EndpointConnectionError(endpoint_url="https://x"), "it can't be asked (EndpointConnectionError)"),
    (ClientError({"Error": {"Code": "InternalFailure"}}, "GetResources"), "GetResources: InternalFailure"),
    (ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized to perform: tag:GetResources"}},
                 "GetResources"), "not allowed: tag:GetResources")])
def test_why_there_is_no_answer(error: Any, why: str) -> None:
    assert refusal(error) == why


def test_tags_of_another_stack_tell_nothing(stage: Stage) -> None:
    stage.wires.raw("secretsmanager", ELSEWHERE).create_secret(
        Name="x", SecretString="x", Tags=tag_list({"tapctl:stack": "TapStack/staging-eu"}))
    assert asks(stage.session()).elsewhere == []
