"""What a process of its own does: it has one emulated AWS at a time, and clients that are dear to make."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cache
from tempfile import TemporaryDirectory
from typing import ClassVar
from unittest.mock import patch

from botocore.retries import quota

from tests.conformance.lab import Wires
from tests.conformance.labs import Labs, hurrying
from trials.trial import Entry, Trial, outcome

Lists = Callable[[Labs, float], Iterable[Trial]]


class Quota(quota.RetryQuota):
    """botocore lets a client repeat so many calls in its life. Here it lives for hundreds of runs, each of which would
    have another: so it is filled before each."""

    every: ClassVar[list[Quota]] = []

    def __init__(self) -> None:
        super().__init__()
        self.every.append(self)

    @classmethod
    def fill(cls) -> None:
        for one in cls.every:
            one.release(one.INITIAL_CAPACITY)


@cache
def labs() -> Labs:
    """Hurried until the process ends."""
    stack = ExitStack()
    stack.enter_context(patch.object(quota, "RetryQuota", Quota))
    atexit.register(stack.close)
    os.environ["TAPCTL_STATE_DIR"] = stack.enter_context(TemporaryDirectory())
    made = Labs(Wires(), stack.enter_context(hurrying()))
    stack.callback(made.close)
    return made


def listed(every: Lists, scale: float) -> list[Trial]:
    return list(every(labs(), scale))


def tried(trial: Trial, scale: float) -> Entry:
    Quota.fill()
    began = time.monotonic()
    result, why = outcome(labs(), trial, scale)
    return Entry(str(trial), trial.row, result, why, round(time.monotonic() - began, 1))
