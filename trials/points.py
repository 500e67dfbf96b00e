"""Where something can befall a run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.conformance.checks import IDS
from tests.conformance.meter import Call

RANDOM = re.compile(rf"{IDS}|(?<=:secret:)(\S+)-\w{{6}}$")
NAMING = ("Name", "Names", "Identifier", "Bucket", "Arn", "ARN", "Id", "Ids", "Resource", "Resources")


@dataclass(frozen=True, order=True)
class Point:
    """A call. command: of the run that makes it; nth: of such calls on such a resource, for what is made anew in every
    account tells no two apart."""

    command: str
    region: str
    operation: str
    resource: str
    nth: int

    def __str__(self) -> str:
        words = (self.region, self.operation, self.resource, f"({self.nth})" if self.nth > 1 else "")
        return " ".join(filter(None, words))


def resource(call: Call) -> str:
    """What a call is about: the first thing that it names."""
    named = next((value for name, value in call.params.items() if name.endswith(NAMING)), "")
    first = named[0] if isinstance(named, list) else named
    return RANDOM.sub("*", str(first))


def about(call: Call) -> tuple[str, str, str]:
    return call.region, f"{call.service} {call.operation}", resource(call)


def points(command: str, calls: Sequence[Call]) -> Iterator[Point]:
    """All on the way of a run that made these calls."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for call in calls:
        counts[about(call)] += 1
        yield Point(command, *about(call), counts[about(call)])


def changing(calls: Sequence[Call]) -> list[Call]:
    return [call for call in calls if call.mutating]


class At:
    """Chooses the call of a point, and as many as follow it that are like it. Not to be asked twice at a time."""

    def __init__(self, point: Point, times: int = 1) -> None:
        self.point, self.times, self.seen = point, times, 0

    @property
    def reached(self) -> bool:
        return self.seen >= self.point.nth

    def __call__(self, call: Call) -> bool:
        if about(call) != (self.point.region, self.point.operation, self.point.resource):
            return False
        self.seen += 1
        return 0 <= self.seen - self.point.nth < self.times
