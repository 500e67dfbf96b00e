"""A check as data: what it asks of AWS, and a pure judgement of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tapctl.errors import ConfigurationError, TapctlError
from tapctl.events import Finding, Result
from tapctl.explain import as_error, problem
from tapctl.observe import DENIED, WORKERS, action
from tapctl.reading import Reads
from tapctl.waiting import code


@dataclass(frozen=True)
class Question:
    """One thing asked of AWS. The same name in the same region is the same question, whoever asks it."""

    name: str
    region: str
    call: Callable[[], Any] = field(compare=False)  # raises botocore's errors


@dataclass(frozen=True)
class Unanswered:
    """Stands for an answer that AWS didn't give. error: the configuration asks for what isn't there."""

    why: str
    error: ConfigurationError | None = None


@dataclass(frozen=True)
class Outcome:
    result: Result
    seen: str
    mend: str = ""


@dataclass(frozen=True)
class Check:
    """judge: called with the answers to `asks`, in that order; pure, may raise ConfigurationError.

    region: empty for the whole account.

    partly: judge takes Unanswered, too. Else the check can't be made where one of the answers is missing.
    """

    name: str
    region: str
    asks: tuple[Question, ...]
    judge: Callable[..., Outcome]
    partly: bool = False


def fine(seen: str) -> Outcome:
    return Outcome(Result.OK, seen)


def warning(seen: str, mend: str) -> Outcome:
    return Outcome(Result.WARNING, seen, mend)


def wrong(seen: str, mend: str) -> Outcome:
    return Outcome(Result.PROBLEM, seen, mend)


def refused(error: TapctlError) -> Outcome:
    return wrong(": ".join(part for part in (error.message, error.reason) if part), error.mend)


def unknown(why: str) -> Outcome:
    return Outcome(Result.UNKNOWN, f"can't be checked: {why}")


def asked(checks: Iterable[Check]) -> dict[Question, Any]:
    """Every question of these checks with its answer, or Unanswered. All are asked at once, each once."""
    questions = dict.fromkeys(question for check in checks for question in check.asks)
    with Reads(WORKERS) as pool:
        answers = {question: pool.submit(answer, question) for question in questions}
        return {question: future.result() for question, future in answers.items()}


def answer(question: Question) -> Any:
    """AWS's answer, or Unanswered."""
    try:
        return question.call()
    except ConfigurationError as error:
        return Unanswered(error.message, error)
    except LookupError as error:  # an endpoint that isn't AWS's, where AWS says more
        return Unanswered(f"the answer lacks {error}")
    except Exception as error:
        if isinstance(error, ClientError) and code(error) in DENIED:
            return Unanswered(f"not allowed: {action(error)}")
        if as_error(error) is None:
            raise
        return Unanswered(problem(error)[0])


def judged(check: Check, answers: Mapping[Question, Any]) -> Finding:
    """Pure: what the check makes of the answers."""
    outcome = outcome_of(check, [answers[question] for question in check.asks])
    return Finding(check.name, check.region, outcome.result, outcome.seen, outcome.mend)


def outcome_of(check: Check, answers: Sequence[Any]) -> Outcome:
    """What is wrong with an answer is said once, by the check that asks for nothing else."""
    missing = next((one for one in answers if isinstance(one, Unanswered) and not check.partly), None)
    if missing:
        return refused(missing.error) if missing.error and len(answers) == 1 else unknown(missing.why)
    try:
        return check.judge(*answers)
    except ConfigurationError as error:
        return refused(error)
    except LookupError as error:
        return unknown(f"the answer lacks {error}")


def made(checks: Iterable[Check]) -> list[Finding]:
    """What each of these checks finds, in their order."""
    checks = list(checks)
    answers = asked(checks)
    return [judged(check, answers) for check in checks]
