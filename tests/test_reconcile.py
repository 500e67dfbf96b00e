"""Plans, and what comes of them, in a cloud in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from tapctl import reconcile, waiting
from tapctl.engine import Walk
from tapctl.events import Ahead, Began, Broke, Change, Finished, Made, Step, Waits, Wrote
from tapctl.events import Event as Told
from tapctl.model import (
    Aspect,
    Aws,
    Blocked,
    Born,
    Denied,
    Failed,
    Found,
    Going,
    Kind,
    Out,
    Phase,
    Ref,
    Refused,
    Resource,
    Unknown,
)
from tapctl.observe import World, observe
from tapctl.plans import Node, Plan, Unseen, differing, fields_of
from tapctl.readiness import stateless
from tapctl.reconcile import Run, Unsettled, apply, plan, silent
from tests.memory import EAST, GONE, PLACE, WEST, Box, Memory, Sky, aspect, refusal, stack

READY = Phase.READY
A, B, C = (f"{EAST}/box/{name}" for name in "abc")
PLAIN_A, PLAIN_B = f"{EAST}/plain/a", f"{EAST}/plain/b"


def grown(box: Box, have: Any, want: Any) -> Any:
    """More may stay; a hundred can't be reached."""
    if want >= 100:
        raise Refused("size: a hundred is too much")
    return max(have, want)


class Painted(Box):
    """colour: read when born; size: sent, never made smaller; label: fixed; light: only once it is ready."""

    patience = 5.0
    aspects: ClassVar[tuple[Aspect[Any, Any], ...]] = (
        aspect("colour"),
        aspect("size", Born.SET, meet=grown),
        aspect("label", Born.SET, fixed=True, mend="Remove it by hand."),
        aspect("finish", "matt"),
        aspect("light", "off", READY),
    )


class Steady(Box):
    """Ready only once three looks in a row say so after a change."""

    steady = 3
    patience = 5.0
    aspects = (aspect("colour", Born.SET),)


class Simple(Box):
    """Ready from birth."""

    kind = "plain"
    aspects = (aspect("colour", Born.SET),)
    state = Kind.state


class Lamp(Box):
    """Of another kind than boxes."""

    kind = "lamp"
    aspects = (aspect("colour", Born.SET), aspect("light", "off", READY))


WANTS: dict[str, Any] = {"colour": "red", "size": 3, "label": "L", "finish": "matt", "light": "on"}


def painted(name: str = "a", region: str = EAST, needs: tuple[Ref, ...] = (), **changes: Any) -> Painted:
    return Painted(PLACE.at(region), name, {**WANTS, **changes}, needs)


def simple(name: str, region: str = EAST, colour: Any = "red", needs: tuple[Ref, ...] = ()) -> Simple:
    return Simple(PLACE.at(region), name, {"colour": colour}, needs)


@dataclass
class Done:
    """One `up`."""

    plan: Plan
    run: Run
    walk: Walk[Node]
    world: World
    told: list[Told]

    @property
    def failures(self) -> dict[str, str]:
        return {key: f"{type(error).__name__}: {error}" for (key, _), error in self.walk.failed.items()}

    def heard(self, *kinds: type[Told]) -> list[Told]:
        return [event for event in self.told if isinstance(event, kinds)]


