"""A network that was there and is gone is waited for.

botocore's own repeats of a call are over in seconds where nothing answers, and a laptop that changes its network, or a
router that starts anew, is away for longer: that must not end a run of a quarter of an hour. Only a call that has not
left this machine waits, so that nothing is done twice; and only once AWS has been reached, for else it is told at once.
"""

from __future__ import annotations

import time
from typing import Any

import boto3
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError

UNSENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
PATIENCE = 90.0  # seconds; shorter than the lease of the stack's lock
GAP = 5.0  # seconds between two attempts
#: Asked of regions that the configuration doesn't name, too: one that can't be reached is not waited for.
NOT_FOR = ("resourcegroupstaggingapi",)


class Reconnect:
    """Listens to a session's clients."""

    def __init__(self, session: boto3.Session) -> None:
        self.reached = False
        session.events.register_last("after-call", self._answered)
        session.events.register_last("needs-retry", self._failed)

    def _answered(self, **_: Any) -> None:
        self.reached = True

    def _failed(self, caught_exception: Exception | None, operation: Any, request_dict: Any, **_: Any) -> float | None:
        """Seconds until the call is made again; None: it isn't, but for botocore's own reasons.

        https://github.com/boto/botocore/blob/develop/botocore/endpoint.py: the first answer that isn't None counts
        """
        service = operation.service_model.service_name
        if not self.reached or not isinstance(caught_exception, UNSENT) or service in NOT_FOR:
            return None
        since = request_dict["context"].setdefault("unsent_since", time.monotonic())
        return GAP if time.monotonic() - since < PATIENCE else None
