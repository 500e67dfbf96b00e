"""Teardown, of a cloud in memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from threading import Event
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from tapctl import waiting
from tapctl.engine import Walk
from tapctl.events import Ahead, Began, Broke, Finished, Note, Step, Waits
from tapctl.events import Event as Told
from tapctl.holding import MEND
from tapctl.model import Aws, Blocked, Chain, Denied, Failed, Found, Gone, HandedOver, Kept, Kind, Link
from tapctl.observe import Item
from tapctl.reconcile import silent
from tapctl.resources import KINDS
from tapctl.teardown import Removal, down, kept_kinds, node, order, why
from tests.memory import EAST, GONE, WEST, Memory, Sky, Thing, refusal

BOTH = (EAST, WEST)


class Key(Thing):
    kind = "key"


class Bucket(Thing):
    kind = "bucket"
    uses = frozenset({"key"})


class Group(Thing):
    kind = "group"
    patience = 0.05


class Server(Thing):
    kind = "server"
    uses = frozenset({"bucket", "group"})


class Shared(Thing):
    kind = "shared"
    shared = True


ALL: tuple[type[Kind], ...] = (Key, Bucket, Group, Server, Shared)
KEY, BUCKET, GROUP, SERVER = (f"{EAST}/{kind}" for kind in ("key", "bucket", "group", "server"))


@pytest.fixture(autouse=True)
def _nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "gap", lambda waited: 0.001)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def told() -> list[Told]:
    return []


def removed(memory: Memory, told: list[Told] | None = None, stop: Event | None = None, rounds: int = 3) -> Removal:
    return down(ALL, BOTH, Sky(memory), stop or Event(), silent if told is None else told.append, rounds)


def left(removal: Removal) -> dict[str, str]:
    return {item.it.key: reason for item, reason in removal.left}


# ---------------------------------------------------------------- order
def test_everything_owned_goes_and_nothing_else(memory: Memory) -> None:
    for key in (KEY, BUCKET, GROUP, SERVER, f"{WEST}/key", f"{EAST}/shared"):
        memory.put(key)
    removal = removed(memory)
    assert removal.complete
    assert sorted(item.it.key for item in removal.removed) == sorted([KEY, BUCKET, GROUP, SERVER, f"{WEST}/key"])
    assert [thing["key"] for thing in memory.things.values()] == [f"{EAST}/shared"]


def test_what_is_used_goes_after_its_users_in_every_region(memory: Memory) -> None:
    for region in BOTH:
        for kind in ("key", "bucket", "server"):
            memory.put(f"{region}/{kind}")
    removed(memory)
    kinds = [call.rpartition("/")[2] for call in memory.asked("delete")]
    assert kinds == ["server", "server", "bucket", "bucket", "key", "key"]


def test_the_order_is_a_graph_over_all_regions() -> None:
    east, west = (Item(Bucket, region, Found(f"{region}/bucket", f"bucket {region}", {})) for region in BOTH)
    key = Item(Key, EAST, Found(KEY, "key-0", {}))
    assert order([key, west, east]) == {node(key): {node(west), node(east)}, node(west): set(), node(east): set()}


def test_a_copy_goes_before_what_it_follows(memory: Memory, told: list[Told]) -> None:
    class Copied(Thing):
        kind = "copied"

        @classmethod
        def follows(cls, it: Found) -> bool:
            return it.key.startswith(WEST)

    west, _ = memory.put(f"{WEST}/copied"), memory.put(f"{EAST}/copied")
    memory.answers[f"delete {WEST}/copied"] = [refusal("Denied", "no")]
    removal = down([Copied], BOTH, Sky(memory), Event(), told.append)
    assert told[0] == Ahead((Step(f"{EAST}/copied", "gone", "delete", (f"{WEST}/copied gone",)),
                             Step(f"{WEST}/copied", "gone", "delete")))
    assert told[-1] == Broke(f"{WEST}/copied", "AWS refused MakeBox: Denied: no")
    assert left(removal)[f"{EAST}/copied"] == f"it goes only after {WEST}/copied {west}"
    assert memory.asked("delete") == [f"delete {WEST}/copied"]


def test_what_is_last_goes_after_all_that_does_not_use_it_too(memory: Memory) -> None:
    class Seal(Thing):
        kind = "seal"
        last = True

    class Stray(Seal):
        kind = "stray"

    for region in BOTH:
        for kind in ("seal", "stray", "bucket", "group"):
            memory.put(f"{region}/{kind}")
    down([Seal, Stray, *ALL], BOTH, Sky(memory), Event())
    kinds = [call.rpartition("/")[2] for call in memory.asked("delete")]
    assert set(kinds[:4]) == {"bucket", "group"}
    assert sorted(kinds[4:]) == ["seal", "seal", "stray", "stray"]


def test_nothing_owned_is_nothing_to_do(memory: Memory) -> None:
    assert removed(memory) == Removal()
    assert not memory.changes


# ---------------------------------------------------------------- one removal
def test_what_was_asked_to_go_is_looked_for_until_it_is_gone(memory: Memory, told: list[Told]) -> None:
    name = memory.put(BUCKET)
    memory.coming[name] = ["", "deleting", "deleting", GONE]
    memory.answers[f"delete {BUCKET}"] = [Gone.LATER] * 3
    assert removed(memory, told).complete
    assert memory.asked("delete") == [f"delete {BUCKET}"] * 3
    assert [type(event) for event in told] == [Ahead, Began, Waits, Waits, Finished]
    assert told[:2] == [Ahead((Step(BUCKET, "gone", "delete"),)), Began(BUCKET, "delete")]
    assert {(event.key, event.text) for event in told if isinstance(event, Waits)} == {(BUCKET, "to be gone")}


def test_what_is_not_possible_yet_is_tried_again(memory: Memory, told: list[Told]) -> None:
    memory.put(GROUP)
    memory.answers[f"delete {GROUP}"] = [Blocked("a server uses it"), Blocked("a server uses it")]
    removal = removed(memory, told)
    assert removal.complete
    assert [event.text for event in told if isinstance(event, Waits)] == ["a server uses it"] * 2
    assert memory.asked("delete") == [f"delete {GROUP}"] * 3


def test_what_another_stack_uses_is_handed_over_and_said(memory: Memory, told: list[Told]) -> None:
    class Lent(Thing):
        kind = "lent"

        @classmethod
        def delete(cls, aws: Aws, it: Found) -> Any:
            super().delete(aws, it)  # it is not found here any more
            return HandedOver("TapStack/other")

    name = memory.put(f"{EAST}/lent")
    removal = down([Lent], [EAST], Sky(memory), Event(), told.append)
    assert removal.complete
    assert (removal.removed, [(item.it.id, to) for item, to in removal.handed]) == ([], [(name, "TapStack/other")])
    assert [event.text for event in told if isinstance(event, Note)] == [
        f"{EAST}/lent: {name} is handed over to TapStack/other, which uses it too"]
    assert [type(event) for event in told] == [Ahead, Began, Note, Finished]
    assert memory.asked("delete") == [f"delete {EAST}/lent"]


def test_each_try_sees_the_thing_as_it_is_by_then(memory: Memory) -> None:
    seen = []

    class Watching(Thing):
        kind = "watching"

        @classmethod
        def delete(cls, aws: Aws, it: Found) -> Gone:
            seen.append(it.raw["state"])
            return Gone.LATER

    memory.coming[memory.put(f"{EAST}/watching")] = ["", "emptying", "empty", GONE]
    down([Watching], [EAST], Sky(memory), Event())
    assert seen == ["", "emptying", "empty"]


def test_what_stays_blocked_is_left_with_the_reason_and_so_is_what_waits_for_it(memory: Memory) -> None:
    class Tied(Group):
        kind = "tied"
        uses = frozenset({"key"})

    name = memory.put(f"{EAST}/tied")
    memory.put(KEY)
    memory.put(BUCKET)
    memory.answers[f"delete {EAST}/tied"] = [Blocked("an interface uses it")] * 1000
    removal = down([Tied, Key, Bucket], [EAST], Sky(memory), Event())
    assert left(removal) == {
        f"{EAST}/tied": "after 0 minutes it is still there: an interface uses it",
        KEY: f"it goes only after {EAST}/tied {name}"}
    assert [item.it.key for item in removal.removed] == [BUCKET]
    assert not removal.complete


@pytest.mark.parametrize(("answer", "reason"), [
    (Kept("an image was made of it"), "an image was made of it"),
    (Failed("it can't"), "it can't"),
    (refusal("AccessDenied", "not you"), "not you"),
])
def test_what_can_not_go_is_left_with_the_reason(memory: Memory, answer: Exception, reason: str) -> None:
    memory.put(BUCKET)
    memory.put(KEY)
    memory.put(GROUP)
    memory.answers[f"delete {BUCKET}"] = [answer]
    removal = removed(memory)
    assert reason in left(removal)[BUCKET]
    assert left(removal)[KEY].startswith(f"it goes only after {BUCKET}")
    assert [item.it.key for item in removal.removed] == [GROUP]
    assert memory.asked("delete").count(f"delete {BUCKET}") == 1
    assert not removal.complete


# ---------------------------------------------------------------- who holds it
@pytest.fixture
def _ten_seconds_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = count(0, 10.0)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: next(passing)))


class Tight(Thing):
    """holding: who holds it, by the look."""

    kind = "tight"
    holding: ClassVar[list[tuple[Chain, ...]]] = []

    @classmethod
    def holders(cls, aws: Aws, it: Found) -> Iterable[Chain]:
        return cls.holding.pop(0) if len(cls.holding) > 1 else cls.holding[0]


OURS: Chain = (Link("interface a"), Link("balancer b"))
THEIRS: Chain = (Link("interface c"), Link("function d", "not this stack's"))


@pytest.mark.usefixtures("_ten_seconds_a_look")
def test_what_somebody_else_holds_is_named_at_once_and_given_up_soon(
        memory: Memory, told: list[Told], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tight, "holding", [(OURS, THEIRS)])
    name = memory.put(f"{EAST}/tight")
    memory.put(BUCKET)
    memory.answers[f"delete {EAST}/tight"] = [Blocked("something to let go of it")] * 1000
    removal = down([Tight, Bucket], [EAST], Sky(memory), Event(), told.append)
    assert left(removal) == {f"{EAST}/tight": (
        f"tight {name} <- interface c <- function d (not this stack's). {MEND}")}
    assert [item.it.key for item in removal.removed] == [BUCKET]
    waits = [event for event in told if isinstance(event, Waits)]
    assert {event.text for event in waits} == {
        "function d (not this stack's) to let go of interface c; balancer b to let go of interface a"}
    assert 120 <= waits[-1].seconds + 10 <= 140


@pytest.mark.usefixtures("_ten_seconds_a_look")
def test_what_goes_by_itself_is_named_and_waited_for(
        memory: Memory, told: list[Told], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tight, "holding", [(OURS, THEIRS), (OURS,)])
    memory.put(f"{EAST}/tight")
    memory.answers[f"delete {EAST}/tight"] = [Blocked("something to let go of it")] * 40
    assert down([Tight], [EAST], Sky(memory), Event(), told.append).complete
    assert [event.text for event in told if isinstance(event, Waits)][-1] == (
        "balancer b to let go of interface a")


def test_nobody_is_asked_who_holds_what_goes_soon(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tight, "holding", [])  # to ask would fail
    memory.put(f"{EAST}/tight")
    memory.answers[f"delete {EAST}/tight"] = [Blocked("something to let go of it")] * 3
    assert down([Tight], [EAST], Sky(memory), Event()).complete


# ---------------------------------------------------------------- looking again
def test_what_appears_meanwhile_goes_in_the_next_round(memory: Memory) -> None:
    class Late(Thing):
        """Its removal shows another."""

        kind = "late"

        @classmethod
        def delete(cls, aws: Aws, it: Found) -> Gone:
            if it.id == first:
                memory.put(f"{EAST}/late")
            return super().delete(aws, it)

    first = memory.put(f"{EAST}/late")
    removal = down([Late], [EAST], Sky(memory), Event())
    assert removal.complete
    assert len(removal.removed) == 2
    assert memory.asked("look", "delete") == [f"look {EAST}/late", f"delete {EAST}/late"] * 2 + [f"look {EAST}/late"]


def test_what_always_comes_back_is_reported(memory: Memory) -> None:
    class Hydra(Thing):
        kind = "hydra"

        @classmethod
        def delete(cls, aws: Aws, it: Found) -> Gone:
            memory.put(it.key)
            return super().delete(aws, it)

    memory.put(f"{EAST}/hydra")
    removal = down([Hydra], [EAST], Sky(memory), Event(), rounds=2)
    assert left(removal) == {f"{EAST}/hydra": "it was there again after everything was removed"}
    assert len(memory.asked("delete")) == len(removal.removed) == 2
    assert not removal.complete


class Claiming(Thing):
    """Its removal makes another thing, which it can't take away again, and breaks."""

    kind = "claiming"

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        aws.client("memory").put(GROUP)
        raise Failed("not allowed to let go")


