"""How a resource comes into being, and gets what its birth does not give it; what has its name already."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl import reconcile
from tapctl.events import Change, Waits, Wrote
from tapctl.model import Blocked, Out, Phase, Ref
from tapctl.reconcile import plan
from tests.memory import EAST, GONE, PLACE, WEST, aspect, refusal, stack
from tests.reconcile.yard import WANTS, A, B, Painted, Yard, painted, shown


def test_a_newborn_is_made_and_gets_what_create_does_not_take(yard: Yard) -> None:
    done = yard.made(painted())
    assert shown(done.plan) == {
        f"{A} create": "None -> None", f"{A} colour": "None -> 'red'", f"{A} light": "'off' -> 'on'"}
    assert yard.memory.changes == [f"create {A}", f"write {A} colour None -> red", f"write {A} light off -> on"]
    assert {name: yard.memory.one(A)[name] for name in WANTS} == WANTS


def test_only_an_aspect_that_is_born_to_be_read_is_read(yard: Yard) -> None:
    yard.made(painted())
    assert yard.memory.asked("read") == [f"read {A} colour"]


def test_what_the_plan_shows_is_what_up_writes(yard: Yard) -> None:
    yard.memory.put(A, **{**WANTS, "colour": "blue", "light": "off"})
    done = yard.made(painted(), painted("b"), painted("c", WEST))
    assert done.run.plan.changes == done.plan.changes
    writes = {f"{event.key} {event.aspect}" for event in done.told if isinstance(event, Wrote)}
    assert writes == {name for name in shown(done.plan) if not name.endswith(" create")}


def test_a_plan_changes_nothing_not_even_what_was_seen(yard: Yard) -> None:
    yard.memory.put(A, "deleting", **WANTS)
    wanted = stack(painted(), painted("b"))
    world = yard.look(wanted)
    before = dict(world.found)
    assert set(shown(plan(wanted, world, yard.sky, yard.regions))) >= {f"{A} create", f"{B} create"}
    assert world.found == before
    assert not yard.memory.changes
    assert len(yard.memory.asked("read")) == len(Painted.aspects)  # by the look


def test_a_plan_is_in_the_stacks_order(yard: Yard) -> None:
    planned = yard.plan(painted("z", needs=(Ref(B),)), painted("c", WEST), painted("b"))
    assert list(dict.fromkeys(key for key, _ in planned.changes)) == [f"{EAST}/box/z", f"{WEST}/box/c", B]


def test_what_create_raises_is_told_and_nothing_is_written(yard: Yard) -> None:
    yard.memory.answers[f"create {A}"] = [refusal("LimitExceeded", "enough")]
    done = yard.up(painted(), painted("b", needs=(Ref(A),)), painted("c"))
    assert "LimitExceeded" in done.failures[A]
    assert {key for key, _ in done.walk.blocked} == {A, B}
    assert {call.split()[1] for call in yard.memory.asked("write")} == {f"{EAST}/box/c"}


def test_a_newborn_that_is_not_born_as_it_must_be_is_refused(yard: Yard) -> None:
    class Stubborn(Painted):
        aspects = (aspect("label", fixed=True),)

    done = yard.up(Stubborn(PLACE, "a", {"label": "L"}))
    assert shown(done.plan)[f"{A} label"] == "None -> 'L'"
    assert done.failures == {A: "Refused: label: None -> 'L'. It can't be changed in place."}


# ---------------------------------------------------------------- taken
@pytest.mark.parametrize("code", [
    "EntityAlreadyExists", "BucketAlreadyOwnedByYou", "InvalidGroup.Duplicate", "ResourceExistsException",
    "ResourceInUseException", "DBInstanceAlreadyExists", "DuplicateLoadBalancerName"])
def test_one_that_is_ours_after_all_is_taken_as_it_is(yard: Yard, code: str) -> None:
    yard.memory.answers[f"create {A}"] = [refusal(code)]
    done = yard.up(painted(), meanwhile=lambda: yard.memory.put(A, **WANTS | {"size": 1, "finish": "gloss"}))
    assert done.failures == {}
    assert yard.memory.asked("write") == [f"write {A} size 1 -> 3", f"write {A} finish gloss -> matt"]
    assert yard.memory.asked("read") == [f"read {A} {name}" for name in WANTS]
    assert not yard.plan(painted()).changes


def test_one_of_ours_that_is_not_shown_yet_is_looked_for_again(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "SHOWN", 5.0)
    yard.memory.answers[f"create {A}"] = [refusal("EntityAlreadyExists")]

    def made() -> None:
        yard.memory.coming[yard.memory.put(A, "unseen", **WANTS)] = ["unseen", "unseen", ""]

    assert yard.up(painted(), meanwhile=made).failures == {}
    assert yard.memory.changes == [f"create {A}"]


def test_one_that_is_not_ours_is_not_touched(yard: Yard) -> None:
    yard.memory.answers[f"create {A}"] = [refusal("EntityAlreadyExists", "a box has this name")]
    yard.memory.put(B, **WANTS)
    done = yard.up(painted())
    assert done.failures[A].startswith("Refused: its name is taken by something that is not this stack's: ")
    assert "a box has this name" in done.failures[A]
    assert isinstance(done.walk.failed[A, Phase.EXISTS].__cause__, ClientError)
    assert yard.memory.changes == [f"create {A}"]


def test_what_can_not_be_made_yet_is_tried_again(yard: Yard) -> None:
    yard.memory.answers[f"create {A}"] = [Blocked("another run to let go"), Blocked("another run to let go")]
    done = yard.made(painted())
    assert yard.memory.asked("create") == [f"create {A}"] * 3
    assert done.waits == ["another run to let go"] * 2


def test_what_can_never_be_made_fails_and_says_what_it_waited_for(
        yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Painted, "patience", 0.02)
    yard.memory.answers[f"create {A}"] = [Blocked("another run to let go")] * 1000
    assert yard.up(painted()).failures[A] == "Failed: after 0 minutes it still waits: another run to let go"


# ---------------------------------------------------------------- the one before it is on its way out
def test_one_that_is_going_is_waited_for_and_made_anew(yard: Yard) -> None:
    old = yard.memory.put(A, "deleting", **{**WANTS, "colour": "blue"})
    yard.memory.coming[old] = ["deleting", "deleting", "deleting", GONE]
    done = yard.made(painted())
    assert done.plan.changes[A, "create"] == Change(A, "create")
    assert yard.memory.calls[:4] == [*[f"look {EAST}/box"] * 3, f"create {A}"]
    assert old not in yard.memory.things
    waits = [event for event in done.told if isinstance(event, Waits)]
    assert {event.text for event in waits} == {"the one before it to be gone"}
    assert len(waits) == 2


def test_one_that_does_not_go_fails(yard: Yard) -> None:
    class Hasty(Painted):
        patience = 0.03

    yard.memory.put(A, "deleting", **WANTS)
    done = yard.up(Hasty(PLACE, "a", WANTS))
    assert done.failures == {A: "Failed: after 0 minutes the one before it is still being deleted"}
    assert not yard.memory.changes


def test_nothing_is_remembered_of_the_one_before(yard: Yard) -> None:
    """It goes, another run makes it anew, and what was read of the old one says nothing of that."""
    old = yard.memory.put(A, "deleting", **WANTS)
    yard.memory.coming[old] = ["deleting", GONE]

    class Raced(Painted):
        def create(self, aws: Any, out: Out) -> Any:
            yard.memory.put(self.key, **{**WANTS, "colour": "blue"})
            raise refusal("BoxAlreadyExists")

    done = yard.up(Raced(PLACE, "a", WANTS))
    assert done.failures == {}
    assert yard.memory.asked("write") == [f"write {A} colour blue -> red"]
