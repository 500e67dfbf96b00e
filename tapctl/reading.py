"""Reads that nobody has to wait for: given up half-way, they leave nothing behind in AWS."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from types import TracebackType
from typing import TypeVar

from tapctl.engine import THREADS, Stopped
from tapctl.errors import Interrupted
from tapctl.waiting import LOOK_AT_STOP

T = TypeVar("T")


class Reads(ThreadPoolExecutor):
    """So many at once. Whoever is stopped leaves: what isn't asked yet never is, and no answer is waited for."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, THREADS)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        stopped = isinstance(error, Interrupted | Stopped)
        self.shutdown(wait=not stopped, cancel_futures=stopped)


def unless(stop: Event, look: Callable[..., T], *args: object) -> T:
    """The look's answer, where a signal raises nothing. Raises Stopped as soon as `stop` is set."""
    looking: Future[T] | None = None
    with Reads(1) as reads:
        while not stop.is_set():
            looking = looking or reads.submit(look, *args)
            if wait([looking], LOOK_AT_STOP).done:
                return looking.result()
        raise Stopped