@pytest.mark.parametrize("answers", [True, False])
def test_what_came_while_something_could_not_go_is_named_too(memory: Memory, answers: bool) -> None:
    """Where AWS answers; it isn't tried, for what failed may need it."""
    memory.put(f"{EAST}/claiming")
    if not answers:
        memory.answers[f"look {GROUP}"] = [Gone.NOW, refusal("InternalError", "no answer")]
    removal = down([Claiming, Group], [EAST], Sky(memory), Event())
    came = {GROUP: "it came while the others were removed"} if answers else {}
    assert left(removal) == {f"{EAST}/claiming": "not allowed to let go", **came}
    assert memory.asked("delete") == []


# ---------------------------------------------------------------- not allowed to look
@pytest.mark.parametrize(("unseen", "kept"), [
    (set(), set()),
    ({"server"}, {"bucket", "group", "key"}),
    ({"bucket"}, {"key"}),
    ({"group"}, set()),
    ({"key"}, set()),
])
def test_an_unseen_kind_keeps_what_it_may_use_directly_or_not(unseen: set[str], kept: set[str]) -> None:
    assert kept_kinds(ALL, unseen) == kept


def test_kinds_that_use_each_other_and_kinds_that_are_not_there_end_the_search() -> None:
    class One(Thing):
        kind = "one"
        uses = frozenset({"other", "nowhere"})

    class Other(Thing):
        kind = "other"
        uses = frozenset({"one"})

    assert kept_kinds([One, Other], {"one"}) == {"one", "other", "nowhere"}


