"""The account and the way to it: whose the credentials are and how long they last, clock, endpoint, regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from botocore.credentials import RefreshableCredentials

from tapctl.doctor.check import Check, Outcome, Question, fine, unknown, warning, wrong
from tapctl.explain import enabling
from tapctl.model import Aws
from tapctl.naming import home
from tapctl.session import Session

# seconds that an `up` takes which makes databases: alone, and with replicas
SHORT, LONG = 15 * 60, 40 * 60
# seconds of difference from which requests are refused, and from which that is near
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
REFUSED, OFF = 5 * 60, 60
ENABLED = ("opt-in-not-required", "opted-in")


# ---------------------------------------------------------------- what AWS is asked
def caller(aws: Aws) -> Question:
    """The ARN of whoever calls, and how far the clock is off."""
    def call() -> tuple[str, float | None]:
        answer = aws.client("sts").get_caller_identity()
        return str(answer["Arn"]), skew(answer)

    return Question("caller", aws.place.region, call)


def skew(answer: Mapping[str, Any]) -> float | None:
    """Seconds that this machine's clock is ahead of AWS's, which has just answered this; None: it doesn't say."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() if date else None


def regions(aws: Aws) -> Question:
    """Region -> whether it is enabled, in AWS's words."""
    return Question("regions", "", lambda: {
        region["RegionName"]: region["OptInStatus"]
        for region in aws.client("ec2").describe_regions(AllRegions=True)["Regions"]})


# ---------------------------------------------------------------- judgements
def identity(account: str, answer: tuple[str, float | None]) -> Outcome:
    return fine(f"{account}, as {answer[0]}")


def clock(off: float | None) -> Outcome:
    if off is None:
        return unknown("the answer does not say what time it is")
    seen, mend = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} AWS's", "set this machine's clock, by NTP"
    if abs(off) < OFF:
        return fine("as AWS's")
    return warning(seen, mend) if abs(off) < REFUSED else wrong(f"{seen}, which then refuses what is signed", mend)


def lifetime(credentials: Any) -> Outcome:
    """credentials: botocore's. Those of the environment are the only ones with an end that botocore can't renew."""
    if not credentials.token:
        return fine("they have no end")
    if not isinstance(credentials, RefreshableCredentials):
        return unknown("they are temporary and don't say until when")
    if credentials.method != "env":
        return fine(f"temporary, and renewed as long as `{credentials.method}` gives new ones")
    mend = "get new ones first; what a run that breaks off has made stands, and the next goes on from there"
    if credentials.refresh_needed(SHORT):
        return wrong(f"they end in less than {SHORT // 60} minutes, and a database takes longer", mend)
    if credentials.refresh_needed(LONG):
        return warning(f"they end in less than {LONG // 60} minutes; a database with replicas may take longer", mend)
    return fine(f"temporary, for more than {LONG // 60} minutes")


def endpoint(strange: str, emulated: bool) -> Outcome:
    if emulated:
        return fine(f"tapctl's own emulator, {strange}")
    if strange:
        return warning(f"{strange}, which is not AWS's own", "unset AWS_ENDPOINT_URL if AWS itself is meant")
    return fine("AWS's own")


def enabled(region: str, known: Mapping[str, str]) -> Outcome:
    if region not in known:
        return wrong("there is none of this name", "correct regions in config.toml")
    if known[region] not in ENABLED:
        return wrong(f"{known[region]}: not enabled for this account", enabling(region))
    return fine("enabled")


# ---------------------------------------------------------------- the checks
def checks(session: Session) -> Iterator[Check]:
    aws = session.aws
    who = caller(aws)
    yield Check("account", "", (who,), partial(identity, aws.place.account))
    yield Check("credentials", "", (), partial(lifetime, aws.connections.session.get_credentials()))
    yield Check("clock", "", (who,), lambda answer: clock(answer[1]))
    yield Check("endpoint", "", (), partial(endpoint, session.endpoint, session.emulated))
    yield from region_checks(aws, session.regions)


def region_checks(aws: Aws, of: Sequence[str]) -> Iterator[Check]:
    ask = regions(aws.at(home(aws.place.partition)))
    return (Check("region", region, (ask,), partial(enabled, region)) for region in of)
