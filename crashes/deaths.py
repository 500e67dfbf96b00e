"""One death, and what is done after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tapctl.alive import LISTED
from tests.conformance.checks import assert_as_before, assert_at_rest, assert_stands
from tests.conformance.labs import Labs
from tests.conformance.meter import Kill
from trials.points import At, Point, changing, points

MOMENTS = ("before", "after")


@dataclass(frozen=True)
class Death:
    """moment: before the call reaches AWS, or after it took effect and before the answer came; then: the command that
    follows the death."""

    point: Point
    moment: str
    then: str

    def __str__(self) -> str:
        return f"{self.point.command} killed {self.moment} {self.point}, then {self.then}"

    @property
    def row(self) -> tuple[str, ...]:
        return self.point.command, self.moment, self.then

    def __call__(self, labs: Labs, scale: float) -> bool:
        lab = labs(scale=scale)
        if self.point.command == "down":
            assert_stands(lab.up())
        if self.moment == "before":
            lab.meter.cut = At(self.point)
        else:
            lab.meter.kill = At(self.point)
        try:
            getattr(lab, self.point.command)()
        except Kill:
            pass
        else:
            return False
        finally:
            lab.meter.reset()
        lab.world.advance(LISTED)  # as the next run waits, once it has the dead one's lock
        if self.then == "up":
            assert_stands(lab.up())
            assert_at_rest(lab)
        assert_as_before(lab)
        return True


def deaths(labs: Labs, scale: float) -> Iterator[Death]:
    """All that there are: what an undisturbed life shows."""
    lab = labs(scale=scale)
    for command in ("up", "down"):
        getattr(lab, command)()
        yield from (Death(point, moment, then) for point in points(command, changing(lab.meter.calls))
                    for moment in MOMENTS for then in ("up", "down"))
