"""What a run tells: a handful of frozen dataclasses. Renderers only listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Change:
    """One thing that a run would do, or does, to one resource.

    what: "create", "delete" or an aspect's name.
    have, want: an aspect's values; model.Unknown stands for one that is not yet known. For "delete" it is the id.
    loses: the data that goes with it, in words; empty: none does.
    """

    key: str
    what: str
    have: Any = None
    want: Any = None
    loses: str = ""


@dataclass(frozen=True)
class Started:
    """endpoint: where calls go if not to AWS itself; emulated: it is tapctl's own emulator."""

    command: str
    stack: str
    account: str
    regions: tuple[str, ...]
    run: str
    endpoint: str = ""
    emulated: bool = False


@dataclass(frozen=True)
class Planned:
    """held: differs from what is wanted, and stays. refused: key -> why the run will not start.

    omitted: key -> why it is left out: the action that was denied for looking for it, or what it needs.
    surplus: owned and no longer wanted. unread: "key aspect", or "region/kind" of a look -> the action that was denied.
    """

    changes: tuple[Change, ...]
    held: tuple[Change, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    omitted: Mapping[str, str] = field(default_factory=dict)
    surplus: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Result(StrEnum):
    """What a check came to."""

    OK = "ok"
    WARNING = "warning"  # worth knowing; `up` goes on
    PROBLEM = "problem"  # `up` would fail of it
    UNKNOWN = "unknown"  # it can't be checked


@dataclass(frozen=True)
class Finding:
    """What one check saw, and the mend where something is wrong. region: empty where it is the whole account's."""

    check: str
    region: str
    result: Result
    seen: str
    mend: str = ""


@dataclass(frozen=True)
class Checked:
    """What was checked before anything is made."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Step:
    """One step of the work on one resource.

    until: "exists", "ready" or "gone". what: as in Began. needs: the steps that come before it, by their names.
    """

    key: str
    until: str
    what: str
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.key} {self.until}"


@dataclass(frozen=True)
class Ahead:
    """All that is to be done now, before any of it begins; told again where a later look finds more."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Began:
    """Something happens to it.

    what: "create", "update", "delete", or "wait" for what is as wanted and not ready yet.
    """

    key: str
    what: str


@dataclass(frozen=True)
class Made:
    """It exists now, and has its id; it is not ready yet."""

    key: str
    id: str


@dataclass(frozen=True)
class Wrote:
    """aspect: what of it has been set as wanted."""

    key: str
    aspect: str


@dataclass(frozen=True)
class Waits:
    """It is looked at again and again. text: what it waits for. seconds: waited so far."""

    key: str
    text: str
    seconds: float


@dataclass(frozen=True)
class Finished:
    """It is as wanted and serves, or is gone. what: as in Began. seconds: since it began."""

    key: str
    what: str
    seconds: float


@dataclass(frozen=True)
class Broke:
    """It has just failed. What doesn't need it goes on, and a Problem tells of it when the run ends."""

    key: str
    message: str


@dataclass(frozen=True)
class Problem:
    """A resource that failed.

    cause: what it most likely comes from. blocks: the keys of what was not done because of it.
    operation, code, request: the call that AWS refused, as in "rds:CreateDBInstance", its code, and the id that AWS's
    support asks for.
    """

    key: str
    message: str
    mend: str = ""
    cause: str = ""
    blocks: tuple[str, ...] = ()
    operation: str = ""
    code: str = ""
    request: str = ""


@dataclass(frozen=True)
class Note:
    """Something worth a line that is neither a change nor a problem."""

    text: str


@dataclass(frozen=True)
class Outputs:
    """values: region -> output -> value, of what stands after `up`. bucket_region: whose log bucket is named first."""

    values: Mapping[str, Mapping[str, Any]]
    bucket_region: str = ""


@dataclass(frozen=True)
class Ended:
    """counts: resources by what became of them, "create": 44."""

    command: str
    exit_code: int
    seconds: float
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Called:
    """An API call that was answered, or given up.

    key: the resource whose work it was; empty while a run looks. names: parameters that name a thing; parameters: the
    names of the others, whose values nobody is told. changes: whether it changes something of the stack. status: of
    HTTP, 0 where nothing answered. code: AWS's, or what was raised instead; empty where it went well. request: AWS's
    id of it, as CloudTrail has it. retries: why each attempt before the last had to be made again.
    """

    service: str
    operation: str
    region: str
    key: str
    names: Mapping[str, str]
    parameters: tuple[str, ...]
    changes: bool
    seconds: float
    status: int
    code: str = ""
    request: str = ""
    retries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retried:
    """A call that is made again, because the attempt before failed of `reason`."""

    service: str
    operation: str
    region: str
    key: str
    attempt: int
    reason: str


Event = (Started | Planned | Checked | Ahead | Began | Made | Wrote | Waits | Finished | Broke | Problem | Note
         | Outputs | Ended | Called | Retried)
Emit = Callable[[Event], None]
