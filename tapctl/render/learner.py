"""What a run's steps took, kept for the estimates of later runs, whatever is seen of the run itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from tapctl.events import Ahead, Emit, Event, Started

if TYPE_CHECKING:
    from tapctl.render.run import Run


@contextmanager
def learning(emit: Emit) -> Iterator[Emit]:
    """Who hears a run, passes it on, and learns of it when it is over."""
    learner = Learner(emit)
    try:
        yield learner
    finally:
        learner.end()


class Learner:
    """Of a run that has nothing to do there is nothing to learn, and nothing is imported for it."""

    def __init__(self, emit: Emit) -> None:
        self.emit, self.lock = emit, Lock()
        self.started: Started | None = None
        self.run: Run | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started = event
        if isinstance(event, Ahead) and self.run is None:
            from tapctl.render.run import Run

            self.run = Run()
        if self.run:
            with self.lock:
                self.run.hear(event, time.monotonic())
        self.emit(event)

    def end(self) -> None:
        if self.started and self.run:
            from tapctl import durations

            with self.lock:  # a call that was given up may still be answered
                took = self.run.took()
            durations.remember(durations.here(self.started), took)
