"""Drift: how somebody changes each aspect of a resource behind the product's back, by raw calls of boto3."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from tapctl.model import Found

Here = Callable[..., Any]  # service -> boto3 client in the resource's region, or in `region`
Change = Callable[[Here, Found], object]

TAG = {"Key": "Owner", "Value": "somebody"}  # of those that tapctl sets; those that tell whose it is are left


@dataclass(frozen=True)
class Drift:
    """also: "kind aspect" of what follows from it in the plan, in the same region; only: keys that end so."""

    kind: str
    aspect: str
    change: Change
    also: Collection[str] = ()
    only: str = ""

    def __str__(self) -> str:
        return f"{self.kind}.{self.aspect}: {self.change.__name__}"


TABLE: list[Drift] = []


def drifts(kind: str, aspect: str, *, also: Collection[str] = (), only: str = "") -> Callable[[Change], Change]:
    """Put a change into the table. A kind's every aspect that can be written needs one at least."""

    def register(change: Change) -> Change:
        TABLE.append(Drift(kind, aspect, change, also, only))
        return change

    return register
