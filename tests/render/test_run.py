"""What a run's events come to, moment by moment."""

from __future__ import annotations

from dataclasses import replace

from tapctl.events import (
    Ahead,
    Began,
    Broke,
    Checked,
    Ended,
    Finished,
    Made,
    Note,
    Outputs,
    Problem,
    Retried,
    Step,
    Waits,
    Wrote,
)
from tapctl.render.run import OVERDUE, Run, State
from tests.render.runs import BALANCER, COPY, KEY, KNOWN, MADE, STEPS, heard
from tests.render.said import DB, EAST, STARTED, WEST


def states(run: Run) -> dict[str, State]:
    return {key: run.state(row) for key, row in run.rows.items()}


def test_what_has_become_of_each() -> None:
    run = heard(*MADE)
    assert states(run) == {KEY: State.DONE, BALANCER: State.GOING, DB: State.GOING, COPY: State.TO_COME}
    assert run.rows[DB].text == "creating"
    assert run.missing(run.rows[COPY]) == [DB]
    assert states(heard(*MADE[:6])) == {
        KEY: State.GOING, BALANCER: State.HELD, DB: State.TO_COME, COPY: State.TO_COME}


def test_what_is_left_of_each_step() -> None:
    left = heard(*MADE).left(128.0, KNOWN)
    assert left == {f"{DB} ready": KNOWN.usual("database create ready") - 20,  # since it was made
                    f"{BALANCER} ready": KNOWN.usual("load_balancer create ready") - 22,  # since the key was ready
                    f"{COPY} exists": KNOWN.usual("database second create exists"),
                    f"{COPY} ready": KNOWN.usual("database second create ready")}
    late = heard(*MADE).left(108 + 9000.0, KNOWN)
    assert late[f"{DB} ready"] == 9000 * OVERDUE


def test_what_each_step_took() -> None:
    run = heard(*MADE, (900, Finished(DB, "create", 794.0)))
    assert run.took() == {"kms_key create exists": 2, "kms_key create ready": 3,
                          "database create exists": 2, "database create ready": 792}
    assert run.way() == [KEY, DB]
    assert heard().way() == []


def test_a_failure_leaves_out_what_needs_it() -> None:
    run = heard(*MADE, (111, Broke(DB, "full")))
    assert states(run) == {KEY: State.DONE, BALANCER: State.GOING, DB: State.FAILED, COPY: State.LEFT_OUT}
    assert (run.rows[DB].broke, run.obstacle(run.rows[COPY])) == ("full", DB)
    assert list(run.left(112.0, KNOWN)) == [f"{BALANCER} ready"]
    for problem in Problem(DB, "full", "more", blocks=(COPY, "unseen")), Problem("elsewhere", "gone"):
        run.hear(problem, 113.0)
    assert [problem.key for problem in run.problems] == [DB, "elsewhere"]
    assert run.rows[COPY].because == DB
    assert run.state(run.rows[COPY]) is State.LEFT_OUT
    assert "elsewhere" not in run.rows


def test_by_whatever_way_it_needs_what_failed() -> None:
    boxes = [f"{EAST}/box/{n}" for n in range(6)]
    steps = (Step(boxes[n], "ready", "update", (f"{boxes[n - 1]} ready", f"{boxes[max(n - 2, 0)]} ready", "none ready"))
             for n in range(1, 6))
    run = heard((0, Ahead((Step(boxes[0], "ready", "update"), *steps))), (1, Broke(boxes[1], "no")))
    assert [state.value for state in states(run).values()] == ["to come", "failed", *["left out"] * 4]


def test_what_happens_shows_what_was_not_told() -> None:
    """A change that somebody else made meanwhile is neither begun nor finished."""
    a, b = f"{EAST}/role", f"{EAST}/table"
    ahead = Ahead((Step(a, "ready", "update"), Step(b, "ready", "update", (f"{a} ready",))))
    assert states(heard((0, ahead), (1, Began(b, "update")))) == {a: State.TO_COME, b: State.GOING}
    assert heard((0, ahead), (1, Waits(b, "updating", 0.5))).rows[b].began == 0.5


def test_what_nobody_foresaw_has_its_row_too() -> None:
    run = heard((1, Began(KEY, "update")), (2, Waits(DB, "modifying", 1.0)), (3, Finished(KEY, "update", 2.0)))
    assert states(run) == {KEY: State.DONE, DB: State.GOING}
    assert run.took() == {}


def test_several_things_of_one_key() -> None:
    key = f"{EAST}/stray_key"
    twice = Step(key, "gone", "delete", (f"{key} gone", f"{DB} gone"))
    run = heard((0, Ahead((twice, twice, Step(DB, "gone", "delete")))), (1, Finished(DB, "delete", 1.0)),
                (2, Began(key, "delete")), (2, Began(key, "delete")), (3, Finished(key, "delete", 1.0)))
    assert run.steps[f"{key} gone"].needs == (f"{DB} gone",)
    assert run.state(run.rows[key]) is State.GOING
    run.hear(Finished(key, "delete", 2.0), 4.0)
    assert run.state(run.rows[key]) is State.DONE


def test_what_is_there_again() -> None:
    ahead = Ahead((Step(DB, "gone", "delete"), Step(KEY, "gone", "delete", (f"{DB} gone",))))
    run = heard((0, ahead), (0, Began(DB, "delete")), (5, Finished(DB, "delete", 5.0)), (6, ahead))
    assert states(run) == {DB: State.TO_COME, KEY: State.TO_COME}


def test_the_rest() -> None:
    ended, again = Ended("up", 0, 3.0), Retried("kms", "CreateKey", EAST, KEY, 2, "Throttling")
    run = heard((1, STARTED), (2, Note("one")), (3, Outputs({WEST: {"a": 1}})), (4, Checked(())), (4, Ahead(STEPS)),
                (5, Made(KEY, "arn")),
                (5, Wrote(KEY, "policy")), (5, again), (6, ended))
    assert run.rows[KEY].text == "again, attempt 2: Throttling"
    run.hear(Made(KEY, "arn"), 7)
    assert run.rows[KEY].text == ""
    run.hear(replace(again, key=""), 7)
    assert run.words[:2] == [f"{KEY} policy set", f"{KEY} kms:CreateKey again, attempt 2: Throttling"]
    assert (run.started, run.began, run.notes, run.outputs, run.ended) == (STARTED, 1, ["one"], {WEST: {"a": 1}}, ended)
    assert run.next(run.rows[KEY]) == STEPS[1]
