"""Waiting until a resource is ready."""

from __future__ import annotations

import pytest

from tapctl.events import Ahead, Began, Finished, Step, Waits
from tapctl.model import Failed, Going, Phase, Ref
from tests.memory import EAST, PLACE
from tests.reconcile.yard import PLAIN_A, PLAIN_B, READY, WANTS, A, Steady, Yard, painted, simple


def test_a_newborn_is_waited_for_and_then_gets_what_only_the_ready_take(yard: Yard) -> None:
    yard.memory.newborn = ["unseen", "creating", ""]
    done = yard.made(painted(finish="gloss"))
    calls = yard.memory.calls
    assert calls[:3] == [f"create {A}", f"read {A} colour", f"write {A} colour None -> red"]
    assert calls[3:] == [f"write {A} finish matt -> gloss", *[f"look {EAST}/box"] * 3,
                         f"write {A} light off -> on", f"look {EAST}/box"]
    assert done.waits == ["not visible yet", "creating"]
    assert done.world.found[A].raw["light"] == "on"


def test_one_that_is_not_ready_is_waited_for_though_nothing_changes(yard: Yard) -> None:
    name = yard.memory.put(A, "starting", **WANTS)
    yard.memory.coming[name] = ["starting", "starting", ""]
    done = yard.made(painted())
    assert not done.plan.changes
    assert [type(event) for event in done.told] == [Ahead, Began, Waits, Finished]
    assert done.told[:2] == [Ahead((Step(A, "ready", "wait"),)), Began(A, "wait")]


def test_after_a_change_it_must_be_steadily_ready(yard: Yard) -> None:
    yard.memory.newborn = ["", "", "flapping", "", "", ""]
    done = yard.made(Steady(PLACE, "a", {"colour": "red"}))
    assert yard.memory.asked("look") == [f"look {EAST}/box"] * 6
    assert done.waits == [
        "to stay ready", "to stay ready", "flapping", "to stay ready", "to stay ready"]


def test_what_the_plan_found_unready_is_waited_for_steadily_though_nothing_changes(yard: Yard) -> None:
    name = yard.memory.put(A, "starting", colour="red")
    yard.memory.coming[name] = ["starting", ""]
    yard.made(Steady(PLACE, "a", {"colour": "red"}))
    assert yard.memory.asked("look") == [f"look {EAST}/box"] * 3


def test_a_write_to_what_is_ready_is_waited_for_too(yard: Yard) -> None:
    name = yard.memory.put(A, colour="blue")
    yard.memory.coming[name] = ["", "modifying", "", "", ""]
    yard.made(Steady(PLACE, "a", {"colour": "red"}))
    assert yard.memory.calls == [f"write {A} colour blue -> red", *[f"look {EAST}/box"] * 4]


@pytest.mark.parametrize(("states", "said"), [
    (["creating"] * 999, "creating"),
    (["unseen"] * 999, "not visible yet"),
    (["", "flapping"] * 499, "(flapping|not steadily ready)"),
])
def test_patience_ends(yard: Yard, states: list[str], said: str) -> None:
    class Hasty(Steady):
        patience = 0.03

    yard.memory.newborn = states
    done = yard.up(Hasty(PLACE, "a", {"colour": "red"}), simple("b", needs=(Ref(A, READY),)))
    assert done.walk.blocked == {(PLAIN_B, phase): (A, READY) for phase in Phase}
    with pytest.raises(Failed, match=rf"^after 0 minutes it is still {said}$"):
        raise done.walk.failed[A, READY]


def test_patience_that_ends_between_two_ready_looks_says_so(yard: Yard) -> None:
    class Brief(Steady):
        steady = 10_000
        patience = 0.01

    done = yard.up(Brief(PLACE, "a", {"colour": "red"}))
    assert done.failures == {A: "Failed: after 0 minutes it is still not steadily ready"}


def test_one_that_breaks_fails_at_once(yard: Yard) -> None:
    yard.memory.newborn = ["creating", "broken"]
    done = yard.up(painted())
    assert done.failures == {A: "Failed: it is broken"}
    assert f"write {A} light off -> on" not in yard.memory.changes


def test_one_that_is_broken_already_is_not_made_again(yard: Yard) -> None:
    yard.memory.put(A, "broken", **WANTS)
    done = yard.up(painted())
    assert not done.plan.changes
    assert done.failures == {A: "Failed: it is broken"}


def test_what_was_waited_for_must_be_steadily_ready(yard: Yard) -> None:
    """A dead run has made it: it is ready for a moment before it is so for good."""
    name = yard.memory.put(A, **WANTS)
    yard.memory.coming[name] = ["creating", "creating", "", "creating", "", "", ""]
    assert yard.up(Steady(PLACE.at(EAST), "a", {"colour": "red"})).failures == {}
    assert yard.memory.coming[name] == []


def test_one_that_begins_to_go_while_it_is_waited_for_fails(yard: Yard) -> None:
    yard.memory.newborn = ["creating", "deleting"]
    done = yard.up(painted())
    assert isinstance(done.walk.failed[A, READY], Going)


def test_a_kind_without_states_is_looked_at_only_for_others_sake(yard: Yard) -> None:
    yard.up(simple("a"))
    assert yard.memory.asked("look") == []
    yard.memory.things.clear()
    yard.up(simple("a"), simple("b", needs=(Ref(PLAIN_A, READY),)))
    assert yard.memory.asked("look") == [f"look {EAST}/plain"]
