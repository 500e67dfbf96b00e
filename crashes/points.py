"""Where a run can die."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.conformance.checks import IDS
from tests.conformance.meter import Call

MOMENTS = ("before", "after")
RANDOM = re.compile(rf"{IDS}|(?<=:secret:)(\S+)-\w{{6}}$")
NAMING = ("Name", "Names", "Identifier", "Bucket", "Arn", "ARN", "Id", "Ids", "Resource", "Resources")


@dataclass(frozen=True, order=True)
class Point:
    """command: the run that dies; moment: before the call reaches AWS, or after it took effect and before the answer
    came; nth: of such calls on such a resource, for what is made anew in every account tells no two apart."""

    command: str
    region: str
    operation: str
    resource: str
    nth: int
    moment: str

    def __str__(self) -> str:
        words = (self.command, "killed", self.moment, self.region, self.operation, self.resource,
                 f"({self.nth})" if self.nth > 1 else "")
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
        if call.mutating:
            counts[about(call)] += 1
            for moment in MOMENTS:
                yield Point(command, *about(call), counts[about(call)], moment)


class At:
    """Chooses the call of a point. Not to be asked twice at a time."""

    def __init__(self, point: Point) -> None:
        self.point, self.seen = point, 0

    def __call__(self, call: Call) -> bool:
        if about(call) != (self.point.region, self.point.operation, self.point.resource) or not call.mutating:
            return False
        self.seen += 1
        return self.seen == self.point.nth
