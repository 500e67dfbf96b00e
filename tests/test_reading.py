"""Reads that are given up half-way."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from tapctl.engine import Stopped
from tapctl.errors import Interrupted, Terminated
from tapctl.reading import Reads, unless


@pytest.fixture
def answered() -> Iterator[Event]:
    """Until it is set, AWS owes every answer; after the test it owes none."""
    event = Event()
    yield event
    event.set()


@pytest.mark.parametrize("stopped", [Interrupted, Terminated, Stopped])
def test_whoever_is_stopped_waits_for_no_answer_and_asks_nothing_more(
        answered: Event, stopped: type[Exception]) -> None:
    asked: list[int] = []

    def ask(n: int) -> None:
        asked.append(n)
        answered.wait()

    def told(reads: Reads) -> None:
        for n in range(9):
            reads.submit(ask, n)
        raise stopped("now")

    with pytest.raises(stopped), Reads(2) as reads:
        told(reads)
    answered.set()
    reads.shutdown()
    assert set(asked) <= {0, 1}


def test_any_other_error_waits_for_what_is_asked() -> None:
    asked: list[int] = []

    def wrong(reads: Reads) -> None:
        for n in range(9):
            reads.submit(asked.append, n)
        raise LookupError

    with pytest.raises(LookupError), Reads(1) as reads:
        wrong(reads)
    assert asked == [*range(9)]


def test_a_look_is_answered() -> None:
    assert unless(Event(), divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        unless(Event(), divmod, 7, 0)


def test_a_look_is_left_as_soon_as_the_run_is_stopped(answered: Event) -> None:
    stop, asked = Event(), list[str]()

    def look() -> None:
        asked.append("everything")
        stop.set()
        answered.wait()

    for _ in range(2):  # the second is not begun
        with pytest.raises(Stopped):
            unless(stop, look)
    assert asked == ["everything"]
