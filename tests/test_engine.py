"""The walk, on nodes that are letters."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Mapping
from graphlib import CycleError
from threading import Barrier, Event, Lock
from threading import enumerate as enumerate_threads

import pytest

from tapctl import engine
from tapctl.engine import Stopped, Walk, remaining, walk

PATIENCE = 5  # seconds until a test that hangs fails instead


class Abort(BaseException):
    """What is no Exception, as KeyboardInterrupt is none."""


def fails(*nodes: str) -> dict[str, Exception]:
    return {node: ValueError(node) for node in nodes}


def walked(needs: Mapping[str, Collection[str]], failing: Mapping[str, BaseException]) -> Walk[str]:
    def run(node: str) -> None:
        if node in failing:
            raise failing[node]

    return walk(needs, run, Event())


def test_every_node_runs_once_and_after_what_it_needs() -> None:
    ran: list[str] = []
    result = walk({"d": ("b", "c"), "c": ("a",), "b": ("a",), "a": ()}, ran.append, Event())
    assert ran[0] == "a"
    assert sorted(ran[1:3]) == ["b", "c"]
    assert ran[3:] == ["d"]
    assert sorted(result.done) == ["a", "b", "c", "d"]
    assert (result.failed, result.blocked, result.stopped) == ({}, {}, False)


def test_nothing_to_do_is_done() -> None:
    assert walked({}, {}) == Walk()


def test_the_longest_remaining_path_goes_first() -> None:
    ran: list[str] = []
    walk({"short": (), "middling": (), "m2": ("middling",), "long": (), "l2": ("long",), "l3": ("l2",)}, ran.append,
         Event(), workers=1)
    assert ran[:3] == ["long", "middling", "short"]


def test_a_path_is_as_long_as_the_nodes_on_it() -> None:
    assert remaining({"a": (), "b": ("a",), "c": ("b", "a"), "alone": ()}) == {"a": 3, "b": 2, "c": 1, "alone": 1}


def test_what_does_not_need_each_other_runs_at_the_same_time() -> None:
    meeting = Barrier(3, timeout=PATIENCE)

    def run(node: str) -> None:
        meeting.wait()

    assert len(walk(dict.fromkeys("abc", ()), run, Event()).done) == 3


def test_no_more_than_the_workers_run_at_the_same_time() -> None:
    lock, running, most = Lock(), 0, 0

    def run(node: str) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        Event().wait(0.01)
        with lock:
            running -= 1

    walk(dict.fromkeys("abcdef", ()), run, Event(), workers=2)
    assert most == 2


def test_a_failure_keeps_back_only_what_needs_it() -> None:
    failing = fails("a")
    result = walked({"a": (), "needs a": ("a",), "c": (), "needs c": ("c",)}, failing)
    assert result.failed == failing
    assert result.blocked == {"needs a": "a"}
    assert sorted(result.done) == ["c", "needs c"]
    assert not result.stopped


def test_what_is_blocked_names_the_failure_at_the_root() -> None:
    result = walked({"a": (), "b": ("a",), "c": ("b",), "well": (), "d": ("well", "c")}, fails("a"))
    assert result.blocked == {"b": "a", "c": "a", "d": "a"}
    assert result.done == ["well"]


def test_after_a_hopeless_failure_nothing_new_starts() -> None:
    ran: list[str] = []
    failed = Event()

    def run(node: str) -> None:
        ran.append(node)
        if node == "hopeless":
            failed.set()
            raise ValueError(node)
        assert failed.wait(PATIENCE)
        time.sleep(0.5)  # the walk has heard of it

    result = walk({"hopeless": [], "slow": [], "other": ["slow"]}, run, Event(),
                  hopeless=lambda error: isinstance(error, ValueError))
    assert sorted(ran) == ["hopeless", "slow"]
    assert result.done == ["slow"]
    assert result.failed == {"hopeless": result.hopeless}
    assert not result.stopped


def test_two_failures_are_both_told() -> None:
    result = walked({"a": (), "b": (), "c": ("a",), "d": ("b",)}, fails("a", "b"))
    assert set(result.failed) == {"a", "b"}
    assert result.blocked == {"c": "a", "d": "b"}


def test_once_stopped_nothing_new_starts_and_what_runs_is_waited_for() -> None:
    stop, under_way, asked = Event(), Event(), Event()
    ended: list[str] = []

    def run(node: str) -> None:
        if node == "quick":
            assert under_way.wait(PATIENCE)
            stop.set()
            asked.set()
        else:
            under_way.set()
            assert asked.wait(PATIENCE)
            Event().wait(0.05)  # the walk has come round meanwhile
        ended.append(node)

    result = walk({"quick": (), "slow": (), "after quick": ("quick",), "after slow": ("slow",)}, run, stop)
    assert ended == result.done == ["quick", "slow"]
    assert result.stopped
    assert (result.failed, result.blocked) == ({}, {})


def test_what_is_stopped_before_it_starts_does_nothing() -> None:
    stop = Event()
    stop.set()
    ran: list[str] = []
    assert walk({"a": ()}, ran.append, stop) == Walk(stopped=True)
    assert ran == []


def test_a_node_that_gives_up_has_neither_failed_nor_is_it_done() -> None:
    result = walked({"a": (), "b": ("a",)}, {"a": Stopped()})
    assert result == Walk()


def test_a_failure_while_stopping_is_told() -> None:
    stop = Event()

    def run(node: str) -> None:
        stop.set()
        raise ValueError(node)

    result = walk({"a": (), "b": ("a",)}, run, stop)
    assert (set(result.failed), result.blocked, result.stopped) == ({"a"}, {"b": "a"}, True)


def test_what_is_no_exception_ends_the_walk() -> None:
    with pytest.raises(Abort):
        walked({"a": (), "b": ("a",)}, {"a": Abort()})


def test_a_circle_is_an_error_before_anything_runs() -> None:
    ran: list[str] = []
    with pytest.raises(CycleError):
        walk({"a": ("b",), "b": ("a",), "c": ()}, ran.append, Event())
    assert ran == []


def test_a_signal_is_handled_while_every_node_waits() -> None:
    heard = Event()

    def run(node: str) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        heard.wait(PATIENCE)

    before = signal.signal(signal.SIGUSR1, lambda number, frame: heard.set())
    try:
        result = walk({"a": ()}, run, Event())
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard.is_set()
    assert result.done == ["a"]


def test_the_walk_comes_round_though_nothing_ends() -> None:
    """Where a signal does not wake the main thread by itself, half a second later it does Python code again."""

    def run(node: str) -> None:
        Event().wait(0.6)

    assert walk({"a": ()}, run, Event()).done == ["a"]


def test_a_call_that_never_answers_is_given_up_after_a_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "GRACE", 0.05)
    stop, never = Event(), Event()

    def run(node: str) -> None:
        stop.set()
        never.wait(PATIENCE)

    result = walk({"a": (), "b": ("a",)}, run, stop)
    assert result == Walk(stopped=True)
    assert any(thread.name.startswith(engine.THREADS) for thread in enumerate_threads())
    never.set()
