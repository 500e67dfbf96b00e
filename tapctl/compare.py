"""Two live stacks side by side: where they differ, and whether that is as configured. Pure: two views in, rows out.

Names and ids differ between any two stacks: they are taken out of a value before it is compared, and what they stand
for is put in. What is left differs because the configuration says so, as with an environment's sizes, or because one
of the two is not as it is configured, which its own plan tells.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tapctl.model import Denied, Hidden, Unknown
from tapctl.naming import BUCKET_ROLES, Place
from tapctl.render.values import joined, naming, of_mappings, parts, shown, structured
from tapctl.status import state
from tapctl.view import View, named

DRIFT, KEPT, MISSING, SURPLUS, UNREAD = (
    "is not as configured", "is not as configured, and stays so", "missing", "no longer wanted", "may not be read")
NOTHING = "-"  # what one of the two has nothing of
NUMBERED = ("refresh",)  # aspects that tell a number of the stack's own: what matters is whether it is as configured
UUID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"


@dataclass(frozen=True)
class Side:
    """A stack as it stands, and as it is wanted."""

    place: Place
    view: View

    @property
    def name(self) -> str:
        return self.place.environment


@dataclass(frozen=True)
class Row:
    """key: of the resource; path: its aspect and the field in it, empty where the resource as a whole differs;
    values: what each of the two has; because: environment -> why it is not as configured, none where both are."""

    key: str
    path: str
    values: tuple[str, str]
    because: Mapping[str, str] = field(default_factory=dict)


def compare(one: Side, other: Side) -> list[Row]:
    """Region by region, in the order of the stacks' resources."""
    plain = unnamed(one), unnamed(other)
    rows: list[Row] = []
    for key in dict.fromkeys((*one.view.wanted, *other.view.wanted)):
        without = [side for side in (one, other) if key not in side.view.world.found]
        if not without:
            rows += aspects(key, one, other, plain)
        elif len(without) == 1:
            rows.append(Row(key, "", (standing(one, key), standing(other, key)),
                            {side.name: MISSING for side in without if key in side.view.wanted}))
    for side in one, other:
        for item in side.view.world.surplus:
            told = state(item.kind, item.it)
            rows.append(Row(named(item), "", (told, NOTHING) if side is one else (NOTHING, told), {side.name: SURPLUS}))
    regions = list(dict.fromkeys(region_of(key) for key in (*one.view.wanted, *(row.key for row in rows))))
    return sorted(rows, key=lambda row: regions.index(region_of(row.key)))


def region_of(key: str) -> str:
    return key.partition("/")[0]


def standing(side: Side, key: str) -> str:
    resource = side.view.wanted.get(key)
    return state(type(resource), side.view.world.found.get(key)) if resource else NOTHING


def aspects(key: str, one: Side, other: Side, plain: Sequence[Callable[[Any], Any]]) -> Iterator[Row]:
    """A row for each field that differs of a resource that both have."""
    for aspect in dict.fromkeys(a.name for side in (one, other) for a in side.view.wanted[key].aspects):
        mine, its = (side.view.world.have.get((key, aspect)) for side in (one, other))
        for path, *values in pairs(plain[0](mine), plain[1](its)):
            because = {side.name: why for side, have in ((one, mine), (other, its))
                       if (why := astray(side.view, key, aspect, path, have))}
            if because or aspect not in NUMBERED:
                yield Row(key, joined(aspect, path), (values[0], values[1]), because)


def astray(view: View, key: str, aspect: str, path: str, have: Any) -> str:
    """Why a field is not as configured; empty if it is."""
    if isinstance(have, Denied):
        return UNREAD
    changes = [(DRIFT, view.plan.changes.get((key, aspect)))]
    changes += [(KEPT, held) for held in view.plan.held if (held.key, held.what) == (key, aspect)]
    for why, change in changes:
        if change and {"", path} & {at for at, *_ in pairs(change.have, change.want)}:
            return why
    return DRIFT if key in view.plan.refused else ""


def pairs(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """(path, what the one has, what the other has) of each field that differs; of lists and sets, what only it has."""
    if one == other:
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in sorted({*one, *other}, key=str):
            yield from pairs(one.get(name), other.get(name), joined(path, str(name)))
    elif (mine := by_name(one)) and (its := by_name(other)):
        for name in sorted({*mine, *its}):
            yield from pairs(mine.get(name), its.get(name), f"{path}[{name}]")
    elif structured(one, other) and structured(other, one):
        only, others = parts(one), parts(other)
        yield (path, ", ".join(text for text in only if text not in others) or NOTHING,
               ", ".join(text for text in others if text not in only) or NOTHING)
    else:
        yield path, told(one), told(other)


def by_name(value: Any) -> dict[str, Mapping[str, Any]]:
    """The members of a list that all have a name, but for a policy's statements, which are units; empty: it is none."""
    if not of_mappings(value) or not all(naming(member) and "Effect" not in member for member in value):
        return {}
    return {str(member[naming(member)]): member for member in value}


def told(value: Any) -> str:
    if isinstance(value, Denied):
        return f"? ({value.action})"
    return "?" if isinstance(value, Unknown) else shown(value)


def unnamed(side: Side) -> Callable[[Any], Any]:
    """What takes the stack's own names and ids out of a value."""
    place, start = side.place, f"{side.place.project}-{side.place.environment}"
    words = {place.stack: "<stack>", start: "<name>"}
    for region in {resource.place.region for resource in side.view.wanted.values()}:
        at = place.at(region)
        words[at.load_balancer_name] = f"<name>-{region}"
        words |= {at.bucket_name(role): f"<bucket {role}>" for role in BUCKET_ROLES}
    for key, it in side.view.world.found.items():
        resource = it.id.split(":", 5)[5] if it.id.startswith("arn:") else it.id
        words |= {word: f"<{key}>" for word in (it.id, resource, resource.partition("/")[2])
                  if word and not word.lower().startswith(start.lower())}
    known = {word.lower(): meaning for word, meaning in words.items()}
    pattern = re.compile("|".join([*map(re.escape, sorted(known, key=len, reverse=True)), UUID]), re.IGNORECASE)

    def without(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {without(name): without(its) for name, its in value.items()}
        if isinstance(value, list | tuple | frozenset):
            return getattr(value, "_make", type(value))(map(without, value))  # a named tuple is made otherwise
        if isinstance(value, Hidden):
            return Hidden(without(readable(value)))
        if isinstance(value, str):
            said = pattern.sub(lambda found: known.get(found[0].lower(), "<id>"), value)
            return "<environment>" if value == place.environment else said
        return value

    return without


def readable(script: str) -> str:
    """What instances start with, which EC2 has in base64."""
    try:
        return b64decode(script, validate=True).decode()
    except ValueError:
        return str(script)
