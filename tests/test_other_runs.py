"""What another run does to the same stack meanwhile."""

from __future__ import annotations

import signal
from types import SimpleNamespace
from typing import Any

import pytest

from tapctl import alive, lock, operations
from tapctl.doctor.before import preflight
from tapctl.down import down, find
from tapctl.engine import Walk
from tapctl.errors import Exit, Interrupted
from tapctl.events import Checked, Ended, Note, Planned, Problem
from tapctl.lock import Lock, Locked
from tapctl.model import Overtaken, Phase
from tapctl.plans import Node
from tests.stage import EAST, Stage, locks, no, stack_role, yes


def test_what_another_run_has_done_meanwhile_is_not_done_again(stage: Stage) -> None:
    """And what is to be done all the same is asked for again."""
    session, other = stage.session(regions=[EAST]), stage.session(regions=[EAST])
    asked: list[set[str]] = []

    def approve(work: operations.Work) -> None:
        asked.append({change.key for change in work.planned.changes})
        if len(asked) == 1:
            assert operations.up(other, yes) is Exit.DONE
            logs = stage.wires.raw("logs", EAST)
            (group,) = logs.describe_log_groups()["logGroups"]
            logs.delete_log_group(logGroupName=group["logGroupName"])
            stage.forget()

    assert operations.up(session, approve) is Exit.DONE
    assert len(asked[0]) > 20
    assert asked[1] == {f"{EAST}/log_group", f"{EAST}/role"}
    (planned,), (ended,) = stage.heard(Planned), stage.heard(Ended)
    assert {change.key for change in planned.changes} == asked[1]
    assert ended.counts == {"create": 1}


def test_what_another_run_makes_meanwhile_takes_no_name(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that another run has carried out is no plan that would fail."""
    session, other = stage.session(regions=[EAST]), stage.session(regions=[EAST])

    def overtaken(*args: Any) -> None:
        if args[0] is session:
            assert operations.up(other, yes) is Exit.DONE
            stage.forget()
        preflight(*args)

    monkeypatch.setattr("tapctl.doctor.before.preflight", overtaken)
    assert operations.up(session, no) is Exit.DONE
    (checked,), (planned,) = stage.heard(Checked), stage.heard(Planned)
    assert any("taken by what is not this stack's" in finding.seen for finding in checked.findings)
    assert not planned.changes
    assert not stage.wires.meter.mutating


def faster(stage: Stage, asked: list[set[str]]) -> operations.Approve:
    """Agrees; before that, another environment comes up in the same VPC."""
    def approve(work: operations.Work) -> None:
        asked.append({change.key for change in work.planned.changes})
        if len(asked) == 1:
            assert operations.up(stage.session("production", regions=[EAST]), yes) is Exit.DONE
            stage.forget()
    return approve


def test_the_endpoints_of_another_stack_that_was_faster_are_used(stage: Stage) -> None:
    """By another plan, which is asked for: the one before knew only of its own."""
    asked: list[set[str]] = []
    session = stage.session(regions=[EAST])
    assert operations.up(session, faster(stage, asked)) is Exit.DONE
    _, first, second = asked  # the roles that AWS's services have in an account are the other's by now
    assert {f"{EAST}/endpoint/{service}" for service in ("dynamodb", "logs", "s3")} < first
    assert second == {f"{EAST}/auto_scaling_group", *(
        f"{EAST}/endpoint_share/{service}" for service in ("dynamodb", "logs", "s3"))}
    (note,), (ended,) = stage.heard(Note), stage.heard(Ended)
    assert note.text.startswith("planned again, since another stack was faster: ")
    assert ended.counts == {"create": len(first | second) - 3}
    assert stage.heard(Problem) == []
    stage.forget()
    assert operations.up(session, no) is Exit.DONE
    assert not stage.wires.meter.mutating


def test_who_is_asked_again_may_stop_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    session, asked = stage.session(regions=[EAST]), iter([False, True])
    walked = Walk[Node](failed={(f"{EAST}/endpoint/s3", Phase.EXISTS): Overtaken("another stack was faster")})
    monkeypatch.setattr(operations, "apply", lambda *_: (SimpleNamespace(began={}), walked))

    def approve(work: operations.Work) -> None:
        if next(asked):
            session.stop(signal.SIGINT, None)

    with pytest.raises(Interrupted, match="stopped: nothing more was changed"):
        operations.up(session, approve)
    assert locks(stage) == []


def test_a_plan_that_is_carried_out_once_says_what_another_stack_has_overtaken(stage: Stage) -> None:
    session = stage.session(regions=[EAST])
    assert operations.up(session, faster(stage, []), once=True) is Exit.FAILED
    assert {its.key for its in stage.heard(Problem)} == {
        f"{EAST}/endpoint/{service}" for service in ("dynamodb", "logs", "s3")}
    assert all("the next plan uses it" in its.message for its in stage.heard(Problem))


def test_down_of_what_a_killed_run_has_just_made(stage: Stage) -> None:
    """And AWS doesn't list yet."""
    dead, session = Lock(stage.session(regions=[EAST])), stage.session(regions=[EAST])
    with alive.marked(dead.mine.run):
        assert dead.take() is None
    sought = find(session)
    assert sought.items == []
    stack_role(stage, "staging", EAST)
    assert down(session, sought) is Exit.DONE
    (ended,) = stage.heard(Ended)
    assert ended.counts == {"delete": 1}
    assert locks(stage) == []


def test_where_a_lock_may_not_be_looked_for_none_is_there(stage: Stage) -> None:
    session = stage.session(regions=[EAST])
    sought = find(session)
    stage.wires.meter.denied = {"ssm:GetParametersByPath"}
    assert down(session, sought) is Exit.DONE


def test_a_run_that_is_locked_out_changes_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Lock(stage.session())
    assert other.take() is None
    monkeypatch.setattr(lock, "wait", lambda *_: other.renew())
    with pytest.raises(Locked, match="is being changed by another run"):
        operations.up(stage.session(), yes)
    assert {call.service for call in stage.wires.meter.mutating} == {"ssm"}


def test_down_leaves_what_another_run_makes_while_it_looks(stage: Stage) -> None:
    session = stage.session(regions=[EAST], command="down")
    sought = find(session)
    assert not sought.items
    stack_role(stage, "staging", EAST)
    stage.wires.meter.reset()
    assert down(session, sought) is Exit.LEFT_OVER
    (problem,) = stage.heard(Problem)
    assert "another run has made it just now" in problem.message
    assert not stage.wires.meter.mutating
