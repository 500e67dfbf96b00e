"""An AWS of plain data: every client of it answers what the test has put in, by operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tapctl.doctor.check import Check, Question, answer, asked, judged
from tapctl.events import Finding, Result
from tapctl.naming import Place
from tests.memory import PLACE


@dataclass(frozen=True)
class Answers:
    """answers: operation -> answer or error; calls: (region, operation, parameters) of each call made."""

    answers: Mapping[str, Any]
    calls: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    place: Place = PLACE
    run: str = ""

    def client(self, service: str, *, repeat: bool = True) -> Any:
        return self

    def at(self, region: str) -> Answers:
        return replace(self, place=self.place.at(region))

    def get_paginator(self, operation: str) -> Any:
        return Pages(self, operation)

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append((self.place.region, operation, parameters))
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def ask(self, question: Question) -> Any:
        return answer(question)

    def find(self, check: Check) -> Finding:
        return judged(check, asked([check]))


@dataclass(frozen=True)
class Pages:
    """Each member of an answer on a page of its own."""

    aws: Answers
    operation: str

    def paginate(self, **parameters: Any) -> Any:
        (name, members), = getattr(self.aws, self.operation)(**parameters).items()
        return [{name: [member]} for member in members] or [{name: []}]


def said(finding: Finding) -> tuple[Result, str, str]:
    return finding.result, finding.seen, finding.mend

