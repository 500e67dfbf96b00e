"""What AWS takes time for: the states that something passes through, by the emulator's clock."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from tapctl.emulator.correction import clock, memory


@dataclass(frozen=True)
class Lifecycle:
    """States since a moment, each with the second at which it ends; after the last the thing is settled."""

    since: float
    states: tuple[tuple[str, float], ...]
    ends: bool = False  # it settles by being gone

    def state(self) -> str | None:
        passed = clock().since(self.since)
        return next((state for state, until in self.states if passed < until), None)


def begin(subject: str, key: Hashable, *states: tuple[str, float], ends: bool = False) -> None:
    memory(subject)[key] = Lifecycle(clock().moment(), states, ends)


def state(subject: str, key: Hashable) -> str | None:
    """The state it is passing through, or None: settled, or never begun."""
    found = memory(subject).get(key)
    return found.state() if found else None


def end_due(subject: str) -> Iterator[Any]:
    """Those whose end has come, each once: the caller takes them away."""
    lives = memory(subject)
    for key in [key for key, life in lives.items() if life.ends and life.state() is None]:
        del lives[key]
        yield key


def forget(subject: str, key: Hashable) -> None:
    memory(subject).pop(key, None)
