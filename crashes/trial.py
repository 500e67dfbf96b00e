"""One death, and what is done after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from crashes.points import At, Point, points
from tests.conformance.checks import assert_as_before, assert_at_rest, assert_stands
from tests.conformance.labs import Labs
from tests.conformance.meter import Kill

TRIES = 3  # runs are concurrent: one may be over before it comes to a point that another came to


class Result(StrEnum):
    SURVIVED = "survived"
    MISSED = "not reached"
    FAILED = "failed"


@dataclass(frozen=True)
class Trial:
    """then: the command that follows the death."""

    point: Point
    then: str

    def __str__(self) -> str:
        return f"{self.point}, then {self.then}"


def trials(labs: Labs, commands: tuple[str, ...], scale: float) -> Iterator[Trial]:
    """All that there are: what an undisturbed life shows."""
    lab = labs(scale=scale)
    for command in ("up", "down"):
        getattr(lab, command)()
        if command in commands:
            yield from (Trial(point, then) for point in points(command, lab.meter.calls) for then in ("up", "down"))


def outcome(labs: Labs, trial: Trial, scale: float) -> tuple[Result, str]:
    """What became of it, and why it failed if it did."""
    for _ in range(TRIES):
        try:
            if died(labs, trial.point, scale):
                recover(labs, trial.then)
                return Result.SURVIVED, ""
        except Exception as error:  # noqa: BLE001 - whatever it is, the product did not survive
            return Result.FAILED, f"{type(error).__name__}: {error}"
    return Result.MISSED, ""


def died(labs: Labs, point: Point, scale: float) -> bool:
    """Run up to the point, in a new account. False: the run ended without coming to it."""
    lab = labs(scale=scale)
    if point.command == "down":
        assert_stands(lab.up())
    if point.moment == "before":
        lab.meter.cut = At(point)
    else:
        lab.meter.kill = At(point)
    try:
        getattr(lab, point.command)()
    except Kill:
        return True
    finally:
        lab.meter.reset()
    return False


def recover(labs: Labs, then: str) -> None:
    """Go on with the stack that a death has left. Raises AssertionError: it isn't as it must be."""
    lab = labs.current
    assert lab is not None
    if then == "up":
        assert_stands(lab.up())
        assert_at_rest(lab)
    assert_as_before(lab)
