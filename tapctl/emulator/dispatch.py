"""A request's way through the corrections to moto and back. The server and in-process tests share it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any

from moto import backend_index, backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict
from moto.core.exceptions import HTTPException, ServiceException
from moto.core.request import Request

from tapctl.emulator import limits, wire
from tapctl.emulator.correction import REGISTER, Answer, Ask, Call, Correction, Refusal
from tapctl.emulator.wire import Response, Scope

# moto's stores are plain dictionaries that a describe iterates over while a create inserts.
_ONE_AT_A_TIME = RLock()


def respond(scope: Scope, request: Request) -> Response:
    """The corrected answer to a signed request."""
    request = wire.path_style(request)
    operation = wire.operation_of(scope, request)
    with _ONE_AT_A_TIME:
        try:
            return _moto(scope, request) if operation is None else _answered(scope, operation, request)
        except NotImplementedError as error:
            return wire.refused(scope, request, Refusal(
                "NotImplemented", f"the emulator lacks {scope.service} {operation}: {error}", 501))


def plain(service: str, operation: str, region: str, params: dict[str, Any]) -> Answer:
    """What plain moto answers to a call of ours: how a correction builds on other operations."""
    scope = Scope("EMULATOR", region, wire.signing_name(service))
    request = wire.made_request(scope, operation, params)
    return wire.answer_of(scope, operation, request, _moto(scope, request))


def _answered(scope: Scope, operation: str, request: Request) -> Response:
    corrections, limited = REGISTER.of(scope.service, operation), limits.rules(scope.service, operation)
    if not (corrections or limited):
        return _moto(scope, request)
    call = Call(scope.service, operation, scope.region, wire.params_of(scope, operation, request))
    try:
        limits.check(call)
    except Refusal as refusal:
        return wire.refused(scope, request, refusal)
    return _corrected(scope, operation, request, call, corrections) if corrections else _moto(scope, request)


def _corrected(scope: Scope, operation: str, request: Request, call: Call, corrections: list[Correction]) -> Response:
    moto = _Moto(scope, operation, request, call)
    ask: Ask = moto
    for correction in reversed(corrections):
        ask = _bound(correction, call, ask)
    try:
        answer = ask()
    except Refusal as refusal:
        return refusal.response or wire.refused(scope, request, refusal)
    except ServiceException as error:  # moto's own, where a correction uses its store
        return wire.refused(scope, request, Refusal(error.code, error.message))
    return moto.response if moto.gave(answer) else wire.rendered(scope, operation, request, answer)


class _Moto:
    """The innermost ask. It keeps what moto said: an answer that no correction touched goes out as it came."""

    def __init__(self, scope: Scope, operation: str, request: Request, call: Call) -> None:
        self._scope, self._operation, self._request, self._call = scope, operation, request, call
        self._sent = copy.deepcopy(call.params)
        self._answer: Answer | None = None
        self.response: Response = (200, {}, "")

    def __call__(self) -> Answer:
        request, params = self._request, self._call.params
        if params != self._sent:
            request = wire.with_params(self._scope, self._operation, request, params)
        self.response = _moto(self._scope, request)
        answer = wire.answer_of(self._scope, self._operation, request, self.response)
        self._answer = copy.deepcopy(answer)
        return answer

    def gave(self, answer: Answer) -> bool:
        return answer == self._answer


def _bound(correction: Correction, call: Call, ask: Ask) -> Ask:
    return lambda: correction.run(call, ask)


def _moto(scope: Scope, request: Request) -> Response:
    handler = _handler(scope, request)
    if handler is None:
        return 404, {"Content-Type": "text/plain"}, f"the emulator has no service {scope.signing_name}"
    try:
        status, headers, body = handler(request, request.raw_url, request.headers)
    except HTTPException as error:
        return error.code, dict(error.get_headers()), error.get_body()
    return int(status), headers, body


def _handler(scope: Scope, request: Request) -> Callable[..., Any] | None:
    on_aws = request.host.endswith(".amazonaws.com")
    host = request.host if on_aws else f"{scope.signing_name}.{scope.region}.amazonaws.com"
    url = f"https://{host}{request.raw_path}"
    for pattern, handler in _handlers(scope.signing_name, host):
        if pattern.match(url):
            return handler
    return None


@cache
def _handlers(signing_name: str, host: str) -> tuple[tuple[re.Pattern[str], Callable[..., Any]], ...]:
    for service, pattern in backend_index.backend_url_patterns:
        if pattern.match(f"https://{host}") and not service.startswith(("moto_api", "instance_metadata")):
            found: Any = backends.get_backend(service)
            assert isinstance(found, BackendDict), signing_name
            regions = found[DEFAULT_ACCOUNT_ID]
            backend = regions["us-east-1" if "us-east-1" in regions else "aws"]
            return tuple((re.compile(url), handler) for url, handler in backend.urls.items())
    return ()
