"""What a correction is, and the register of them.

A correction stands between a client and moto for one operation: it gets the call as a client made it, asks moto (or
doesn't) and answers as AWS does. It sees plain dictionaries, shaped as boto3 takes and gives them, whatever moto does
inside, so that it is a few lines and survives moto's versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tapctl.emulator.clock import Clock

Answer = dict[str, Any]
ACCOUNT = "123456789012"


@dataclass
class Call:
    """One API call. A correction may change `params` before it asks: moto then gets what they say."""

    service: str
    operation: str
    region: str
    params: dict[str, Any]


class Refusal(Exception):
    """AWS's own error, as the client sees it."""

    response: Any = None  # the whole answer, where moto made it: it may say more than code and message

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


Ask = Callable[[], Answer]
Corrected = Callable[[Call, Ask], Answer]


@dataclass(frozen=True)
class Correction:
    service: str
    operation: str
    page: str
    run: Corrected


class Register:
    """Corrections by operation, in the order in which they were declared: the first is the outermost."""

    def __init__(self) -> None:
        self._by_operation: dict[tuple[str, str], list[Correction]] = {}

    def add(self, correction: Correction) -> None:
        self._by_operation.setdefault((correction.service, correction.operation), []).append(correction)

    def of(self, service: str, operation: str) -> list[Correction]:
        return self._by_operation.get((service, operation), [])

    def __iter__(self) -> Iterator[Correction]:
        for entries in self._by_operation.values():
            yield from entries


REGISTER = Register()


def corrects(service: str, *operations: str, page: str) -> Callable[[Corrected], Corrected]:
    """Register a correction of these operations (botocore's names), with the AWS page it follows."""

    def register(run: Corrected) -> Corrected:
        for operation in operations:
            REGISTER.add(Correction(service, operation, page, run))
        return run

    return register


@dataclass
class World:
    """All that corrections remember beside moto, and the clock. A new emulated AWS is a new World."""

    clock: Clock = field(default_factory=Clock)
    memories: dict[str, dict[Any, Any]] = field(default_factory=lambda: defaultdict(dict))
    regrets: list[str] = field(default_factory=list)
    """What AWS accepted though nobody should have asked: tests look here."""

    def advance(self, seconds: float) -> None:
        """Let so many seconds of AWS pass at once (not on the instant clock, where all has passed)."""
        self.clock.advance(seconds)


_current = World()


def world() -> World:
    return _current


def clock() -> Clock:
    return _current.clock


def memory(subject: str) -> dict[Any, Any]:
    """What corrections remember of a subject; empty in a new world."""
    return _current.memories[subject]


@contextmanager
def in_world(new: World) -> Iterator[World]:
    """Make it the current world; the one before comes back after."""
    global _current
    before, _current = _current, new
    try:
        yield new
    finally:
        _current = before
