"""Every API call that a session's clients make, and what is to befall it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Lock, local
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ReadTimeoutError
from moto.core.request import Request

from tapctl.emulator import dispatch
from tapctl.emulator.wire import Response, Scope

READS = ("Get", "List", "Describe", "Head", "Search")


class Severed(BotoCoreError):
    """The connection is gone for good: botocore doesn't repeat after this one."""

    fmt = "no answer to {call}"


class Kill(BaseException):
    """The process is gone: no handler of the product may catch it."""


@dataclass
class Call:
    service: str
    operation: str
    region: str
    params: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def mutating(self) -> bool:
        return not self.operation.startswith(READS)

    def __str__(self) -> str:
        return f"{self.region} {self.service} {self.operation}"


@dataclass(frozen=True)
class Sent:
    """An attempt of a call on its way."""

    call: Call
    scope: Scope
    request: Request

    def arrive(self) -> Response:
        """AWS carries it out, and this is the answer."""
        return dispatch.respond(self.scope, self.request)


Chosen = Callable[[Call], bool]
Way = Callable[[Sent], Response]


def nothing(call: Call) -> Any:
    return None


class Meter:
    """Listens to a session. What it does to a call is set by the attributes, and undone by reset().

    kill: the process dies once AWS has carried out a call that this chooses, and no other call gets through;
    cut: it dies just before that call reaches AWS;
    fate: what chooses an attempt goes this way, from which it may not arrive, or the answer not come back;
    lose: AWS carries it out and the answer is lost, so botocore may ask again; sever: so it is, and botocore may not;
    denied: operations (or "service:Operation", or all of a region but IAM's) that answer AccessDenied;
    disabled: regions that the account has switched off: they know nobody's credentials, and are not among its regions.
    """

    def __init__(self, session: boto3.Session) -> None:
        self._lock, self._local = Lock(), local()
        self.reset()
        session.events.register_first("before-parameter-build", self._built)
        session.events.register_first("before-call", self._calling)
        session.events.register_first("before-send", self._sending)
        session.events.register_last("before-send", self._sent)
        session.events.register_last("after-call", self._answered)

    def reset(self) -> None:
        self.calls: list[Call] = []  # what reached AWS, each attempt
        self.kill: Chosen = nothing
        self.cut: Chosen = nothing
        self.fate: Callable[[Call], Way | None] = nothing
        self.lose: Chosen = nothing
        self.sever: Chosen = nothing
        self.denied: Collection[str] = ()
        self.disabled: Collection[str] = ()
        self.dead: Call | None = None
        self.lost: list[Call] = []

    @property
    def mutating(self) -> list[Call]:
        return [call for call in self.calls if call.mutating]

    def _built(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        self._local.call = Call(model.service_model.service_name, model.name, context["client_region"], dict(params))

    def _calling(self, **_: Any) -> Any:
        call: Call = self._local.call
        names = {call.operation, f"{call.service}:{call.operation}", call.region if call.service != "iam" else ""}
        if names & {*self.denied}:
            error = {"Code": "AccessDenied", "Message": f"not authorized to perform: {call.service}:{call.operation}"}
            return SimpleNamespace(status_code=403), {"Error": error, "ResponseMetadata": {}}
        if call.region in self.disabled and call.service != "iam":
            error = {"Code": "AuthFailure" if call.service == "ec2" else "UnrecognizedClientException",
                     "Message": "AWS was not able to validate the provided access credentials"}
            return SimpleNamespace(status_code=401), {"Error": error, "ResponseMetadata": {}}
        return None

    def _sending(self, **_: Any) -> None:
        call: Call = self._local.call
        with self._lock:
            if self.dead:
                raise Kill(str(self.dead))
            if self.cut(call):
                self.dead = call
                raise Kill(str(call))
            self.calls.append(call)
            if self.kill(call):
                self.dead = call
            self._local.way = self.fate(call)

    def respond(self, scope: Scope, request: Request) -> Response:
        """Stands between the clients and the emulator: between what is sent and what is answered."""
        way, self._local.way = getattr(self._local, "way", None), None
        return way(Sent(self._local.call, scope, request)) if way else dispatch.respond(scope, request)

    def _sent(self, **_: Any) -> None:
        call: Call = self._local.call
        if call is self.dead:
            raise Kill(str(call))
        with self._lock:
            if self.sever(call):
                self.lost.append(call)
                raise Severed(call=call)
            if self.lose(call):
                self.lost.append(call)
                raise ReadTimeoutError(endpoint_url=str(call))

    def _answered(self, parsed: dict[str, Any], **_: Any) -> None:
        self._local.call.answer = parsed
        if self.disabled and self._local.call.operation == "DescribeRegions":
            parsed["Regions"] = [one for one in parsed["Regions"] if one["RegionName"] not in self.disabled]
