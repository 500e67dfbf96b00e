"""Observation, of a cloud in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import pytest
from botocore.exceptions import ClientError

from tapctl.model import Aws, Denied, Found, Unknown
from tapctl.observe import DENIED, Item, action, guarded, inventory, observe, places
from tests.memory import EAST, PLACE, WEST, Box, Memory, Sky, Thing, aspect, refusal, stack

BOTH = (EAST, WEST)
A = f"{EAST}/painted/a"


class Painted(Box):
    kind = "painted"
    aspects = (aspect("colour"), aspect("size"))


class Global(Thing):
    """The same in every region."""

    kind = "global"
    regional = False


class Shared(Thing):
    """The account's."""

    kind = "shared"
    shared = True


class Torn(Thing):
    """Denied in the middle of its pages."""

    kind: ClassVar[str] = "torn"

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        yield Found(f"{aws.place.region}/torn", "torn-0", {})
        raise refusal("AccessDenied", operation="ListTorn")


@pytest.fixture
def memory() -> Memory:
    return Memory()


# ---------------------------------------------------------------- what a call answers
@pytest.mark.parametrize("code", sorted(DENIED))
def test_a_denied_call_is_an_answer(code: str) -> None:
    def call(*args: int) -> None:
        assert args == (1, 2)
        raise refusal(code, "no", "ListBoxes")

    assert guarded(call, 1, 2) == Denied("ListBoxes")


def test_what_is_not_known_yet_is_an_answer() -> None:
    unknown = Unknown("us-east-1/box")

    def call() -> None:
        raise unknown

    assert guarded(call) is unknown
    assert guarded(lambda: 7) == 7


def test_any_other_error_is_one() -> None:
    def call() -> None:
        raise refusal("Throttling")

    with pytest.raises(ClientError, match="Throttling"):
        guarded(call)


@pytest.mark.parametrize(("words", "named"), [
    ("User: arn:aws:iam::123456789012:user/x is not authorized to perform: kms:ListKeys on *", "kms:ListKeys"),
    ("You are not authorized to perform this operation.", "ListBoxes"),
    ("at 12:30 no", "ListBoxes"),
    ("because: no", "ListBoxes"),
    ("", "ListBoxes"),
])
def test_the_refused_action_is_awss_word_for_it_or_the_operation(words: str, named: str) -> None:
    assert action(refusal("AccessDenied", words, "ListBoxes")) == named
    assert action(ClientError({"Error": {"Code": "403"}}, "HeadBox")) == "HeadBox"
    assert action(ClientError({"Error": {"Code": "403"}}, "HeadBucket")) == "s3:ListBucket"


# ---------------------------------------------------------------- a look around
def test_what_is_wanted_and_there_is_found_and_read(memory: Memory) -> None:
    name = memory.put(A, colour="red", size=3)
    world = observe([Painted], BOTH, Sky(memory), stack(Painted(PLACE, "a"), Painted(PLACE, "missing")))
    assert world.found == {A: Found(A, name, {"key": A, "state": "", "colour": "red", "size": 3})}
    assert world.have == {(A, "colour"): "red", (A, "size"): 3}
    assert (world.surplus, world.denied) == ([], {})
    assert sorted(memory.asked("look")) == [f"look {EAST}/painted", f"look {WEST}/painted"]
    assert sorted(memory.asked("read")) == [f"read {A} colour", f"read {A} size"]


def test_what_is_not_wanted_is_surplus_and_not_read(memory: Memory) -> None:
    names = [memory.put(key, colour="red", size=3) for key in
             (f"{WEST}/painted/a", f"{EAST}/painted/z", f"{EAST}/global/g", f"{EAST}/painted/b")]
    world = observe([Painted, Global], BOTH, Sky(memory), {})
    assert [(item.region, item.kind, item.it.id) for item in world.surplus] == [
        (EAST, Global, names[2]), (EAST, Painted, names[1]), (EAST, Painted, names[3]), (WEST, Painted, names[0])]
    assert not world.found
    assert not memory.asked("read")


def test_the_first_listed_is_it_and_the_second_is_surplus(memory: Memory) -> None:
    first, second = (memory.put(A, colour=colour, size=1) for colour in ("red", "blue"))
    world = observe([Painted], [EAST], Sky(memory), stack(Painted(PLACE, "a")))
    assert world.found[A].id == first
    assert world.have[A, "colour"] == "red"
    assert [item.it.id for item in world.surplus] == [second]


def test_a_thing_of_another_kind_is_not_what_its_key_says(memory: Memory) -> None:
    class Impostor(Thing):
        """Claims somebody else's key."""

        kind = "impostor"

        @classmethod
        def owned(cls, aws: Aws) -> Iterable[Found]:
            yield Found(A, "impostor-0", {})

    world = observe([Impostor], [EAST], Sky(memory), stack(Painted(PLACE, "a")))
    assert world.surplus == [Item(Impostor, EAST, Found(A, "impostor-0", {}))]
    assert not world.found


def test_where_looking_is_denied_nothing_is_known(memory: Memory) -> None:
    memory.put(A, colour="red", size=3)
    memory.put(f"{WEST}/painted/a", colour="red", size=3)
    memory.answers[f"look {EAST}/painted"] = [refusal("AccessDenied", operation="ListPainted")]
    world = observe([Painted, Torn], BOTH, Sky(memory), stack(Painted(PLACE, "a"), Painted(PLACE.at(WEST), "a")))
    assert world.denied == {("painted", EAST): Denied("ListPainted"), ("torn", EAST): Denied("ListTorn"),
                            ("torn", WEST): Denied("ListTorn")}
    assert set(world.found) == {f"{WEST}/painted/a"}
    assert world.surplus == []


def test_a_read_that_is_denied_or_too_early_is_a_value(memory: Memory) -> None:
    memory.put(A, colour="red", size=3)
    too_early = Unknown(A)
    memory.answers |= {f"read {A} colour": [refusal("403", operation="GetColour")], f"read {A} size": [too_early]}
    world = observe([Painted], [EAST], Sky(memory), stack(Painted(PLACE, "a")))
    assert world.have == {(A, "colour"): Denied("GetColour"), (A, "size"): too_early}


@pytest.mark.parametrize("call", [f"look {EAST}/painted", f"read {A} size"])
def test_any_other_failure_ends_the_look(memory: Memory, call: str) -> None:
    memory.put(A, colour="red", size=3)
    memory.answers[call] = [refusal("InternalError")]
    with pytest.raises(ClientError, match="InternalError"):
        observe([Painted], [EAST], Sky(memory), stack(Painted(PLACE, "a")))


def test_a_kind_without_regions_is_looked_for_once(memory: Memory) -> None:
    assert places([Painted, Global], BOTH) == [(Painted, EAST), (Global, EAST), (Painted, WEST)]
    observe([Global], BOTH, Sky(memory), {})
    assert memory.calls == [f"look {EAST}/global"]


def test_the_inventory_is_all_that_is_owned_but_what_is_shared(memory: Memory) -> None:
    box, _ = memory.put(A, colour="red", size=3), memory.put(f"{EAST}/shared")
    memory.answers[f"look {WEST}/painted"] = [refusal("AccessDenied", operation="ListPainted")]
    items, world = inventory([Painted, Shared], BOTH, Sky(memory))
    assert [item.it.id for item in items] == [box]
    assert world.denied == {("painted", WEST): Denied("ListPainted")}
    assert not memory.asked("read")
