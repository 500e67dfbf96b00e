"""An `up`: what licence it has, what it tells, and how it is stopped."""

from __future__ import annotations

from threading import Event
from typing import Any

from tapctl.engine import Walk
from tapctl.events import Ahead, Began, Broke, Finished, Made, Step, Waits, Wrote
from tapctl.model import Out, Phase, Ref
from tapctl.plans import Plan
from tapctl.reconcile import apply, plan, silent
from tests.memory import EAST, PLACE, refusal, stack
from tests.reconcile.yard import READY, WANTS, A, B, Steady, Yard, painted, simple


def test_a_change_that_the_plan_did_not_show_is_refused(yard: Yard) -> None:
    name = yard.memory.put(A, **WANTS)
    done = yard.up(painted(size=5), shown=Plan())
    assert done.failures == {A: "Refused: size: not in the plan that was shown (3 -> 5); something changed meanwhile, "
                                "plan again"}
    assert yard.memory.things[name]["size"] == 3


def test_another_value_than_was_shown_is_refused(yard: Yard) -> None:
    yard.memory.put(A, **WANTS)
    before = yard.plan(painted(colour="green"))
    done = yard.up(painted(colour="blue"), shown=before)
    assert "not in the plan that was shown ('red' -> 'blue')" in done.failures[A]
    assert not yard.memory.changes


def test_a_birth_that_was_not_shown_is_refused(yard: Yard) -> None:
    done = yard.up(painted(), shown=Plan())
    assert done.failures[A].startswith("Refused: create: not in the plan that was shown")
    assert not yard.memory.changes


# ---------------------------------------------------------------- what it tells
def test_a_run_tells_what_it_does(yard: Yard) -> None:
    yard.memory.put(B, **{**WANTS, "colour": "blue"})
    done = yard.made(painted(), painted("b"))
    for key, what, aspects in ((A, "create", ["colour", "light"]), (B, "update", ["colour"])):
        mine = [event for event in done.told if getattr(event, "key", "") == key]
        assert mine[0] == Began(key, what)
        made = [Made(key, done.world.found[key].id)] if what == "create" else []
        assert mine[1:-1] == [*made, *(Wrote(key, name) for name in aspects)]
        last = mine[-1]
        assert isinstance(last, Finished)
        assert (last.what, last.seconds >= 0) == (what, True)
    assert {key: what for key, (what, _) in done.run.began.items()} == {A: "create", B: "update"}


def test_what_is_ahead_is_told_without_what_nothing_happens_to(yard: Yard) -> None:
    """c needs b, which is as wanted, and so what b needs."""
    yard.memory.put(B, **WANTS)
    yard.memory.put(f"{EAST}/box/d", **{**WANTS, "colour": "blue"})
    done = yard.up(painted(), painted("b", needs=(Ref(A, READY, READY),)), painted("c", needs=(Ref(B, READY),)),
                   painted("d", needs=(Ref(A),)))
    c, d = f"{EAST}/box/c", f"{EAST}/box/d"
    assert done.told[0] == Ahead((
        Step(A, "exists", "create"), Step(A, "ready", "create", (f"{A} exists",)),
        Step(c, "exists", "create", (f"{A} ready",)), Step(c, "ready", "create", (f"{c} exists",)),
        Step(d, "ready", "update", (f"{A} exists",))))
    assert {step.name for event in done.told if isinstance(event, Ahead) for step in event.steps} == {
        f"{A} exists", f"{A} ready", f"{c} exists", f"{c} ready", f"{d} ready"}


def test_a_failure_is_told_when_it_happens(yard: Yard) -> None:
    yard.memory.answers[f"create {A}"] = [refusal("LimitExceeded", "enough")]
    done = yard.up(painted())
    assert done.told[-1] == Broke(A, "AWS refused MakeBox: LimitExceeded: enough")
    yard.memory.answers[f"create {A}"] = [refusal("ExpiredToken")]  # the whole run's, and told as that
    assert not [event for event in yard.up(painted()).told if isinstance(event, Broke)]


def test_a_run_that_nobody_watches_tells_nobody(yard: Yard) -> None:
    silent(Wrote(A, "colour"))
    wanted = stack(simple("a"))
    world = yard.look(wanted)
    _, walked = apply(plan(wanted, world, yard.sky, [EAST]), wanted, world, yard.sky, [EAST], Event())
    assert not walked.failed


# ---------------------------------------------------------------- stopping
def test_a_stop_ends_waiting_and_starts_nothing(yard: Yard) -> None:
    stop = Event()

    class Stopping(Steady):
        patience = 60.0

        def create(self, aws: Any, out: Out) -> Any:
            stop.set()
            return super().create(aws, out)

    done = yard.up(Stopping(PLACE, "a", {"colour": "red"}), simple("b", needs=(Ref(A),)), stop=stop)
    assert done.walk.stopped
    assert done.walk.done == [(A, Phase.EXISTS)]
    assert done.failures == {}
    assert yard.memory.changes == [f"create {A}"]
    yard.made(Stopping(PLACE, "a", {"colour": "red"}), simple("b", needs=(Ref(A),)))


def test_a_stop_while_waiting(yard: Yard) -> None:
    stop = Event()
    name = yard.memory.put(A, "starting", colour="red")
    wanted = stack(Steady(PLACE, "a", {"colour": "red"}))
    world = yard.look(wanted)
    yard.memory.coming[name] = ["starting"] * 999
    _, walked = apply(Plan(), wanted, world, yard.sky, [EAST], stop,
                      lambda event: stop.set() if isinstance(event, Waits) else None)
    assert walked == Walk(done=[(A, Phase.EXISTS)], stopped=True)
