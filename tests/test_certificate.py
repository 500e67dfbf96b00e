"""Whether a load balancer takes a certificate, and for how long it will do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tapctl.certificate import judged
from tapctl.errors import ConfigurationError

EAST = "us-east-1"
ARN = f"arn:aws:acm:{EAST}:123456789012:certificate/12345678-1234-1234-1234-123456789012"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
LOOK = f"aws acm describe-certificate --region {EAST} --certificate-arn {ARN}"


def raw(days: float = 300, **more: Any) -> dict[str, Any]:
    return {"Status": "ISSUED", "Type": "AMAZON_ISSUED", "DomainName": "app.example.com",
            "NotAfter": NOW + timedelta(days=days), **more}


def refused(described: dict[str, Any] | None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        judged(EAST, ARN, described, NOW)
    return raised.value


@pytest.mark.parametrize("more", [
    {}, {"Type": "IMPORTED"}, {"DomainName": "", "SubjectAlternativeNames": ["localhost", "app.example.com"]}])
def test_of_a_good_one_there_is_nothing_to_say(more: dict[str, Any]) -> None:
    assert judged(EAST, ARN, raw(**more), NOW) == ""
    assert judged(EAST, ARN, raw(30, **more), NOW) == ""


def test_one_that_is_not_there() -> None:
    error = refused(None)
    assert error.message == f"{EAST}: the certificate {ARN} is not there"
    assert f"aws acm list-certificates --region {EAST}" in error.mend


def test_one_that_nobody_has_validated_yet() -> None:
    error = refused({"Status": "PENDING_VALIDATION"})
    assert error.message == f"{EAST}: the certificate {ARN} is PENDING_VALIDATION"
    assert error.mend.endswith(f"until it is ISSUED: {LOOK}")


@pytest.mark.parametrize("status", ["INACTIVE", "EXPIRED", "VALIDATION_TIMED_OUT", "REVOKED", "FAILED"])
def test_one_that_is_of_no_use_any_more(status: str) -> None:
    error = refused(raw(Status=status))
    assert error.message == f"{EAST}: the certificate {ARN} is {status}"
    assert error.reason == "only one that is ISSUED can be served"
    assert refused({"Status": status, "FailureReason": "CAA_ERROR"}).reason == "CAA_ERROR"
    assert "[certificate_arns]" in error.mend


def test_one_that_has_expired() -> None:
    error = refused(raw(0))
    assert error.lines()[:2] == [f"{EAST}: the certificate {ARN} has expired", "reason: it was good until 2026-11-27"]
    assert f"{LOOK} --query Certificate.RenewalSummary" in error.mend


def test_one_for_no_domain() -> None:
    local = refused(raw(DomainName="localhost", SubjectAlternativeNames=["here"]))
    assert local.reason.endswith("this is for localhost")
    assert refused(raw(DomainName="")).message == f"{EAST}: the certificate {ARN} names no domain"
    assert refused(raw(DomainName="")).reason.endswith("this is for nothing")


def test_the_end_is_told_a_month_before() -> None:
    said = judged(EAST, ARN, raw(29.5), NOW)
    assert said == (f"{EAST}: the certificate {ARN} expires in 29 days, on 2026-12-27: see why ACM doesn't renew it: "
                    f"{LOOK} --query Certificate.RenewalSummary")
    said = judged(EAST, ARN, raw(0.1, Type="IMPORTED"), NOW)
    assert f"expires in 0 days, on 2026-11-27: import its successor: aws acm import-certificate --region {EAST}" in said
