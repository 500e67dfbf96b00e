"""A region as the checks see it: live answers of AWS, each asked for once, whoever needs it. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

from tapctl.model import Aws, Found, Kind
from tapctl.naming import Place
from tapctl.observe import listed
from tapctl.paging import pages
from tapctl.settings import Settings
from tapctl.verify.seen import Missing


class Memo:
    """Answers by question. Who asks while the answer is under way waits for it; an error is everybody's."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[object, Future[Any]] = {}

    def __call__(self, question: object, ask: Callable[[], Any]) -> Any:
        with self._lock:
            first = question not in self._answers
            answer = self._answers.setdefault(question, Future())
        if first:
            try:
                answer.set_result(ask())
            except BaseException as error:
                answer.set_exception(error)
                raise
        return answer.result()


@dataclass(frozen=True)
class Answer:
    """What a web server answered. location: where it sends its reader, if anywhere."""

    status: int
    location: str = ""


Get = Callable[[str, str], Answer]  # (URL, the name that its certificate must bear) -> answer; raises OSError


@dataclass(frozen=True)
class Look:
    """aws: in the region; get: asks the load balancer; now: when this run began."""

    aws: Aws
    settings: Settings
    get: Get
    now: datetime
    memo: Memo = field(default_factory=Memo)

    @property
    def place(self) -> Place:
        return self.aws.place

    @property
    def is_primary(self) -> bool:
        return self.place.region == self.settings.primary

    @property
    def certificate(self) -> str:
        """The ARN of the region's certificate; empty: it has none, and HTTP is all that it speaks."""
        return self.settings.certificate_arns.get(self.place.region, "")

    def at(self, region: str) -> Look:
        return replace(self, aws=self.aws.at(region))

    def all(self, kind: type[Kind]) -> list[Found]:
        """Everything of a kind that is the stack's own here; the best claim first."""
        found: list[Found] = self.memo((self.place.region, kind), lambda: listed(kind, self.aws))
        return found

    def one(self, kind: type[Kind], role: str = "") -> Found:
        """The one with this role. Raises Missing."""
        key = "/".join(part for part in (self.place.region, kind.kind, role) if part)
        for it in self.all(kind):
            if it.key == key:
                return it
        raise Missing(f"there is no {key}")

    def answers(self, service: str, operation: str, member: str, **parameters: Any) -> list[Mapping[str, Any]]:
        """What a describe call lists under `member`, all pages of it."""

        def ask() -> list[Any]:
            client = self.aws.client(service)
            if client.can_paginate(operation):
                return [*pages(client, operation, member, **parameters)]
            return list(getattr(client, operation)(**parameters)[member])

        question = (self.place.region, service, operation, json.dumps(parameters, sort_keys=True, default=str))
        found: list[Mapping[str, Any]] = self.memo(question, ask)
        return found
