"""What a run tells: a handful of frozen dataclasses. Renderers only listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Change:
    """One thing that a run would do, or does, to one resource.

    what: "create", "delete" or an aspect's name.
    have, want: an aspect's values; model.Unknown stands for one that is not yet known.
    """

    key: str
    what: str
    have: Any = None
    want: Any = None


@dataclass(frozen=True)
class Started:
    command: str
    stack: str
    account: str
    regions: tuple[str, ...]
    endpoint: str  # empty: AWS itself
    run: str


@dataclass(frozen=True)
class Planned:
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Began:
    key: str
    what: str  # "create", "update" or "delete"


@dataclass(frozen=True)
class Wrote:
    key: str
    aspect: str


@dataclass(frozen=True)
class Waits:
    key: str
    text: str
    seconds: float


@dataclass(frozen=True)
class Finished:
    key: str
    what: str
    seconds: float


@dataclass(frozen=True)
class Problem:
    """A resource that failed, or was left out because of one that did."""

    key: str
    what: str
    message: str
    mend: str = ""
    because: str = ""  # the key of the one that failed, where it isn't this one


@dataclass(frozen=True)
class Note:
    """Something worth a line that is neither a change nor a problem."""

    text: str


@dataclass(frozen=True)
class Ended:
    command: str
    exit_code: int
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)


Event = Started | Planned | Began | Wrote | Waits | Finished | Problem | Note | Ended
Emit = Callable[[Event], None]