def test_an_unseen_database_keeps_the_key() -> None:
    assert "kms_key" in kept_kinds(KINDS, {"database"})


def test_where_looking_is_denied_what_may_be_used_stays(memory: Memory) -> None:
    for key in (KEY, GROUP, f"{WEST}/server"):
        memory.put(key)
    memory.answers[f"look {EAST}/bucket"] = [refusal("AccessDenied", operation="ListBuckets") for _ in range(2)]
    removal = removed(memory)
    assert left(removal) == {KEY: "something that may not be looked at may use it"}
    assert removal.unseen == {("bucket", EAST): Denied("ListBuckets")}
    assert sorted(item.it.key for item in removal.removed) == [GROUP, f"{WEST}/server"]
    assert not removal.complete


def test_an_unseen_kind_alone_is_not_complete(memory: Memory) -> None:
    memory.answers[f"look {EAST}/group"] = [refusal("AccessDenied")]
    removal = removed(memory)
    assert removal.left == []
    assert not removal.complete


# ---------------------------------------------------------------- stopping
def test_once_stopped_the_rest_is_left(memory: Memory) -> None:
    stop = Event()

    class Stopping(Thing):
        kind = "stopping"
        uses = frozenset({"key"})

        @classmethod
        def delete(cls, aws: Aws, it: Found) -> Gone:
            stop.set()
            return super().delete(aws, it)

    memory.put(f"{EAST}/stopping")
    memory.put(KEY)
    removal = down([Stopping, Key], [EAST], Sky(memory), stop)
    assert [item.it.key for item in removal.removed] == [f"{EAST}/stopping"]
    assert left(removal) == {KEY: "the run was stopped before it was gone"}
    assert removal.stopped
    assert not removal.complete


