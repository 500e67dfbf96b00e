"""The certificate of a region's HTTPS listener: whether a load balancer takes it, and for how long it will do.

The algorithm and size of its key are no question: a load balancer takes all that ACM has.
https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tapctl.errors import ConfigurationError
from tapctl.model import Aws
from tapctl.waiting import absent

SOON = timedelta(days=30)  # ACM renews its own 60 days before their end: what has less left was not renewed
# https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html
ISSUED, PENDING = "ISSUED", "PENDING_VALIDATION"


def warning(aws: Aws, arn: str) -> str:
    """What is to be said of the certificate that the configuration names; empty: nothing. Raises ConfigurationError."""
    answer = absent(lambda: aws.client("acm").describe_certificate(CertificateArn=arn), "ResourceNotFoundException")
    return judged(aws.place.region, arn, answer["Certificate"] if answer else None, datetime.now(UTC))


def judged(region: str, arn: str, raw: Mapping[str, Any] | None, now: datetime) -> str:
    """Pure. raw: as ACM describes it; None: it isn't there. Raises ConfigurationError: it is of no use."""
    what, other = f"{region}: the certificate {arn}", "name another one under [certificate_arns] in config.toml"
    look = f"aws acm describe-certificate --region {region} --certificate-arn {arn}"
    if raw is None:
        raise ConfigurationError(f"{what} is not there", reason="ACM of that account and region doesn't know it",
                                 mend=f"{other}: aws acm list-certificates --region {region}")
    if raw["Status"] == PENDING:
        raise ConfigurationError(
            f"{what} is {PENDING}", reason="nobody has shown yet whose its names are",
            mend=f"make the DNS records, or answer the mail, that validation asks for, until it is {ISSUED}: {look}")
    if raw["Status"] != ISSUED:
        why = raw.get("FailureReason", f"only one that is {ISSUED} can be served")
        raise ConfigurationError(f"{what} is {raw['Status']}", reason=why, mend=other)
    ends: datetime = raw["NotAfter"]
    renewal = (f"import its successor: aws acm import-certificate --region {region} --certificate-arn {arn} ..."
               if raw["Type"] == "IMPORTED" else
               f"see why ACM doesn't renew it: {look} --query Certificate.RenewalSummary")
    if ends <= now:
        raise ConfigurationError(f"{what} has expired", reason=f"it was good until {ends:%Y-%m-%d}",
                                 mend=f"{renewal}; or {other}")
    if not any("." in name for name in (raw["DomainName"], *raw.get("SubjectAlternativeNames", []))):
        raise ConfigurationError(
            f"{what} names no domain", mend=other, reason="a load balancer takes one with a full domain name, and this "
            f"is for {raw['DomainName'] or 'nothing'}")
    return f"{what} expires in {(ends - now).days} days, on {ends:%Y-%m-%d}: {renewal}" if ends - now < SOON else ""
