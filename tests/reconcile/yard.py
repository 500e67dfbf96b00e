"""Boxes in a cloud in memory, and what `plan` and `up` make of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, ClassVar

from tapctl.engine import Walk
from tapctl.events import Event as Told
from tapctl.events import Waits
from tapctl.model import Aspect, Born, Kind, Phase, Ref, Refused, Resource
from tapctl.observe import World, observe
from tapctl.plans import Node, Plan, differing
from tapctl.reconcile import Run, apply, plan
from tests.memory import EAST, PLACE, WEST, Box, Memory, Sky, aspect, stack

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

    @property
    def waits(self) -> list[str]:
        """What was waited for, look by look."""
        return [event.text for event in self.told if isinstance(event, Waits)]


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


def shown(planned: Plan) -> dict[str, str]:
    return {f"{key} {what}": differing(change.have, change.want) for (key, what), change in planned.changes.items()}