@dataclass
class Yard:
    """Where boxes stand."""

    memory: Memory = field(default_factory=Memory)
    regions: tuple[str, ...] = (EAST, WEST)

    @property
    def sky(self) -> Sky:
        return Sky(self.memory)

    def look(self, wanted: Mapping[str, Resource]) -> World:
        kinds: list[type[Kind]] = list(dict.fromkeys(type(r) for r in wanted.values()))
        return observe(kinds, self.regions, self.sky, wanted)

    def plan(self, *boxes: Box, regions: Collection[str] = (EAST, WEST)) -> Plan:
        wanted = stack(*boxes)
        return plan(wanted, self.look(wanted), self.sky, regions)

    def up(self, *boxes: Box, regions: Collection[str] = (EAST, WEST), stop: Event | None = None,
           shown: Plan | None = None, meanwhile: Callable[[], object] = lambda: None) -> Done:
        """meanwhile: what somebody else does between look and walk. shown: another plan than the look's own."""
        wanted = stack(*boxes)
        world = self.look(wanted)
        planned = shown or plan(wanted, world, self.sky, regions)
        meanwhile()
        self.memory.calls.clear()
        told: list[Told] = []
        run, walked = apply(planned, wanted, world, self.sky, regions, stop or Event(), told.append)
        return Done(planned, run, walked, world, told)

    def made(self, *boxes: Box) -> Done:
        """`up`, without a failure; a second one changes nothing."""
        done = self.up(*boxes)
        assert not done.plan.refused
        assert done.failures == {}
        calls = list(self.memory.calls)
        again = self.up(*boxes)
        assert not again.plan.changes
        assert not self.memory.changes
        assert not again.told
        self.memory.calls[:] = calls
        return done


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Yard:
    monkeypatch.setattr(waiting, "gap", lambda waited: 0.001)
    monkeypatch.setattr(reconcile, "SHOWN", 0.01)
    return Yard()


def shown(planned: Plan) -> dict[str, str]:
    return {f"{key} {what}": differing(change.have, change.want) for (key, what), change in planned.changes.items()}


# ---------------------------------------------------------------- birth
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


# ---------------------------------------------------------------- drift
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


def test_a_newborn_that_is_not_born_as_it_must_be_is_refused(yard: Yard) -> None:
    class Stubborn(Painted):
        aspects = (aspect("label", fixed=True),)

    done = yard.up(Stubborn(PLACE, "a", {"label": "L"}))
    assert shown(done.plan)[f"{A} label"] == "None -> 'L'"
    assert done.failures == {A: "Refused: label: None -> 'L'. It can't be changed in place."}


# ---------------------------------------------------------------- one needs another
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


# ---------------------------------------------------------------- licence
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


def test_whoever_approves_a_birth_approves_all_of_it() -> None:
    planned = Plan({(A, "create"): Change(A, "create"), (B, "colour"): Change(B, "colour", 1, Unknown(A)),
                    (B, "size"): Change(B, "size", 1, 2)})
    assert planned.implies(Change(A, "colour", "any", "thing"))
    assert planned.implies(Change(B, "colour", 1, "now known"))
    assert planned.implies(Change(B, "size", 0, 2))
    assert not planned.implies(Change(B, "size", 1, 3))
    assert not planned.implies(Change(B, "light", 1, 3))


# ---------------------------------------------------------------- not allowed
def test_what_may_not_be_looked_for_is_not_made(yard: Yard) -> None:
    yard.memory.answers[f"look {EAST}/box"] = [refusal("AccessDenied", operation="ListBoxes")]
    done = yard.up(painted(), painted("c", WEST))
    assert done.plan.left_out == done.run.plan.left_out == {A: Unseen(A, Denied("ListBoxes"))}
    assert (done.failures, done.plan.refused) == ({}, {})
    assert yard.memory.asked("create") == [f"create {WEST}/box/c"]
    assert (A, "colour") not in done.plan.changes


HUES = {"colour": lambda out: out(Ref(A)).id}  # of what needs A


def test_nor_is_what_needs_it_made(yard: Yard) -> None:
    yard.memory.answers[f"look {EAST}/box"] = [refusal("AccessDenied", operation="ListBoxes")]
    unseen = Unseen(A, Denied("ListBoxes"))
    done = yard.up(painted(), simple("a", needs=(Ref(A),)), simple("b", needs=(Ref(PLAIN_A, READY),)), simple("c"))
    assert done.plan.left_out == done.run.plan.left_out == {A: unseen, PLAIN_A: unseen, PLAIN_B: unseen}
    assert [change.key for change in done.plan.changes.values()] == [f"{EAST}/plain/c"]
    assert yard.memory.asked("create") == [f"create {EAST}/plain/c"]
    assert done.failures == {}


