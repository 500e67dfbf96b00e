"""Credentials, clock, endpoint, regions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.credentials import Credentials, RefreshableCredentials

from tapctl.doctor import account
from tapctl.doctor.check import fine, made
from tapctl.events import Result
from tests.doctor.answers import Answers, said
from tests.memory import EAST, WEST, refusal


def answered(seconds: float) -> dict[str, Any]:
    """An answer of AWS, whose clock is so many seconds behind this machine's."""
    date = format_datetime(datetime.now(UTC) - timedelta(seconds=seconds), usegmt=True)
    return {"Arn": "arn:aws:iam::123456789012:user/me", "ResponseMetadata": {"HTTPHeaders": {"date": date}}}


# ---------------------------------------------------------------- who, and when
def test_whose_account() -> None:
    aws = Answers({"get_caller_identity": answered(0)})
    assert account.identity("123456789012", aws.ask(account.caller(aws))) == fine(
        "123456789012, as arn:aws:iam::123456789012:user/me")


@pytest.mark.parametrize(("ahead", "seen"), [(1000, 1000), (-1000, -1000), (0, 0)])
def test_how_far_the_clock_is_off(ahead: float, seen: float) -> None:
    aws = Answers({"get_caller_identity": answered(ahead)})
    _, skew = aws.ask(account.caller(aws))
    assert skew == pytest.approx(seen, abs=2)


@pytest.mark.parametrize("answer", [{}, {"ResponseMetadata": {}}, {"ResponseMetadata": {"HTTPHeaders": {}}}])
def test_an_answer_without_a_date(answer: dict[str, Any]) -> None:
    assert account.skew(answer) is None


@pytest.mark.parametrize(("off", "result", "seen"), [
    (0.4, Result.OK, "as AWS's"), (-59.0, Result.OK, "as AWS's"),
    (60.0, Result.WARNING, "60 s ahead of AWS's"), (-299.4, Result.WARNING, "299 s behind AWS's"),
    (300.0, Result.PROBLEM, "300 s ahead of AWS's, which then refuses what is signed"),
    (-4000.0, Result.PROBLEM, "4000 s behind AWS's, which then refuses what is signed"),
    (None, Result.UNKNOWN, "can't be checked: the answer does not say what time it is")])
def test_the_clock(off: float | None, result: Result, seen: str) -> None:
    outcome = account.clock(off)
    assert (outcome.result, outcome.seen) == (result, seen)
    assert bool(outcome.mend) is (result in (Result.WARNING, Result.PROBLEM))


# ---------------------------------------------------------------- for how long
def lasting(seconds: float, method: str = "env") -> RefreshableCredentials:
    return RefreshableCredentials("a", "s", "token", datetime.now(UTC) + timedelta(seconds=seconds), dict, method)


@pytest.mark.parametrize(("new", "result", "seen"), [
    (lambda: Credentials("a", "s"), Result.OK, "they have no end"),
    (lambda: Credentials("a", "s", "token"), Result.UNKNOWN,
     "can't be checked: they are temporary and don't say until when"),
    (lambda: lasting(3600, "sso"), Result.OK, "temporary, and renewed as long as `sso` gives new ones"),
    (lambda: lasting(3600), Result.OK, "temporary, for more than 40 minutes"),
    (lambda: lasting(39 * 60), Result.WARNING,
     "they end in less than 40 minutes; a database with replicas may take longer"),
    (lambda: lasting(16 * 60), Result.WARNING,
     "they end in less than 40 minutes; a database with replicas may take longer"),
])
def test_how_long_credentials_last(new: Callable[[], Any], result: Result, seen: str) -> None:
    outcome = account.lifetime(new())  # not at collection: time passes until it is run
    assert (outcome.result, outcome.seen) == (result, seen)
    assert bool(outcome.mend) is (result is Result.WARNING)


def test_credentials_that_end_too_soon() -> None:
    """botocore tries to renew those of the environment, and keeps them while they last."""
    def renewed() -> dict[str, Any]:
        raise RuntimeError("the environment has no newer ones")

    soon = RefreshableCredentials("a", "s", "token", datetime.now(UTC) + timedelta(minutes=14), renewed, "env")
    outcome = account.lifetime(soon)
    assert (outcome.result, outcome.seen) == (
        Result.PROBLEM, "they end in less than 15 minutes, and a database takes longer")
    assert outcome.mend.startswith("get new ones first")


# ---------------------------------------------------------------- where
@pytest.mark.parametrize(("strange", "emulated", "expected"), [
    ("", False, (Result.OK, "AWS's own", "")),
    ("http://x", True, (Result.OK, "tapctl's own emulator, http://x", "")),
    ("http://x", False, (Result.WARNING, "http://x, which is not AWS's own",
                         "unset AWS_ENDPOINT_URL if AWS itself is meant"))])
def test_endpoint(strange: str, emulated: bool, expected: tuple[Result, str, str]) -> None:
    outcome = account.endpoint(strange, emulated)
    assert (outcome.result, outcome.seen, outcome.mend) == expected


@pytest.mark.parametrize(("status", "expected"), [
    ("opt-in-not-required", (Result.OK, "enabled", "")),
    ("opted-in", (Result.OK, "enabled", "")),
    ("not-opted-in", (Result.PROBLEM, "not-opted-in: not enabled for this account",
                      f"aws account enable-region --region-name {WEST}, or leave it out of regions in config.toml")),
    ("", (Result.PROBLEM, "there is none of this name", "correct regions in config.toml"))])
def test_regions(status: str, expected: tuple[Result, str, str]) -> None:
    listed = [{"RegionName": EAST, "OptInStatus": "opt-in-not-required"},
              *([{"RegionName": WEST, "OptInStatus": status}] if status else [])]
    aws = Answers({"describe_regions": {"Regions": listed}}).at("eu-west-1")
    east, west = made(account.region_checks(aws, [EAST, WEST]))
    assert (east.result, east.region, west.region) == (Result.OK, EAST, WEST)
    assert said(west) == expected
    assert aws.calls == [("us-east-1", "describe_regions", {"AllRegions": True})]


def test_regions_that_may_not_be_asked_for() -> None:
    aws = Answers({"describe_regions": refusal("UnauthorizedOperation", "no", "DescribeRegions")})
    (finding,) = made(account.region_checks(aws, [EAST]))
    assert finding.seen == "can't be checked: not allowed: DescribeRegions"
