"""One trial, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tests.conformance.labs import Labs

TRIES = 20  # runs are concurrent: one may be over before it comes to a point that another came to


class Result(StrEnum):
    SURVIVED = "survived"
    MISSED = "not reached"
    FAILED = "failed"


class Trial(Protocol):
    """Data, so that another process can make it. Its text tells it from every other."""

    @property
    def row(self) -> tuple[str, ...]:
        """The row of the table that it is counted in."""

    def __call__(self, labs: Labs, scale: float) -> bool:
        """Make it, on this clock. False: the run ended without coming to what was to befall it.

        Raises whatever the product raises, and AssertionError: it did not do as it must.
        """


@dataclass(frozen=True)
class Entry:
    """trial: its text."""

    trial: str
    row: tuple[str, ...]
    result: Result
    why: str = ""
    seconds: float = 0.0


def outcome(labs: Labs, trial: Trial, scale: float) -> tuple[Result, str]:
    """What became of it, and why it failed if it did."""
    for _ in range(TRIES):
        try:
            if trial(labs, scale):
                return Result.SURVIVED, ""
        except Exception as error:  # noqa: BLE001 - whatever it is, the product did not survive
            return Result.FAILED, f"{type(error).__name__}: {error}"
    return Result.MISSED, ""
