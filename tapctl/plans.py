"""What a plan consists of, and what is ahead by it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any, TypeVar

from tapctl.events import Change, Step
from tapctl.model import Denied, Phase, Resource, Unknown
from tapctl.observe import World
from tapctl.readiness import ready

T = TypeVar("T")
V = TypeVar("V")
Node = tuple[str, Phase]


@dataclass(frozen=True)
class Unseen:
    """What may not be looked for: it may be there."""

    key: str
    denied: Denied


@dataclass
class Plan:
    """What `up` would do. Everything in the stack's own order."""

    changes: dict[tuple[str, str], Change] = field(default_factory=dict)
    held: list[Change] = field(default_factory=list)  # differs, and stays: a newer image, grown storage
    unread: dict[tuple[str, str], Denied] = field(default_factory=dict)  # (key, aspect): can't be compared without
    refused: dict[str, Exception] = field(default_factory=dict)  # by key: why `up` would not start
    omitted: dict[Node, Unseen] = field(default_factory=dict)  # not to be looked for, or to be made and in need of such

    @property
    def left_out(self) -> dict[str, Unseen]:
        """By key."""
        return {key: unseen for (key, _), unseen in self.omitted.items()}

    def implies(self, change: Change) -> bool:
        """Whether whoever approved this plan has approved the change."""
        if (change.key, "create") in self.changes:
            return True
        shown = self.changes.get((change.key, change.what))
        return shown is not None and (isinstance(shown.want, Unknown) or shown.want == change.want)


def in_order(entries: Mapping[tuple[str, T], V], wanted: Mapping[str, Resource]) -> dict[tuple[str, T], V]:
    """Entries by resource in the stack's own order, whatever the walk's was."""
    order = {key: n for n, key in enumerate(wanted)}
    return dict(sorted(entries.items(), key=lambda item: order[item[0][0]]))


def ahead(plan: Plan, wanted: Mapping[str, Resource], world: World,
          graph: Mapping[Node, Collection[Node]]) -> tuple[Step, ...]:
    """The part of the graph in which something happens, in the stack's own order. It is pure.

    Where nothing happens to what a step needs, it needs what that needs.
    """
    what = {key: "update" for key, _ in plan.changes} | {key: "create" for key, _ in plan.changes
                                                         if (key, "create") in plan.changes}
    what |= {key: "wait" for key, _ in graph if key not in what
             and key in world.found and not ready(type(wanted[key]), world.found[key])}
    if not what:
        return ()
    before: dict[Node, dict[Node, None]] = {}  # of each, the nearest ones in which something happens
    happens = {(key, phase) for key, phase in graph if key in what and (phase is Phase.READY or what[key] == "create")
               and (key, phase) not in plan.omitted}
    for node in TopologicalSorter(graph).static_order():
        before[node] = {n: None for need in graph[node] for n in ([need] if need in happens else before[need])}
    return tuple(Step(key, phase.value, what[key], tuple(f"{need} {until.value}" for need, until in before[key, phase]))
                 for key, phase in graph if (key, phase) in happens)


def fields_of(have: Any, want: Any) -> Sequence[tuple[str, Any, Any]]:
    """(field, have, want) where the two differ; a value that is no mapping is one field without a name."""
    if not isinstance(want, Mapping) or not (isinstance(have, Mapping) or have is None):
        return [("", have, want)]
    have = have or {}
    return [(k, have.get(k), want.get(k)) for k in sorted({*have, *want}) if have.get(k) != want.get(k)]


def differing(have: Any, want: Any) -> str:
    """The difference in one line, for messages."""
    return ", ".join(f"{name}: {a!r} -> {b!r}".removeprefix(": ") for name, a, b in fields_of(have, want))
