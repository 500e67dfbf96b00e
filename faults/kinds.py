"""The faults, as data: what becomes of a call on its way to AWS or back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tapctl.emulator import wire
from tapctl.emulator.correction import ACCOUNT, Refusal
from tapctl.emulator.wire import Response
from tests.conformance.labs import Hurried
from tests.conformance.meter import Sent
from tests.iam import actions

SLOWLY = "slow"
SLOW = 50.0  # seconds: ten less than is waited for an answer

QUERY = ("autoscaling", "elbv2", "iam", "rds", "sts", "cloudwatch")
# What each service says to one that asks too often. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
THROTTLED = {"ec2": ("RequestLimitExceeded", 503), "s3": ("SlowDown", 503),
             **dict.fromkeys(QUERY, ("Throttling", 400))}
USUAL = ("ThrottlingException", 400)
# What each says to one that isn't allowed: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
DENIED = {"ec2": ("UnauthorizedOperation", 403), **dict.fromkeys(
    ("s3", *QUERY), ("AccessDenied", 403))}
USUALLY_DENIED = ("AccessDeniedException", 400)
# To one whose credentials have expired, and to one whose clock is wrong, see the services' "common errors":
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the like
EXPIRED = {"ec2": ("RequestExpired", 400), "s3": ("ExpiredToken", 400), **dict.fromkeys(QUERY, ("ExpiredToken", 403))}
EARLY = {"ec2": ("RequestExpired", 400), "s3": ("RequestTimeTooSkewed", 403),
         **dict.fromkeys(QUERY, ("SignatureDoesNotMatch", 403))}
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


def denied(sent: Sent) -> Response:
    """S3 says nothing more than 403 to a HEAD request."""
    if sent.request.method == "HEAD":
        return 403, {}, ""
    (code, status), (action, *_) = DENIED.get(sent.scope.service, USUALLY_DENIED), actions.of(sent.call)
    return wire.refused(sent.scope, sent.request, Refusal(code, (
        f"User: arn:aws:iam::{ACCOUNT}:user/me is not authorized to perform: {action} because no identity-based policy "
        f"allows the {action} action"), status))


def expired(sent: Sent) -> Response:
    code, status = EXPIRED.get(sent.scope.service, ("ExpiredTokenException", 400))
    return wire.refused(sent.scope, sent.request, Refusal(
        code, "The security token included in the request is expired", status))


def early(sent: Sent) -> Response:
    """To a request whose date is wrong."""
    code, status = EARLY.get(sent.scope.service, ("InvalidSignatureException", 400))
    return wire.refused(sent.scope, sent.request, Refusal(
        code, "Signature not yet current: 20261129T120000Z is still later than 20261129T113500Z", status))


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
