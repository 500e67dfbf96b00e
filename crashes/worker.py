"""What a process of its own does: it has one emulated AWS at a time, and clients that are dear to make."""

from __future__ import annotations

import atexit
import time
from contextlib import ExitStack
from functools import cache

from crashes.journal import Entry
from crashes.trial import Trial, outcome, trials
from tests.conformance.lab import Wires
from tests.conformance.labs import Labs, hurrying


@cache
def labs() -> Labs:
    """Hurried until the process ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    made = Labs(Wires(), stack.enter_context(hurrying()))
    stack.callback(made.close)
    return made


def listed(commands: tuple[str, ...], scale: float) -> list[Trial]:
    return list(trials(labs(), commands, scale))


def tried(trial: Trial, scale: float) -> Entry:
    began = time.monotonic()
    result, why = outcome(labs(), trial, scale)
    return Entry(trial, result, why, round(time.monotonic() - began, 1))
