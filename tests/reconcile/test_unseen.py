"""What may not be looked for or read, and what can't be read yet."""

from __future__ import annotations

import pytest

from tapctl.model import Born, Denied, Ref, Unknown
from tapctl.plans import Unseen
from tests.memory import EAST, PLACE, WEST, Box, aspect, refusal
from tests.reconcile.yard import PLAIN_A, PLAIN_B, READY, WANTS, A, Painted, Yard, painted, simple


class Lamp(Box):
    """Of another kind than boxes."""

    kind = "lamp"
    aspects = (aspect("colour", Born.SET), aspect("light", "off", READY))


UNSEEN = Unseen(A, Denied("ListBoxes"))


@pytest.fixture
def dark(yard: Yard) -> Yard:
    """Its boxes in the east may not be looked for."""
    yard.memory.answers[f"look {EAST}/box"] = [refusal("AccessDenied", operation="ListBoxes")]
    return yard


def test_what_may_not_be_looked_for_is_not_made(dark: Yard) -> None:
    done = dark.up(painted(), painted("c", WEST))
    assert done.plan.left_out == done.run.plan.left_out == {A: UNSEEN}
    assert (done.failures, done.plan.refused) == ({}, {})
    assert dark.memory.asked("create") == [f"create {WEST}/box/c"]
    assert (A, "colour") not in done.plan.changes


def test_nor_is_what_needs_it_made(dark: Yard) -> None:
    done = dark.up(painted(), simple("a", needs=(Ref(A),)), simple("b", needs=(Ref(PLAIN_A, READY),)), simple("c"))
    assert done.plan.left_out == done.run.plan.left_out == {A: UNSEEN, PLAIN_A: UNSEEN, PLAIN_B: UNSEEN}
    assert [change.key for change in done.plan.changes.values()] == [f"{EAST}/plain/c"]
    assert dark.memory.asked("create") == [f"create {EAST}/plain/c"]
    assert done.failures == {}


def test_what_needs_it_only_to_be_ready_is_made_and_not_settled(dark: Yard) -> None:
    lamp = Lamp(PLACE, "a", {"colour": "red", "light": lambda out: out(Ref(A)).id}, (Ref(A, before=READY),))
    dark.memory.put(f"{EAST}/lamp/b", colour="red", light="off")
    other = Lamp(PLACE, "b", {"colour": "blue", "light": lambda out: out(Ref(lamp.key, READY)).raw["light"]},
                 (Ref(lamp.key, READY),))
    done = dark.up(painted(), lamp, other)
    assert done.plan.left_out == done.run.plan.left_out == {A: UNSEEN, lamp.key: UNSEEN}
    assert done.plan.unread == done.run.plan.unread == {(other.key, "light"): UNSEEN.denied}
    assert dark.memory.changes == [f"create {lamp.key}", f"write {other.key} colour red -> blue"]
    assert done.failures == {}


def test_what_stands_is_repaired_in_all_that_does_not_need_it(dark: Yard) -> None:
    dark.memory.put(PLAIN_A, colour="none")
    dark.memory.put(f"{EAST}/lamp/a", colour="red", light="off")
    lamp = Lamp(PLACE, "a", {"colour": "red", "light": "on"}, (Ref(A),))
    done = dark.up(painted(), simple("a", colour=lambda out: out(Ref(A)).id, needs=(Ref(A),)), lamp)
    assert done.plan.left_out == {A: UNSEEN}
    assert done.plan.unread == done.run.plan.unread == {(PLAIN_A, "colour"): UNSEEN.denied}
    assert dark.memory.changes == [f"write {lamp.key} light off -> on"]
    assert done.failures == {}


def test_what_is_being_deleted_and_needs_it_is_not_made_anew(dark: Yard) -> None:
    dark.memory.put(f"{EAST}/lamp/a", "deleting", colour="red", light="off")
    lamp = Lamp(PLACE, "a", {"colour": "red", "light": "on"}, (Ref(A),))
    done = dark.up(painted(), lamp)
    assert [*done.plan.left_out] == [A, lamp.key]
    assert dark.memory.changes == []


def test_what_may_not_be_read_is_not_written(yard: Yard) -> None:
    yard.memory.put(A, **{**WANTS, "colour": "blue", "finish": "gloss"})
    yard.memory.answers[f"read {A} colour"] = [refusal("AccessDenied", operation="GetColour")]
    done = yard.up(painted())
    assert done.plan.unread == done.run.plan.unread == {(A, "colour"): Denied("GetColour")}
    assert done.failures == {}
    assert yard.memory.changes == [f"write {A} finish gloss -> matt"]


# ---------------------------------------------------------------- not readable yet
class Slow(Painted):
    """light can't be read before it is ready."""

    aspects = (aspect("colour", Born.SET), aspect("light", Born.SET, READY))


def test_what_can_not_be_read_before_it_is_ready_is_shown_and_then_written(yard: Yard) -> None:
    box = Slow(PLACE, "a", {"colour": "red", "light": "on"})
    name = yard.memory.put(A, "creating", colour="red", light="off")
    yard.memory.coming[name] = ["creating", "creating", ""]
    yard.memory.answers[f"read {A} light"] = [Unknown(A)]
    done = yard.made(box)
    change = done.plan.changes[A, "light"]
    assert isinstance(change.want, Unknown)
    assert str(change.want) == str(change.have) == A
    assert yard.memory.changes == [f"write {A} light off -> on"]


def test_it_is_not_written_where_it_turns_out_to_be_as_wanted(yard: Yard) -> None:
    box = Slow(PLACE, "a", {"colour": "red", "light": "on"})
    name = yard.memory.put(A, "creating", colour="red", light="on")
    yard.memory.coming[name] = ["creating", ""]
    yard.memory.answers[f"read {A} light"] = [Unknown(A)]
    yard.made(box)
    assert not yard.memory.changes


def test_what_is_fixed_is_compared_once_it_can_be_read(yard: Yard) -> None:
    class Fixed(Painted):
        aspects = (aspect("light", Born.SET, READY, fixed=True),)

    name = yard.memory.put(A, "creating", light="off")
    yard.memory.coming[name] = ["creating", ""]
    yard.memory.answers[f"read {A} light"] = [Unknown(A)]
    done = yard.up(Fixed(PLACE, "a", {"light": "on"}))
    assert not done.plan.changes
    assert not done.plan.refused
    assert done.failures == {A: "Refused: light: 'off' -> 'on'. It can't be changed in place."}


def test_what_is_ready_and_can_not_be_read_is_left_alone(yard: Yard) -> None:
    yard.memory.put(A, colour="red", light="off")
    yard.memory.answers[f"read {A} light"] = [Unknown(A), Unknown(A)]
    done = yard.up(Slow(PLACE, "a", {"colour": "red", "light": "on"}))
    assert not done.plan.changes
    assert done.failures == {}
    assert not yard.memory.changes
