"""The line between the command and AWS: writes down every call, and answers some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from tapctl.emulator import wire
from tests.bad_input.row import Answer
from tests.conformance.meter import READS

#: What botocore itself asks for credentials with; it makes nothing.
OF_CREDENTIALS = ("sts", "sso", "sso-oidc", "signin")


@dataclass
class Line:
    """answers: as a row has them; elsewhere: whether somebody else answers the rest. calls: "sts GetCallerIdentity",
    each attempt."""

    answers: Mapping[str, Answer]
    elsewhere: bool
    calls: list[str] = field(default_factory=list)

    @property
    def mutating(self) -> list[str]:
        called = [call.split() for call in self.calls]
        return [name for service, name in called if service not in OF_CREDENTIALS and not name.startswith(READS)]

    def __call__(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        service, operation = event_name.split(".")[1:]
        self.calls.append(f"{service} {operation}")
        signed = str(request.headers.get("Authorization", b""))
        scope = wire.scope_of(signed, "")
        answer = self.answers.get(f"{operation} {scope.region}" if scope else "", self.answers.get(operation))
        if answer is None:
            assert self.elsewhere, "no call was to be made"
            return None
        status, body = answer
        return AWSResponse(request.url, status, HTTPHeaders(), MockRawResponse(body))


@contextmanager
def listening(answers: Mapping[str, Answer], *, elsewhere: bool) -> Iterator[Line]:
    """On every session of botocore's that is made meanwhile, before moto, who answers all that it gets."""
    line = Line(answers, elsewhere)
    with patch.object(handlers, "BUILTIN_HANDLERS", [("before-send", line), *handlers.BUILTIN_HANDLERS]):
        yield line