def test_waiting_is_ended_by_a_stop(memory: Memory) -> None:
    stop = Event()
    memory.put(BUCKET)
    memory.answers[f"delete {BUCKET}"] = [Gone.LATER] * 1000
    removal = down(ALL, BOTH, Sky(memory), stop, lambda event: stop.set() if isinstance(event, Waits) else None)
    assert left(removal) == {BUCKET: "the run was stopped before it was gone"}
    assert removal.stopped


def test_stopped_before_it_began_nothing_is_removed(memory: Memory) -> None:
    stop = Event()
    stop.set()
    memory.put(BUCKET)
    removal = removed(memory, stop=stop)
    assert not memory.changes
    assert [item.it.key for item in removal.untouched([Item(Bucket, EAST, Found(BUCKET, "bucket-0", {}))])] == [BUCKET]
    assert removal.stopped
    assert not removal.complete


# ---------------------------------------------------------------- reasons
def test_why_something_is_there_says_the_failure_first() -> None:
    at, other = ("key", EAST, "key-0"), ("bucket", WEST, "bucket-0")
    assert why(Walk(failed={at: Failed("no")}), at) == "no"
    assert why(Walk(blocked={at: other}), at) == f"it goes only after {WEST}/bucket bucket-0"
    assert why(Walk(), at) == "the run was stopped before it was gone"
