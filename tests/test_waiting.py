"""Waiting for a state, and for eventual consistency to pass: on a clock that only waiting moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event, Thread
from types import SimpleNamespace

import pytest
import tenacity
import tenacity.nap
from botocore.exceptions import ClientError

from tapctl import waiting
from tapctl.engine import Stopped
from tapctl.waiting import absent, code, gap, message, polled, tolerate, wait
from tests.memory import refusal


@dataclass
class Clock:
    """naps: seconds slept, one after the other."""

    now: float = 1000
    naps: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


class Stop(Event):
    """Sleeps on the clock; at `after` seconds of it somebody asks to stop."""

    def __init__(self, clock: Clock, after: float = float("inf")) -> None:
        super().__init__()
        self.clock, self.end = clock, clock.now + after

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.clock.sleep(timeout)
        return self.clock.now >= self.end


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (waiting, tenacity, tenacity.nap):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
    return clock


def answering(*answers: str | ClientError) -> Callable[[], str]:
    """A call that answers these one after the other, the last for ever."""
    left = list(answers)

    def call() -> str:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, ClientError):
            raise answer
        return answer

    return call


# ---------------------------------------------------------------- a state
@pytest.mark.parametrize(("waited", "seconds"), [(0, 0.25), (2.5, 0.25), (30, 3), (150, 15), (3600, 15)])
def test_the_gap_is_a_tenth_of_the_wait(waited: float, seconds: float) -> None:
    assert gap(waited) == seconds


def test_looks_come_until_patience_is_over_and_once_more(clock: Clock) -> None:
    assert list(polled(Stop(clock), 1)) == [0, 0.25, 0.5, 0.75, 1]


def test_after_a_sleep_of_the_machine_it_is_looked_at_again(clock: Clock) -> None:
    looks = polled(Stop(clock), 900)
    assert next(looks) == 0
    clock.sleep(10_000)
    assert next(looks) > 900
    assert list(looks) == []


def test_a_quarter_of_an_hour_takes_a_hundred_looks(clock: Clock) -> None:
    looks = list(polled(Stop(clock), 900))
    assert 80 < len(looks) < 120
    assert looks[-2] < 900 <= looks[-1] == clock.now - 1000 < 915


def test_without_patience_there_is_one_look(clock: Clock) -> None:
    assert list(polled(Stop(clock), 0)) == [0]


def test_waiting_ends_at_once_when_asked_to_stop(clock: Clock) -> None:
    looks: list[float] = []
    with pytest.raises(Stopped):
        looks.extend(polled(Stop(clock, after=0.5), 900))
    assert clock.naps == [0.25, 0.25]


def test_a_real_stop_interrupts_a_real_wait() -> None:
    stop = Event()
    stop.set()
    looks = polled(stop, 900)
    assert next(looks) < 1
    with pytest.raises(Stopped):
        next(looks)


# ---------------------------------------------------------------- eventual consistency
def test_a_call_is_repeated_while_it_answers_one_of_the_codes(clock: Clock) -> None:
    assert tolerate(answering(refusal("NotYet"), refusal("NorNow"), "well"), "NotYet", "NorNow") == "well"
    assert len(clock.naps) == 2


def test_another_code_is_an_error_at_once(clock: Clock) -> None:
    with pytest.raises(ClientError, match="Never"):
        tolerate(answering(refusal("Never"), "well"), "NotYet")
    assert clock.naps == []


def test_the_message_must_say_so_too(clock: Clock) -> None:
    passing, other = refusal("Invalid", "the role is not known"), refusal("Invalid", "the name is too long")
    assert tolerate(answering(passing, "well"), "Invalid", saying="role") == "well"
    with pytest.raises(ClientError, match="too long"):
        tolerate(answering(passing, other, "well"), "Invalid", saying="role")
    assert len(clock.naps) == 2


@pytest.mark.parametrize("seconds", [5, 60])
def test_it_ends_with_awss_last_answer(clock: Clock, seconds: float) -> None:
    with pytest.raises(ClientError, match="NotYet"):
        tolerate(answering(refusal("NotYet")), "NotYet", seconds=seconds)
    assert seconds <= sum(clock.naps) < seconds + 5
    assert max(clock.naps) <= 5


def test_an_error_that_is_not_awss_is_not_tolerated(clock: Clock) -> None:
    def call() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        tolerate(call, "NotYet")
    assert clock.naps == []


# ---------------------------------------------------------------- not there
def test_what_is_not_there_is_none() -> None:
    assert absent(answering("well"), "NoSuchBox") == "well"
    assert absent(answering(refusal("NoSuchBox")), "NoSuchRoom", "NoSuchBox") is None
    with pytest.raises(ClientError, match="AccessDenied"):
        absent(answering(refusal("AccessDenied")), "NoSuchBox")


def test_an_error_without_words_has_empty_ones() -> None:
    wordless = ClientError({}, "MakeBox")
    assert (code(wordless), message(wordless)) == ("", "")
    assert (code(refusal("Why", "because")), message(refusal("Why", "because"))) == ("Why", "because")


# ---------------------------------------------------------------- in the main thread
@pytest.fixture
def stopped_soon() -> Iterator[Event]:
    stop = Event()
    thread = Thread(target=stop.set)
    thread.start()
    yield stop
    thread.join()


def test_waiting(stopped_soon: Event) -> None:
    began = time.monotonic()
    wait(stopped_soon, 60)
    wait(Event(), 0.01)
    assert 0.01 <= time.monotonic() - began < 30
