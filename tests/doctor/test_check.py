"""How checks are made: each question once, and what isn't answered is said."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tapctl.doctor.check import Check, Outcome, Question, Unanswered, answer, fine, made
from tapctl.errors import ConfigurationError
from tapctl.events import Finding, Result
from tests.memory import EAST, WEST, refusal

DENIED = refusal("AccessDenied", "User: me is not authorized to perform: iam:GetAccountSummary on resource: *", "Get")


def question(outcome: Any, name: str = "q", region: str = EAST) -> Question:
    def call() -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Question(name, region, call)


def test_each_question_once() -> None:
    asked: list[str] = []

    def counted(region: str) -> Question:
        def call() -> str:
            asked.append(region)
            return region

        return Question("q", region, call)

    checks = [Check(name, region, (counted(region),), fine) for name in ("a", "b") for region in (EAST, WEST)]
    assert made(iter(checks)) == [Finding(name, region, Result.OK, region)
                                  for name in ("a", "b") for region in (EAST, WEST)]
    assert sorted(asked) == [EAST, WEST]


def test_nothing_is_asked_for_nothing() -> None:
    assert made([Check("a", "", (), lambda: fine("well"))]) == [Finding("a", "", Result.OK, "well")]


@pytest.mark.parametrize(("error", "why"), [
    (DENIED, "not allowed: iam:GetAccountSummary"),
    (refusal("UnauthorizedOperation", "no", "DescribeRegions"), "not allowed: DescribeRegions"),
    (refusal("Throttling", "slow down", "List"), "AWS refused List: Throttling: slow down"),
    (EndpointConnectionError(endpoint_url="https://x"),
     'AWS can\'t be reached: Could not connect to the endpoint URL: "https://x"'),
    (KeyError("CpuOptions"), "the answer lacks 'CpuOptions'"),
])
def test_what_is_not_answered(error: Exception, why: str) -> None:
    assert answer(question(error)) == Unanswered(why)
    (finding,) = made([Check("a", EAST, (question(1), question(error, "r")), lambda *answers: fine("well"))])
    assert finding == Finding("a", EAST, Result.UNKNOWN, f"can't be checked: {why}")


ERROR = ConfigurationError("there is none", reason="so it is", mend="make one")


def test_what_the_configuration_is_wrong_about_is_said_once() -> None:
    """By the check that asks for it alone."""
    gone = question(ERROR, "r")
    alone, beside = made([Check("a", EAST, (gone,), fine), Check("b", EAST, (question(1), gone), fine)])
    assert alone == Finding("a", EAST, Result.PROBLEM, "there is none: so it is", "make one")
    assert beside == Finding("b", EAST, Result.UNKNOWN, "can't be checked: there is none")


def test_a_judgement_that_the_configuration_is_wrong() -> None:
    def judge(answer: int) -> Outcome:
        raise ERROR

    assert made([Check("a", EAST, (question(1),), judge)]) == [
        Finding("a", EAST, Result.PROBLEM, "there is none: so it is", "make one")]


def test_some_judge_what_there_is() -> None:
    def judge(*answers: Any) -> Outcome:
        return fine(", ".join(str(isinstance(one, Unanswered)) for one in answers))

    (finding,) = made([Check("a", "", (question(1), question(DENIED, "r")), judge, partly=True)])
    assert finding.seen == "False, True"


def test_an_answer_that_is_not_as_awss() -> None:
    (finding,) = made([Check("a", "", (question({}),), lambda it: fine(it["Max"]))])
    assert finding == Finding("a", "", Result.UNKNOWN, "can't be checked: the answer lacks 'Max'")


def test_a_defect_is_none_of_the_users() -> None:
    with pytest.raises(ZeroDivisionError):
        made([Check("a", "", (question(ZeroDivisionError()),), fine)])
