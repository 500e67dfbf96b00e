"""A stack as a graph: what stands and what is planned, and what needs what. Pure: a view in, nodes and edges out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tapctl.model import refs
from tapctl.readiness import ready
from tapctl.status import drift, state
from tapctl.view import View, named


class Mark(StrEnum):
    """What a plan says of a resource, as people read it."""

    STANDS = "as wanted"
    MISSING = "to be made"
    DRIFTED = "to be changed"
    WAITING = "not ready yet"
    UNSEEN = "left out"
    REFUSED = "can't be done"
    SURPLUS = "no longer wanted"

    @property
    def css(self) -> str:
        """As a class of a picture's style sheet."""
        return self.name.lower()


@dataclass(frozen=True)
class Node:
    """name: its logical key, and the id with it where it is no longer wanted, since that may be there twice.

    state: in AWS's words, and what differs; id: empty if it doesn't stand.
    """

    name: str
    mark: Mark
    state: str
    id: str = ""

    @property
    def region(self) -> str:
        return self.name.partition("/")[0]

    @property
    def label(self) -> str:
        return self.name.partition("/")[2]


@dataclass(frozen=True)
class Graph:
    """stack: "TapStack/staging"; edges: (what is needed, what needs it), in the order of the nodes."""

    stack: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    @property
    def regions(self) -> dict[str, list[Node]]:
        """Region -> its nodes."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.region, []).append(node)
        return found

    def needs(self, name: str) -> list[str]:
        return [needed for needed, dependent in self.edges if dependent == name]


def graph(stack: str, view: View, regions: Collection[str]) -> Graph:
    """All that is wanted in these regions or stands there; elsewhere it is left out, with what leads there."""
    nodes = [Node(key, mark(view, key), told(view, key), it.id if (it := view.world.found.get(key)) else "")
             for key, resource in view.wanted.items() if resource.place.region in regions]
    nodes += [Node(named(item), Mark.SURPLUS, state(item.kind, item.it), item.it.id) for item in view.world.surplus]
    names = [node.name for node in nodes]
    edges = dict.fromkeys((ref.key, name) for name in names if name in view.wanted
                          for ref in refs(view.wanted[name]) if ref.key in names)
    return Graph(stack, tuple(nodes), tuple(edges))


def told(view: View, key: str) -> str:
    """The state of something wanted, and what differs."""
    it, differing = view.world.found.get(key), drift(view.plan, key)
    return state(type(view.wanted[key]), it) + (f", drift: {differing}" if differing else "")


def mark(view: View, key: str) -> Mark:
    plan, it = view.plan, view.world.found.get(key)
    if key in plan.refused:
        return Mark.REFUSED
    if key in plan.left_out:
        return Mark.UNSEEN
    if it is None or (key, "create") in plan.changes:
        return Mark.MISSING
    if any(changed == key for changed, _ in plan.changes):
        return Mark.DRIFTED
    return Mark.STANDS if ready(type(view.wanted[key]), it) else Mark.WAITING


def levels(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The longest way to each from what needs nothing, which is at 0. Those that need each other are at the same."""
    need: dict[str, set[str]] = {name: set() for name in names}
    for needed, dependent in edges:
        need[dependent].add(needed)
    above = {name: everything_above(name, need) for name in need}
    level: dict[str, int] = {}
    for name in sorted(need, key=lambda name: len(above[name])):  # whoever has more above it comes after that
        level[name] = 1 + max((level[other] for other in above[name] if name not in above[other]), default=-1)
    return level


def everything_above(name: str, need: Mapping[str, Collection[str]]) -> set[str]:
    """All that it needs, near and far; itself, too, where that leads back to it."""
    found: set[str] = set()
    ahead = [*need[name]]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += need[one]
    return found
