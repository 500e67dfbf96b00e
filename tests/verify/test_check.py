"""A check's verdict, and questions that are asked once."""

from __future__ import annotations

from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.verify.check import UP, Check, Outcome, Verdict, verdict
from tapctl.verify.look import Memo
from tapctl.verify.seen import Missing, Saw, Unchecked, counted, saw
from tests.memory import EAST, refusal

LOOK: Any = SimpleNamespace(place=SimpleNamespace(region=EAST))


def raising(error: Exception) -> Check:
    def run(look: Any) -> Saw:
        raise error

    return Check("a.b", "It is so.", run)


@pytest.mark.parametrize(("check", "expected"), [
    (Check("a.b", "It is so.", lambda look: saw("two")), Verdict("a.b", EAST, Outcome.PASSED, "two")),
    (Check("a.b", "It is so.", lambda look: saw("two", ["one is off"]), "turn it on"),
     Verdict("a.b", EAST, Outcome.FAILED, "two", ("one is off",), "turn it on")),
    (raising(Missing("there is none")), Verdict("a.b", EAST, Outcome.FAILED, "there is none", ("there is none",), UP)),
    (raising(Unchecked("too far")), Verdict("a.b", EAST, Outcome.SKIPPED, "too far")),
    (raising(refusal("UnauthorizedOperation", "not authorized to perform: ec2:DescribeVolumes")),
     Verdict("a.b", EAST, Outcome.SKIPPED, "not allowed to look: ec2:DescribeVolumes", denied="ec2:DescribeVolumes")),
])
def test_a_verdict(check: Check, expected: Verdict) -> None:
    assert verdict(check, LOOK) == expected


def test_another_error_ends_the_run() -> None:
    with pytest.raises(ClientError, match="Throttling"):
        verdict(raising(refusal("Throttling")), LOOK)


def test_a_question_is_asked_once() -> None:
    memo, asked = Memo(), []

    def ask() -> int:
        asked.append(1)
        return len(asked)

    assert [memo("a", ask), memo("a", ask), memo("b", ask)] == [1, 1, 2]


def test_an_error_is_everybodys() -> None:
    memo = Memo()

    def ask() -> None:
        raise refusal("AccessDenied")

    def unasked() -> None:
        pytest.fail("it was asked again")

    for question in (ask, unasked):
        with pytest.raises(ClientError, match="AccessDenied"):
            memo("a", question)


def test_whoever_asks_meanwhile_waits_for_the_same_answer() -> None:
    memo, asked, answered, heard = Memo(), Event(), Event(), []

    def ask() -> str:
        asked.set()
        answered.wait(10)
        return "yes"

    first = Thread(target=lambda: heard.append(memo("a", ask)))
    first.start()
    assert asked.wait(10)
    second = Thread(target=lambda: heard.append(memo("a", lambda: "no")))
    second.start()
    answered.set()
    first.join()
    second.join()
    assert heard == ["yes", "yes"]


def test_counting() -> None:
    assert [counted(n, "pool") for n in (0, 1, 2)] == ["0 pools", "1 pool", "2 pools"]
