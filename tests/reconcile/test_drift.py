"""What stands and differs: what is written, held or refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tapctl.events import Change
from tapctl.model import Aws, Found, Ref
from tests.memory import EAST, PLACE, Box, aspect, refusal
from tests.reconcile.yard import READY, WANTS, A, B, C, Painted, Yard, painted, shown


def test_what_differs_is_written_and_nothing_else(yard: Yard) -> None:
    yard.memory.put(A, **{**WANTS, "finish": "gloss"})
    done = yard.made(painted())
    assert shown(done.plan) == {f"{A} finish": "'gloss' -> 'matt'"}
    assert yard.memory.changes == [f"write {A} finish gloss -> matt"]
    assert done.world.have[A, "finish"] == "matt"


def test_what_is_as_wanted_is_left_in_peace(yard: Yard) -> None:
    yard.memory.put(A, **WANTS)
    done = yard.made(painted())
    assert yard.memory.calls == []
    assert done.told == []


def test_lost_data_is_told_of_what_stands_and_is_known(yard: Yard) -> None:
    class Forgetful(Box):
        aspects = (replace(aspect("size"), loses=lambda have, want: f"all beyond {want}"),)

    yard.memory.put(A, size=8)
    yard.memory.put(C, size=8)
    changes = yard.plan(Forgetful(PLACE, "a", {"size": 3}), Forgetful(PLACE, "b", {"size": 3}),
                        Forgetful(PLACE, "c", {"size": lambda out: out(Ref(B)).raw["x"]})).changes
    assert {name: change.loses for name, change in changes.items()} == {
        (A, "size"): "all beyond 3", (B, "create"): "", (B, "size"): "", (C, "size"): ""}


def test_what_may_stay_is_held(yard: Yard) -> None:
    yard.memory.put(A, **{**WANTS, "size": 8})
    done = yard.made(painted())
    assert not done.plan.changes
    assert done.plan.held == done.run.plan.held == [Change(A, "size", 8, 3)]


def test_the_target_may_be_between_what_is_and_what_is_wanted(yard: Yard) -> None:
    class Halfway(Painted):
        aspects = (aspect("size", meet=lambda box, have, want: (have + want) // 2),)

    yard.memory.put(A, size=2)
    done = yard.up(Halfway(PLACE, "a", {"size": 8}))
    assert done.plan.changes == {(A, "size"): Change(A, "size", 2, 5)}
    assert done.plan.held == [Change(A, "size", 5, 8)]
    assert yard.memory.changes == [f"write {A} size 2 -> 5"]
    assert done.world.have[A, "size"] == 5


def test_what_can_not_be_met_is_refused(yard: Yard) -> None:
    yard.memory.put(A, **WANTS)
    done = yard.up(painted(size=100))
    assert str(done.plan.refused[A]) == "size: a hundred is too much"
    assert done.failures == {A: "Refused: size: a hundred is too much"}
    assert not yard.memory.changes


def test_what_can_not_change_in_place_is_refused_with_the_way_out(yard: Yard) -> None:
    yard.memory.put(A, **{**WANTS, "label": "other"})
    done = yard.up(painted())
    said = "label: 'other' -> 'L'. It can't be changed in place. Remove it by hand."
    assert str(done.plan.refused[A]) == said
    assert done.failures == {A: f"Refused: {said}"}


def test_what_is_fixed_and_needs_what_is_not_there_is_refused(yard: Yard) -> None:
    yard.memory.put(A, **WANTS)
    planned = yard.plan(painted(label=lambda out: out(Ref(B)).id, needs=(Ref(B, before=READY),)), painted("b"))
    assert str(planned.refused[A]) == (
        f"label: it needs {B}, which isn't there. It can't be changed in place. Remove it by hand.")
    assert (B, "create") in planned.changes


@pytest.mark.parametrize("denied", [False, True])
def test_what_create_takes_back_is_known_already(yard: Yard, denied: bool) -> None:
    """Else what is fixed to it could not be told from what is fixed to another. Not seen, it counts as not there."""

    class Returning(Painted):
        @classmethod
        def returning(cls, aws: Aws) -> Iterable[Found]:
            if denied:
                raise refusal("AccessDenied")
            return [Found(f"{EAST}/box/else", "box-8", {}), Found(B, "box-7", {})]

    yard.memory.put(A, **{**WANTS, "label": "box-7"})
    planned = yard.plan(painted(label=lambda out: out(Ref(B)).id, needs=(Ref(B),)), Returning(PLACE, "b", WANTS))
    assert (B, "create") in planned.changes
    assert (A in planned.refused) is denied