def test_what_needs_it_only_to_be_ready_is_made_and_not_settled(yard: Yard) -> None:
    yard.memory.answers[f"look {EAST}/box"] = [refusal("AccessDenied", operation="ListBoxes")]
    lamp = Lamp(PLACE, "a", {"colour": "red", "light": lambda out: out(Ref(A)).id}, (Ref(A, before=READY),))
    yard.memory.put(f"{EAST}/lamp/b", colour="red", light="off")
    other = Lamp(PLACE, "b", {"colour": "blue", "light": lambda out: out(Ref(lamp.key, READY)).raw["light"]},
                 (Ref(lamp.key, READY),))
    done = yard.up(painted(), lamp, other)
    unseen = Unseen(A, Denied("ListBoxes"))
    assert done.plan.left_out == done.run.plan.left_out == {A: unseen, lamp.key: unseen}
    assert done.plan.unread == done.run.plan.unread == {(other.key, "light"): unseen.denied}
    assert yard.memory.changes == [f"create {lamp.key}", f"write {other.key} colour red -> blue"]
    assert done.failures == {}


def test_what_stands_is_repaired_in_all_that_does_not_need_it(yard: Yard) -> None:
    yard.memory.put(PLAIN_A, colour="none")
    yard.memory.put(f"{EAST}/lamp/a", colour="red", light="off")
    yard.memory.answers[f"look {EAST}/box"] = [refusal("AccessDenied", operation="ListBoxes")]
    lamp = Lamp(PLACE, "a", {"colour": "red", "light": "on"}, (Ref(A),))
    done = yard.up(painted(), Simple(PLACE, "a", HUES, (Ref(A),)), lamp)
    assert done.plan.left_out == {A: Unseen(A, Denied("ListBoxes"))}
    assert done.plan.unread == done.run.plan.unread == {(PLAIN_A, "colour"): Denied("ListBoxes")}
    assert yard.memory.changes == [f"write {lamp.key} light off -> on"]
    assert done.failures == {}


def test_what_is_being_deleted_and_needs_it_is_not_made_anew(yard: Yard) -> None:
    yard.memory.put(f"{EAST}/lamp/a", "deleting", colour="red", light="off")
    yard.memory.answers[f"look {EAST}/box"] = [refusal("AccessDenied", operation="ListBoxes")]
    lamp = Lamp(PLACE, "a", {"colour": "red", "light": "on"}, (Ref(A),))
    done = yard.up(painted(), lamp)
    assert [*done.plan.left_out] == [A, lamp.key]
    assert yard.memory.changes == []


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
    assert (str(change.want), change.have) == (A, None)
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


def test_what_was_waited_for_must_be_steadily_ready(yard: Yard) -> None:
    """A dead run has made it: it is ready for a moment before it is so for good."""
    name = yard.memory.put(A, **WANTS)
    yard.memory.coming[name] = ["creating", "creating", "", "creating", "", "", ""]
    assert yard.up(Steady(PLACE.at(EAST), "a", {"colour": "red"})).failures == {}
    assert yard.memory.coming[name] == []


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
    assert [event.text for event in done.told if isinstance(event, Waits)] == ["another run to let go"] * 2


def test_what_can_never_be_made_fails_and_says_what_it_waited_for(
        yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Painted, "patience", 0.02)
    yard.memory.answers[f"create {A}"] = [Blocked("another run to let go")] * 1000
    assert yard.up(painted()).failures[A] == "Failed: after 0 minutes it still waits: another run to let go"


# ---------------------------------------------------------------- on its way out
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


def test_one_that_begins_to_go_while_it_is_waited_for_fails(yard: Yard) -> None:
    yard.memory.newborn = ["creating", "deleting"]
    done = yard.up(painted())
    assert isinstance(done.walk.failed[A, READY], Going)


