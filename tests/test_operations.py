"""`up`, without a terminal: what it changes, what it tells, and what it ends with."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import replace
from errno import ENOSPC
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError

from tapctl.errors import ConfigurationError, Exit, TapctlError, UsageError
from tapctl.events import Began, Checked, Ended, Event, Finished, Outputs, Planned, Problem
from tapctl.explain import FRESH
from tapctl.operations import Work, up
from tapctl.reconnect import Away
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.kms_key import KmsKey
from tapctl.resources.secret import Secret
from tapctl.session import Session
from tapctl.status import collect
from tests.memory import refusal
from tests.stage import EAST, WEST, Stage, no, stack_table, yes


class Asked(list[Planned]):
    """Agrees, and keeps what was asked."""

    def __call__(self, work: Work) -> None:
        self.append(work.planned)


def test_made_and_kept(stage: Stage) -> None:
    people = Asked()
    assert up(stage.session(), people) is Exit.DONE
    (planned,), (ended,), (outputs,) = stage.heard(Planned), stage.heard(Ended), stage.heard(Outputs)
    created = {change.key for change in planned.changes if change.what == "create"}
    assert people == [planned]
    assert ended.counts == {"create": len(created)}
    assert (ended.command, ended.exit_code) == ("up", 0)
    assert {told.key for told in stage.heard(Finished)} == created
    assert list(outputs.values) == [EAST, WEST]
    assert outputs.values[WEST]["database_arn"].startswith("arn:aws:rds:us-west-2:")
    assert not stage.heard(Problem)

    again = stage.again(stage.session())
    assert up(again, no) is Exit.DONE
    assert not stage.wires.meter.mutating
    asked = Counter(call.operation for call in stage.wires.meter.calls)
    assert (asked["ListBuckets"], asked["DescribeRegions"], asked["GetResources"]) == (1, 0, 0)
    assert not stage.heard(Began)
    assert stage.heard(Ended)[0].counts == {}
    assert stage.heard(Outputs) == [outputs]
    assert collect(again)["regions"] == outputs.values


def test_only_what_is_approved(stage: Stage) -> None:
    with pytest.raises(UsageError, match="no"):
        up(stage.session(), no)
    assert [type(event) for event in stage.told] == [Planned, Checked]
    assert not stage.wires.meter.mutating


def test_what_can_not_be_done(stage: Stage) -> None:
    stack_table(stage, EAST)
    stage.wires.meter.reset()
    other = stage.session(regions=[EAST], **{"table.partition_key.name": "other"})
    with pytest.raises(TapctlError, match="nothing was changed") as raised:
        up(other, yes)
    assert "It can't be changed in place" in raised.value.reason
    (planned,) = stage.heard(Planned)
    assert list(planned.refused) == [f"{EAST}/table"]
    assert not stage.wires.meter.mutating


def test_what_may_not_be_looked_for_and_what_needs_it_is_left_out(stage: Stage) -> None:
    stage.wires.meter.denied = ("secretsmanager:DescribeSecret", "dynamodb:DescribeTable")
    assert up(stage.session(regions=[EAST]), yes) is Exit.FAILED
    (planned,) = stage.heard(Planned)
    assert planned.omitted[f"{EAST}/table"] == (
        "not allowed to look for it (dynamodb:DescribeTable), so it is neither made nor changed")
    assert planned.omitted[f"{EAST}/database"] == f"it needs {EAST}/secret/database"
    assert (planned.refused, planned.unread) == ({}, {})
    problems = {problem.key: problem for problem in stage.heard(Problem)}
    told = {key for problem in problems.values() for key in (problem.key, *problem.blocks)}
    assert told == planned.omitted.keys()
    assert "secretsmanager:DescribeSecret" in problems[f"{EAST}/secret/database"].message
    assert problems[f"{EAST}/secret/database"].mend == "allow it, and run `tapctl up` again"
    assert problems[f"{EAST}/secret/database"].blocks == (f"{EAST}/database",)
    finished = {told.key for told in stage.heard(Finished)}
    assert f"{EAST}/auto_scaling_group" in finished
    assert not finished & told
    assert not stage.heard(Outputs)

    assert up(stage.again(stage.session(regions=[EAST])), yes) is Exit.DONE
    assert {told.key for told in stage.heard(Began)} == planned.omitted.keys()


def test_of_what_stands_all_is_compared_that_can_be(stage: Stage, one: Session) -> None:
    stage.wires.raw("logs", EAST).delete_retention_policy(logGroupName=one.place.name())
    stage.wires.raw("cloudwatch", EAST).delete_alarms(AlarmNames=[one.place.name("target-5xx")])
    stage.wires.meter.denied = ("kms:DescribeKey", "elbv2:DescribeLoadBalancers", "s3:GetBucketVersioning")
    assert up(one, yes) is Exit.FAILED
    (planned,), problems = stage.heard(Planned), stage.heard(Problem)
    assert {change.key for change in planned.changes} == {f"{EAST}/log_group"}
    said = {problem.key: problem.message for problem in problems}
    assert said[f"{EAST}/kms_key"].startswith("not allowed to look for it (kms:DescribeKey)")
    (balancer,) = (problem for problem in problems if problem.key == f"{EAST}/load_balancer")
    assert f"{EAST}/alarm/target-5xx" in balancer.blocks
    assert said[f"{EAST}/database"] == "fixed: it can't be compared without kms:DescribeKey, and is left as it is"
    assert [problem.message for problem in problems if problem.key == f"{EAST}/bucket/logs"] == [
        f"{aspect}: it can't be compared without {action}, and is left as it is"
        for aspect, action in (("versioning", "s3:GetBucketVersioning"), ("encryption", "kms:DescribeKey"))]
    assert {call.operation for call in stage.wires.meter.mutating if call.service != "ssm"} == {"PutRetentionPolicy"}


def test_a_failure_leaves_the_rest_going(stage: Stage) -> None:
    stage.wires.meter.denied = ("secretsmanager:CreateSecret", "dynamodb:CreateTable")
    assert up(stage.session(regions=[EAST]), yes) is Exit.FAILED
    problems = {problem.key: problem for problem in stage.heard(Problem)}
    table, secret = problems[f"{EAST}/table"], problems[f"{EAST}/secret/database"]
    assert "AccessDenied: not authorized to perform: dynamodb:CreateTable" in table.message
    assert table.mend.startswith("allow this action to whoever runs tapctl")
    assert (table.operation, table.code, table.blocks) == ("dynamodb:CreateTable", "AccessDenied", ())
    assert secret.blocks == (f"{EAST}/database",)
    assert len(problems) == len(stage.heard(Problem)) == 2
    assert not stage.heard(Outputs)
    finished = {told.key for told in stage.heard(Finished)}
    assert f"{EAST}/auto_scaling_group" in finished

    assert up(stage.again(stage.session(regions=[EAST])), yes) is Exit.DONE
    began = {told.key for told in stage.heard(Began)}
    assert {f"{EAST}/table", f"{EAST}/database", f"{EAST}/secret/database"} <= began
    assert not began & finished


def test_what_may_not_be_read_of_what_was_just_made_is_told(stage: Stage) -> None:
    stage.wires.meter.denied = ("kms:GetKeyPolicy",)
    assert up(stage.session(regions=[EAST]), yes) is Exit.FAILED
    (problem,) = stage.heard(Problem)
    assert (problem.key, problem.blocks) == (f"{EAST}/kms_key", ())
    assert problem.message == "policy: it can't be compared without kms:GetKeyPolicy, and is left as it is"
    assert up(stage.again(stage.session(regions=[EAST])), yes) is Exit.DONE


def test_a_network_that_is_gone_is_one_error(stage: Stage) -> None:
    session, unsent = stage.session(regions=[EAST]), EndpointConnectionError(endpoint_url="https://kms")
    away = Away(since="14:03:07 UTC", error=unsent)
    with (patch.object(KmsKey, "create", side_effect=away), patch.object(DbSubnetGroup, "create", side_effect=unsent),
          pytest.raises(ConfigurationError, match="AWS has not been reached since 14:03:07 UTC: the run ended half")):
        up(session, yes)
    assert not stage.heard(Problem)
    with patch.object(DbSubnetGroup, "create", side_effect=unsent):
        assert up(stage.again(session), yes) is Exit.FAILED
    assert [(problem.key, problem.blocks) for problem in stage.heard(Problem)] == [
        (f"{EAST}/db_subnet_group", (f"{EAST}/database",))]


def test_an_output_that_is_full_is_one_error_and_the_next_run_goes_on(stage: Stage) -> None:
    session, room = stage.session(regions=[EAST]), iter(range(20))

    def emit(event: Event) -> None:
        if next(room, None) is None:
            raise OSError(ENOSPC, "No space left on device")
        stage.told.append(event)

    with pytest.raises(TapctlError, match="can't be written any further: the run ended half-way") as raised:
        up(replace(session, emit=emit), yes)
    assert raised.value.exit_code is Exit.FAILED
    assert not stage.heard(Problem)
    assert up(stage.again(session), yes) is Exit.DONE


def test_credentials_that_end_half_way_are_one_error(stage: Stage) -> None:
    session, expired = stage.session(regions=[EAST]), refusal("ExpiredToken", "expired")
    with (patch.object(Secret, "create", side_effect=expired),
          pytest.raises(ConfigurationError, match="half-way") as raised):
        up(session, yes)
    assert raised.value.reason == "ExpiredToken: expired"
    assert raised.value.mend == FRESH
    assert not stage.heard(Problem)
    assert f"{EAST}/database" not in {told.key for told in stage.heard(Began)}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED)])
def test_stopped_on_the_way(stage: Stage, number: signal.Signals, code: Exit) -> None:
    session = stage.session(regions=[EAST])

    def emit(event: Event) -> None:
        stage.told.append(event)
        if isinstance(event, Began) and event.key == f"{EAST}/kms_key":
            session.stop(number, None)

    assert up(replace(session, emit=emit), yes) is code
    (ended,) = stage.heard(Ended)
    assert ended.exit_code == code
    assert not stage.heard(Outputs)
    assert f"{EAST}/database" not in {told.key for told in stage.heard(Began)}
