"""What a check is, and what becomes of one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from botocore.exceptions import ClientError

from tapctl.observe import DENIED, action
from tapctl.settings import Settings
from tapctl.verify.look import Look
from tapctl.verify.seen import Missing, Saw, Unchecked
from tapctl.waiting import code

UP = "`tapctl plan` shows what differs, `tapctl up` puts it right"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # it could not be checked


def everywhere(settings: Settings, region: str) -> bool:
    return True


@dataclass(frozen=True)
class Check:
    """name: dotted, its family first, "reachability.database"; about: what holds where it passes; mend: what to do
    where it fails; applies: whether a region of such a stack has what it looks at."""

    name: str
    about: str
    run: Callable[[Look], Saw]
    mend: str = UP
    applies: Callable[[Settings, str], bool] = everywhere


@dataclass(frozen=True)
class Verdict:
    """One check in one region. saw: in a line; wrong: a line each, what failed it; mend: only of what failed;
    denied: the action that was refused, if that is why it could not be checked."""

    check: str
    region: str
    outcome: Outcome
    saw: str
    wrong: tuple[str, ...] = ()
    mend: str = ""
    denied: str = ""
    seconds: float = field(default=0.0, compare=False)


def verdict(check: Check, look: Look) -> Verdict:
    """Run it. Raises botocore's errors, but for a refusal."""
    began, region = time.monotonic(), look.place.region

    def told(outcome: Outcome, saw: str, wrong: tuple[str, ...] = (), denied: str = "") -> Verdict:
        return Verdict(check.name, region, outcome, saw, wrong, check.mend if outcome is Outcome.FAILED else "", denied,
                       time.monotonic() - began)

    try:
        saw = check.run(look)
    except Missing as missing:
        return told(Outcome.FAILED, str(missing), (str(missing),))
    except Unchecked as unchecked:
        return told(Outcome.SKIPPED, str(unchecked))
    except ClientError as error:
        if code(error) not in DENIED:
            raise
        return told(Outcome.SKIPPED, f"not allowed to look: {action(error)}", denied=action(error))
    return told(Outcome.FAILED if saw.wrong else Outcome.PASSED, saw.text, saw.wrong)