# ---------------------------------------------------------------- becoming ready
def test_a_newborn_is_waited_for_and_then_gets_what_only_the_ready_take(yard: Yard) -> None:
    yard.memory.newborn = ["unseen", "creating", ""]
    done = yard.made(painted(finish="gloss"))
    calls = yard.memory.calls
    assert calls[:3] == [f"create {A}", f"read {A} colour", f"write {A} colour None -> red"]
    assert calls[3:] == [f"write {A} finish matt -> gloss", *[f"look {EAST}/box"] * 3,
                         f"write {A} light off -> on", f"look {EAST}/box"]
    assert [event.text for event in done.told if isinstance(event, Waits)] == ["not visible yet", "creating"]
    assert done.world.found[A].raw["light"] == "on"


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
        assert (last.what, 0 <= last.seconds < 5) == (what, True)
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
    assert not yard.up(painted()).heard(Broke)


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
    assert [event.text for event in done.told if isinstance(event, Waits)] == [
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


def test_a_kind_without_states_is_looked_at_only_for_others_sake(yard: Yard) -> None:
    assert stateless(Simple)
    assert not stateless(Painted)
    yard.up(simple("a"))
    assert yard.memory.asked("look") == []
    yard.memory.things.clear()
    yard.up(simple("a"), simple("b", needs=(Ref(PLAIN_A, READY),)))
    assert yard.memory.asked("look") == [f"look {EAST}/plain"]


def test_what_others_read_of_it_is_what_was_seen_last(yard: Yard) -> None:
    yard.made(simple("a"), simple("b", colour=lambda out: out(Ref(PLAIN_A, READY)).raw["colour"],
                                  needs=(Ref(PLAIN_A, READY),)))
    assert yard.memory.one(PLAIN_B)["colour"] == "red"


# ---------------------------------------------------------------- regions
def test_elsewhere_nothing_is_changed(yard: Yard) -> None:
    yard.memory.put(f"{WEST}/box/c", **{**WANTS, "colour": "blue"})
    done = yard.up(painted(), painted("c", WEST), painted("d", WEST), regions=[EAST])
    assert {key for key, _ in done.plan.changes} == {A}
    assert {key for key, _ in done.walk.done} == {A}
    assert {call for call in yard.memory.changes if WEST in call} == set()


def test_what_is_needed_elsewhere_must_be_there(yard: Yard) -> None:
    done = yard.up(painted(needs=(Ref(f"{WEST}/box/c"),)), painted("c", WEST), regions=[EAST])
    said = f"{WEST}/box/c is needed, is not there, and its region is not worked on in this run"
    assert {key: str(error) for key, error in done.plan.refused.items()} == {f"{WEST}/box/c": said}
    assert done.failures == {f"{WEST}/box/c": f"Failed: {said}"}
    assert done.walk.blocked == {(A, phase): (f"{WEST}/box/c", Phase.EXISTS) for phase in Phase}
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


# ---------------------------------------------------------------- words
def test_a_difference_names_only_the_fields_that_differ() -> None:
    assert differing({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4}) == "b: 2 -> 3, c: 3 -> None, d: None -> 4"
    assert differing(None, {"a": 1}) == "a: None -> 1"
    assert differing("x", {"a": 1}) == "'x' -> {'a': 1}"
    assert differing({"a": 1}, None) == "{'a': 1} -> None"
    assert differing({"a": 1}, {"a": 1}) == ""
    assert list(fields_of((1,), (2,))) == [("", (1,), (2,))]


def test_a_run_that_nobody_watches_tells_nobody(yard: Yard) -> None:
    silent(Wrote(A, "colour"))
    wanted = stack(simple("a"))
    world = yard.look(wanted)
    _, walked = apply(plan(wanted, world, yard.sky, [EAST]), wanted, world, yard.sky, [EAST], Event())
    assert not walked.failed
