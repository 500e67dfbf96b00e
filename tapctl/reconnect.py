"""A network that was there and is gone is waited for.

botocore's own repeats of a call are over in seconds where nothing answers, and a laptop that changes its network, or a
router that starts anew, is away for longer: that must not end a run of a quarter of an hour. Only a call that has not
left this machine waits, so that nothing is done twice; and only once AWS has been reached, for else it is told at once.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError

if TYPE_CHECKING:
    import boto3

UNSENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
PATIENCE = 90.0  # seconds; shorter than the lease of the stack's lock
GAP = 5.0  # seconds between two attempts
#: Asked of regions that the configuration doesn't name, too: one that can't be reached is not waited for.
NOT_FOR = ("resourcegroupstaggingapi",)


class Away(BotoCoreError):
    """No call to AWS has left this machine since."""

    fmt = "{error}"


class Reconnect:
    """Listens to a session's clients.

    lost: since when no call has left the machine, by the monotonic clock, and why; None: the last that was tried has.
    """

    def __init__(self, session: boto3.Session) -> None:
        self.reached = False
        self.lost: tuple[float, Exception] | None = None
        session.events.register_last("after-call", self._answered)
        session.events.register_last("needs-retry", self._failed)

    def _answered(self, **_: Any) -> None:
        self.reached, self.lost = True, None

    def give_up(self, patience: float = 0.0) -> None:
        """Raises Away: the network has been gone for so many seconds."""
        began, error = self.lost or (math.inf, None)
        gone = time.monotonic() - began
        if gone >= patience:
            raise Away(since=f"{datetime.now(UTC) - timedelta(seconds=gone):%H:%M:%S} UTC", error=error) from error

    def _failed(self, caught_exception: Exception | None, operation: Any, request_dict: Any, **_: Any) -> float | None:
        """Seconds until the call is made again; None: it isn't, but for botocore's own reasons, or this endpoint alone
        can't be reached. Raises Away: none can.

        https://github.com/boto/botocore/blob/develop/botocore/endpoint.py: the first answer that isn't None counts
        """
        service = operation.service_model.service_name
        if not self.reached or not isinstance(caught_exception, UNSENT) or service in NOT_FOR:
            return None
        now = time.monotonic()
        self.lost = self.lost or (now, caught_exception)
        self.give_up(PATIENCE)
        since = request_dict["context"].setdefault("unsent_since", now)
        if now - since < PATIENCE:
            return GAP
        self.give_up(PATIENCE / 2)  # another call's answer may have been on its way when this one met it
        return None
