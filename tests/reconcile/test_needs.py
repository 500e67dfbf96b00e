"""What one resource needs of another: known in the plan, or when it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tapctl.events import Began, Change
from tapctl.model import Found, Phase, Ref, Unknown
from tapctl.observe import World
from tapctl.reconcile import Run, Unsettled
from tests.memory import EAST, PLACE, WEST, Sky, aspect, stack
from tests.reconcile.yard import PLAIN_A, PLAIN_B, READY, WANTS, A, B, Painted, Yard, painted, shown, simple


def test_an_unknown_in_the_plan_is_known_when_it_is_written(yard: Yard) -> None:
    done = yard.made(painted(colour=lambda out: out(Ref(B)).id, needs=(Ref(B, before=READY),)), painted("b"))
    change = done.plan.changes[A, "colour"]
    assert isinstance(change.want, Unknown)
    assert str(change.want) == B
    there, = (name for name, thing in yard.memory.things.items() if thing["key"] == B)
    assert yard.memory.one(A)["colour"] == there


def test_an_id_is_known_though_its_owner_changes(yard: Yard) -> None:
    name = yard.memory.put(B, **{**WANTS, "colour": "blue"})
    planned = yard.plan(painted(colour=lambda out: out(Ref(B, READY)).id), painted("b"))
    assert planned.changes[A, "colour"].want == name


@pytest.mark.parametrize("state", ["", "creating", "broken"])
def test_the_rest_is_unknown_while_its_owner_changes_or_is_not_ready(yard: Yard, state: str) -> None:
    yard.memory.put(B, state, **{**WANTS, "colour": "blue" if not state else "red"})
    yard.memory.put(A, **WANTS)
    up = (painted(colour=lambda out: out(Ref(B, READY)).raw["colour"], needs=(Ref(B, READY, READY),)), painted("b"))
    want = yard.plan(*up).changes[A, "colour"].want
    assert isinstance(want, Unknown)
    assert str(want) == B


def test_the_rest_is_known_where_only_what_concerns_nobody_else_changes(yard: Yard) -> None:
    class Labelled(Painted):
        aspects = (aspect("colour"), aspect("note", inward=True))

    yard.memory.put(B, colour="green", note="old")
    yard.memory.put(A, colour="red", note="new")
    done = yard.made(
        Labelled(PLACE, "a", {"colour": lambda out: out(Ref(B, READY)).raw["colour"], "note": "new"},
                 (Ref(B, READY, READY),)),
        Labelled(PLACE, "b", {"colour": "green", "note": "new"}))
    assert shown(done.plan) == {f"{A} colour": "'red' -> 'green'", f"{B} note": "'old' -> 'new'"}


def test_the_rest_is_known_once_its_owner_is_settled(yard: Yard) -> None:
    yard.memory.put(B, **WANTS)
    yard.memory.put(A, **{**WANTS, "colour": "blue"})
    done = yard.made(painted(colour=lambda out: out(Ref(B, READY)).raw["colour"], needs=(Ref(B, READY, READY),)),
                     painted("b"))
    assert done.plan.changes == {(A, "colour"): Change(A, "colour", "blue", "red")}


def test_what_is_settled_last_is_what_is_written(yard: Yard) -> None:
    yard.memory.put(B, **{**WANTS, "colour": "blue"})
    yard.memory.put(A, **WANTS)
    yard.made(painted(colour=lambda out: out(Ref(B, READY)).raw["colour"], needs=(Ref(B, READY, READY),)),
              painted("b", colour="green"))
    assert yard.memory.one(A)["colour"] == "green"


def test_what_stays_unknown_fails(yard: Yard) -> None:
    yard.memory.put(A, **WANTS)
    done = yard.up(painted(colour=lambda out: out(Ref(B)).id), regions=[EAST])
    assert isinstance(done.plan.changes[A, "colour"].want, Unknown)
    assert done.failures == {A: f"Failed: colour: what it needs of {B} is not known"}


def test_unsettled_raw_tells_nothing() -> None:
    raw = Unsettled(B)
    looks: list[Callable[[], object]] = [lambda: raw["a"], lambda: list(raw), lambda: len(raw), lambda: {**raw}]
    for look in looks:
        with pytest.raises(Unknown, match=B):
            look()


def test_who_needs_only_that_it_exists_does_not_wait_until_it_is_ready(yard: Yard) -> None:
    class Last(Painted):
        """Ready only once who needs it is there."""

        @classmethod
        def look(cls, aws: Any, it: Found) -> Found | None:
            if f"create {PLAIN_B}" in yard.memory.calls:
                yard.memory.one(A)["state"] = ""
            return super().look(aws, it)

    yard.memory.newborn = ["creating"]
    done = yard.up(Last(PLACE, "a", WANTS), simple("b", needs=(Ref(A),)), simple("c", needs=(Ref(A, READY),)))
    assert done.failures == {}
    order = yard.memory.asked("create", "write")
    assert order.index(f"write {A} light off -> on") < order.index(f"create {EAST}/plain/c")


def test_what_others_read_of_it_is_what_was_seen_last(yard: Yard) -> None:
    yard.made(simple("a"), simple("b", colour=lambda out: out(Ref(PLAIN_A, READY)).raw["colour"],
                                  needs=(Ref(PLAIN_A, READY),)))
    assert yard.memory.one(PLAIN_B)["colour"] == "red"


# ---------------------------------------------------------------- in other regions
def test_elsewhere_nothing_is_changed(yard: Yard) -> None:
    yard.memory.put(f"{WEST}/box/c", **{**WANTS, "colour": "blue"})
    done = yard.up(painted(), painted("c", WEST), painted("d", WEST), regions=[EAST])
    assert {key for key, _ in done.plan.changes} == {A}
    assert {key for key, _ in done.walk.done} == {A}
    assert {call for call in yard.memory.changes if WEST in call} == set()


@pytest.mark.parametrize("until", Phase)
def test_what_is_needed_elsewhere_must_be_there(yard: Yard, until: Phase) -> None:
    done = yard.up(painted(needs=(Ref(f"{WEST}/box/c", until),)), painted("c", WEST), regions=[EAST])
    said = f"{WEST}/box/c is needed, is not there, and its region is not worked on in this run"
    assert {key: str(error) for key, error in done.plan.refused.items()} == {f"{WEST}/box/c": said}
    assert done.failures == {f"{WEST}/box/c": f"Failed: {said}"}
    assert done.walk.blocked.items() >= {(A, phase): (f"{WEST}/box/c", Phase.EXISTS) for phase in Phase}.items()
    assert not yard.memory.changes


def test_what_is_needed_elsewhere_is_waited_for(yard: Yard) -> None:
    name = yard.memory.put(f"{WEST}/box/c", "creating", **WANTS)
    yard.memory.coming[name] = ["creating", "creating", ""]
    done = yard.up(painted(needs=(Ref(f"{WEST}/box/c", READY),)), painted("c", WEST), regions=[EAST])
    assert done.failures == {}
    assert yard.memory.calls[:3] == [*[f"look {WEST}/box"] * 2, f"create {A}"]
    assert Began(f"{WEST}/box/c", "wait") in done.told


def test_who_needs_only_that_it_exists_elsewhere_does_not_look(yard: Yard) -> None:
    yard.memory.put(f"{WEST}/box/c", "creating", **WANTS)
    done = yard.up(painted(needs=(Ref(f"{WEST}/box/c"),)), painted("c", WEST), regions=[EAST])
    assert done.failures == {}
    assert f"look {WEST}/box" not in yard.memory.calls


def test_a_plan_relies_on_what_is_there_elsewhere(yard: Yard) -> None:
    yard.memory.put(f"{WEST}/box/c", "creating", **WANTS)
    planned = yard.plan(painted(needs=(Ref(f"{WEST}/box/c", READY),)), painted("c", WEST), regions=[EAST])
    assert not planned.refused


def test_the_graph_has_both_phases_of_each_and_of_others_what_is_needed() -> None:
    far, further = f"{WEST}/box/c", f"{WEST}/box/d"
    wanted = stack(painted(needs=(Ref(far, READY), Ref(further, before=READY))), painted("c", WEST), painted("d", WEST),
                   painted("e", WEST))
    assert Run(wanted, World(), Sky(), [EAST]).graph() == {
        (A, Phase.EXISTS): {(far, READY)},
        (A, READY): {(A, Phase.EXISTS), (further, Phase.EXISTS)},
        (far, READY): {(far, Phase.EXISTS)},
        (far, Phase.EXISTS): set(),
        (further, Phase.EXISTS): set(),
    }
