"""The faults, as data: what becomes of a call on its way to AWS or back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tapctl.emulator import wire
from tapctl.emulator.correction import Refusal
from tapctl.emulator.wire import Response
from tests.conformance.labs import Hurried
from tests.conformance.meter import Sent

SLOWLY = "slow"
SLOW = 50.0  # seconds: ten less than is waited for an answer

# What each service says to one that asks too often. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
THROTTLED = {"ec2": ("RequestLimitExceeded", 503), "s3": ("SlowDown", 503), "autoscaling": ("Throttling", 400),
             "elbv2": ("Throttling", 400), "iam": ("Throttling", 400), "rds": ("Throttling", 400),
             "sts": ("Throttling", 400), "cloudwatch": ("Throttling", 400)}
USUAL = ("ThrottlingException", 400)
Spoiled = Callable[[Sent], Response]  # raises what botocore would meet, or is the answer instead of the call's own


@dataclass(frozen=True)
class Fault:
    """after: AWS has carried the call out, and only its answer is spoiled; times: how often in a row it happens."""

    name: str
    spoiled: Spoiled
    after: bool = False
    times: int = 1

    def __call__(self, sent: Sent) -> Response:
        if self.after:
            sent.arrive()
        return self.spoiled(sent)


def closed(sent: Sent) -> Response:
    raise ConnectionClosedError(endpoint_url=sent.request.raw_url)


def silence(sent: Sent) -> Response:
    raise ReadTimeoutError(endpoint_url=sent.request.raw_url)


def throttled(sent: Sent) -> Response:
    code, status = THROTTLED.get(sent.scope.service, USUAL)
    return wire.refused(sent.scope, sent.request, Refusal(code, "Rate exceeded", status))


def broken(sent: Sent) -> Response:
    return wire.refused(sent.scope, sent.request, Refusal("InternalFailure", "An internal error occurred", 500))


def unavailable(sent: Sent) -> Response:
    """A load balancer's page, as of a service in trouble: no protocol of AWS's."""
    return 503, {"Content-Type": "text/html"}, "<html><body><h1>503 Service Unavailable</h1></body></html>"


def slow(clock: Hurried) -> Fault:
    def late(sent: Sent) -> Response:
        clock.sleep(SLOW)
        return sent.arrive()

    return Fault(SLOWLY, late)


FAULTS = {fault.name: fault for fault in (
    Fault("throttled", throttled, times=2),
    Fault("reset before", closed, times=2),
    Fault("reset after", closed, after=True),
    Fault("timeout after", silence, after=True),
    Fault("500", broken, times=2),
    Fault("500 after", broken, after=True),
    Fault("503", unavailable, times=2),
)}
