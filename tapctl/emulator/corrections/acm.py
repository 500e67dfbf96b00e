"""Certificates: a requested one is issued only once its names are validated, by the emulator's clock."""

from __future__ import annotations

from typing import Any

from moto.acm.models import acm_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects

_API = "https://docs.aws.amazon.com/acm/latest/APIReference/"
_STATES = "certificate states"
_PENDING = "PENDING_VALIDATION"
_LATER = ("Issuer", "IssuedAt", "NotAfter", "NotBefore", "Serial")


def certificate(region: str, arn: str) -> Any:
    """moto's certificate, in the state that the clock says, or None."""
    found = acm_backends[ACCOUNT][region]._certificates.get(arn)
    if found is not None and found.type == "AMAZON_ISSUED":
        found.status = lifecycle.state(_STATES, arn) or "ISSUED"
    return found


@corrects("acm", "RequestCertificate", page=_API + "API_RequestCertificate.html")
def request(call: Call, ask: Ask) -> Answer:
    """It is pending for as long as DNS takes; moto issues it after a minute of its own."""
    answer = ask()
    lifecycle.begin(_STATES, answer["CertificateArn"], (_PENDING, durations.CERTIFICATE_VALIDATION))
    return answer


@corrects("acm", "DescribeCertificate", "ListCertificates", page=_API + "API_CertificateDetail.html")
def states(call: Call, ask: Ask) -> Answer:
    """In the state that the clock says; how long it will be good is known only once it is issued."""
    for arn in acm_backends[ACCOUNT][call.region]._certificates:
        certificate(call.region, arn)
    answer = ask()
    told = answer.get("Certificate", {})
    if told.get("Status") == _PENDING:
        answer = {"Certificate": {name: value for name, value in told.items() if name not in _LATER}}
    return answer
