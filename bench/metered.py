"""`python -m bench.metered --state-file F`: the emulator, on the instant clock, which counts calls and delays each.

It is asked as AWS is, by requests signed with its token, but for the made-up service `bench`.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock
from unittest.mock import patch

from moto.core.request import Request
from moto.moto_api._internal import moto_api_backend

from tapctl.emulator import dispatch, server, wire
from tapctl.emulator.correction import World, in_world
from tapctl.emulator.wire import Response, Scope

SERVICE = "bench"
Respond = Callable[[Scope, Request], Response]


class Meter:
    """Stands where every request passes. calls: "service Operation" -> how often; delay: seconds added to each."""

    def __init__(self, respond: Respond) -> None:
        self.respond, self.lock, self.world = respond, Lock(), ExitStack()
        self.calls: Counter[str] = Counter()
        self.delay = 0.0

    def __call__(self, scope: Scope, request: Request) -> Response:
        if scope.signing_name == SERVICE:
            return self.control(request)
        named = name(scope, request)
        with self.lock:
            self.calls[named] += 1
        time.sleep(self.delay)  # outside of every lock: calls under way at once wait at once
        return self.respond(scope, for_old_providers(request) if named == "s3 CreateBucket" else request)

    def control(self, request: Request) -> Response:
        """GET /calls; POST /start/SECONDS: count from nothing, with this delay; POST /reset: an empty account."""
        answer: dict[str, int] = {}
        match request.path.strip("/").split("/"):
            case ["calls"]:
                answer = dict(self.calls)
            case ["start", seconds]:
                self.calls.clear()
                self.delay = float(seconds)
            case ["reset"]:
                moto_api_backend.reset()
                self.world.close()
                self.world.enter_context(in_world(World()))
            case _:
                return 404, {}, "no such path\n"
        return 200, {"Content-Type": "application/json"}, json.dumps(answer)


def name(scope: Scope, request: Request) -> str:
    """What AWS calls the operation; method and path where it can't be told."""
    operation = wire.operation_of(scope, wire.path_style(request))
    return f"{scope.service} {operation or f'{request.method} {request.path}'}"


def for_old_providers(request: Request) -> Request:
    """Terraform's AWS provider 5 can't say in which name space a bucket is to be: it is said here in its place.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
    """
    if not request.path.rstrip("/").endswith("-an") or "x-amz-bucket-namespace" in request.headers:
        return request
    headers = {**dict(request.headers.items()), "x-amz-bucket-namespace": "account-regional"}
    return Request.from_primitives(request.method, request.raw_url, headers, request.data)


if __name__ == "__main__":
    with patch.object(dispatch, "respond", Meter(dispatch.respond)):
        server.main()
