"""What a breakage is, and the table that they are put into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.stage import EAST
from tests.verify.standing import Here

Breaking = Callable[[Here], Iterator[None]]


@dataclass(frozen=True)
class Breakage:
    """says: part of what the check says was wrong."""

    check: str
    says: str
    region: str
    breaking: Breaking

    def __str__(self) -> str:
        return f"{self.check}: {self.breaking.__name__}"

    @contextmanager
    def done(self, here: Here) -> Iterator[None]:
        steps = self.breaking(here)
        next(steps)
        try:
            yield
        finally:
            next(steps, None)


TABLE: list[Breakage] = []


def breaks(check: str, says: str, region: str = EAST) -> Callable[[Breaking], Breaking]:
    """Put it into the table."""

    def register(breaking: Breaking) -> Breaking:
        TABLE.append(Breakage(check, says, region, breaking))
        return breaking

    return register
