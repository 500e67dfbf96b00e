"""The walk: every node of a graph, in parallel, each as soon as what it needs is done.

Knows no AWS and no terminal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)

GRACE = 5.0  # seconds for calls in flight to answer once a walk is to stop
THREADS = "calls"  # the name of threads that ask AWS; one that a stopped run leaves may wait for its answer for ever
WORKERS = 32  # most of them wait for AWS; more than a three-region stack ever has ready at once


class Stopped(Exception):
    """A node gave up because the walk was asked to stop; it neither failed nor is done."""


@dataclass
class Walk(Generic[N]):
    """What became of each node. A node that is in none of these was never started. hopeless: the first failure that
    every other node would have met too."""

    done: list[N] = field(default_factory=list)
    failed: dict[N, Exception] = field(default_factory=dict)
    blocked: dict[N, N] = field(default_factory=dict)  # node -> the failed one that it needs
    stopped: bool = False
    hopeless: Exception | None = None


def never(error: Exception) -> bool:
    """No failure is another's."""
    return False


def untold(*_: object) -> None:
    """Nobody hears of it before the walk is over."""


def walk(needs: Mapping[N, Collection[N]], run: Callable[[N], None], stop: Event, workers: int = WORKERS,
         hopeless: Callable[[Exception], bool] = never, broke: Callable[[N, Exception], None] = untold,
         stopping: Callable[[], None] = untold) -> Walk[N]:
    """Run every node once all that it needs is done, the longest remaining path first.

    broke: hears of each failure that isn't hopeless; stopping: of the stop, if something runs then; both in the
    caller's thread.

    A failure keeps back only what needs it; after a hopeless one, which any other would meet too, nothing new is
    started. Nor is once `stop` is set, and what runs then gets GRACE seconds to end. Raises graphlib.CycleError.
    """
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    rank = remaining(needs)
    result: Walk[N] = Walk()
    running: dict[Future[None], N] = {}
    deadline = float("inf")
    pool = ThreadPoolExecutor(max(1, min(workers, len(needs))), THREADS)
    try:
        while True:
            if stop.is_set():
                if running and deadline == float("inf"):
                    stopping()
                deadline = min(deadline, time.monotonic() + GRACE)
            ready = () if stop.is_set() or result.hopeless else sorter.get_ready()
            for node in sorted(ready, key=rank.__getitem__, reverse=True):
                running[pool.submit(run, node)] = node
            if not running or time.monotonic() > deadline:
                break
            # the time-out lets a signal handler run: the main thread must come round to Python code
            finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                node, error = running.pop(future), future.exception()
                if error is None:
                    result.done.append(node)
                    sorter.done(node)
                elif isinstance(error, Exception):
                    if not isinstance(error, Stopped):
                        result.failed[node] = error
                        if not hopeless(error):
                            broke(node, error)
                        else:
                            result.hopeless = result.hopeless or error
                else:
                    raise error
    finally:
        pool.shutdown(wait=not stop.is_set(), cancel_futures=True)
    result.stopped = stop.is_set()
    result.blocked = _blocked(needs, result.failed)
    return result


def left_behind() -> set[Thread]:
    """The threads of what was stopped: each still waits, for an answer or for its next try."""
    return {thread for thread in enumerate_threads() if thread.name.startswith(THREADS)}


def remaining(needs: Mapping[N, Collection[N]]) -> dict[N, int]:
    """Nodes on the longest path from each node to the end, itself included."""
    users: dict[N, list[N]] = {n: [] for n in needs}
    for node, needed in needs.items():
        for n in needed:
            users[n].append(node)
    rank: dict[N, int] = {}
    for node in reversed(list(TopologicalSorter(needs).static_order())):
        rank[node] = 1 + max((rank[u] for u in users[node]), default=0)
    return rank


def _blocked(needs: Mapping[N, Collection[N]], failed: Mapping[N, Exception]) -> dict[N, N]:
    cause: dict[N, N] = {n: n for n in failed}
    for node in TopologicalSorter(needs).static_order():
        if node not in cause:
            by = next((cause[n] for n in needs[node] if n in cause), None)
            if by is not None:
                cause[node] = by
    return {n: by for n, by in cause.items() if n not in failed}
