"""What `down --certificate FILE` writes: what was looked for, found, removed and left, all of it read from AWS.

The form is docs/certificate.schema.json, which `python -m tapctl.attestation docs/certificate.schema.json` writes from
the types below; a change that a reader could stumble over raises VERSION.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from tapctl.errors import TapctlError, UsageError
from tapctl.private import probe, whole

VERSION = 1


@dataclass(frozen=True)
class Part:
    """Every part has exactly its fields. In the schema, what stands under a field describes it."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"use_attribute_docstrings": True, "extra": "forbid"}


@dataclass(frozen=True)
class Stack(Part):
    """Whose things were looked for."""

    project: str
    environment: str
    account: str
    """12 digits."""
    partition: str
    """aws, aws-us-gov, ..."""


@dataclass(frozen=True)
class Region(Part):
    """How far one region was looked at."""

    region: str
    configured: bool
    """Whether the configuration of this run names it."""
    looked: Literal["in full", "by index", "not"]
    """In full: for every kind. By index: by name in IAM and S3, tag and alias of the key, and nothing was there."""
    told: tuple[str, ...]
    """What the index told to be there, or to have been: it is late."""
    why: tuple[str, ...]
    """Why it was not looked at, or could not be asked everything."""


@dataclass(frozen=True)
class Look(Part):
    """One kind of thing, looked for in one region."""

    kind: str
    region: str
    at: datetime
    found: int
    """How many of them are the stack's."""
    denied: str
    """The IAM action that was not allowed: what is there is not known. Empty: all could be seen."""
    calls: dict[str, int]
    """service:operation:region -> how often AWS answered it for this."""


@dataclass(frozen=True)
class Thing(Part):
    """One thing of the stack's."""

    kind: str
    region: str
    key: str
    """The logical key of its tag tapctl:key."""
    id: str
    """Its ARN, id or name, whichever AWS wants to hear."""


@dataclass(frozen=True)
class Handed(Thing):
    """A thing that is no longer the stack's, and stands."""

    to: str
    """The stack that has it now."""


@dataclass(frozen=True)
class Left(Thing):
    """A thing that still stands."""

    why: str


@dataclass(frozen=True)
class Kept(Part):
    """What AWS itself keeps after a deletion."""

    region: str
    what: str
    """KMS key, DynamoDB system backup, ..."""
    id: str
    until: datetime | None
    """When AWS deletes it; null: it stays."""
    why: str
    """Why it stays."""


@dataclass(frozen=True)
class Search(Part):
    """A look for everything, everywhere. Before the removal it says what was to go, after it what is still there."""

    begun: datetime
    ended: datetime
    regions: tuple[Region, ...]
    unasked: tuple[str, ...]
    """IAM actions that were not allowed, without which a region that the configuration doesn't name may be missed."""
    looks: tuple[Look, ...]
    found: tuple[Thing, ...]


@dataclass(frozen=True)
class Certificate(Part):
    """The certificate of a removal by tapctl."""

    schema_version: Literal[1]
    clean: bool
    """Nothing of the stack is left, as far as could be seen, and everything could be looked at where something may
    stand. False if the run was stopped, or left regions of the stack out."""
    reasons: tuple[str, ...]
    """Why it isn't clean; empty if it is."""
    stack: Stack
    run: str
    """The run's id, which every call bears in its user agent (run/ID) and so in CloudTrail."""
    tapctl: str
    """The version of tapctl."""
    endpoint: str
    """Where the calls went, if not to AWS's own endpoints."""
    emulated: bool
    """It was tapctl's emulator that was called: nothing of this concerns an AWS account."""
    begun: datetime
    ended: datetime
    stopped: bool
    """Whether the run was interrupted."""
    first: Search
    removed: tuple[Thing, ...]
    handed_over: tuple[Handed, ...]
    left: tuple[Left, ...]
    kept_by_aws: tuple[Kept, ...]
    quiet_seconds: float
    """How long was waited between the removal and the second look."""
    second: Search | None
    """null: it was not made, or not to its end."""
    calls: dict[str, int]
    """service:operation:region -> how often AWS answered it in the whole run."""


# ---------------------------------------------------------------- as a file
def text(certificate: Certificate) -> str:
    return json.dumps(asdict(certificate), indent=2, default=datetime.isoformat) + "\n"


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def make_sure_of(file: Path) -> None:
    """Raises UsageError: the file can't be written. Leaves it as it is."""
    try:
        probe(file)
    except OSError as error:
        raise UsageError(f"--certificate {file} can't be written", reason=str(error),
                         mend="name a file that can; nothing was removed") from error


def write(file: Path, certificate: Certificate) -> None:
    """All of it or nothing. Raises TapctlError."""
    try:
        whole(file, text(certificate))
    except OSError as error:
        raise TapctlError(f"--certificate {file} can't be written", reason=str(error),
                          mend="run the same command again: it looks again, and certifies what it sees") from error


# ---------------------------------------------------------------- its schema
def schema() -> str:
    from pydantic import TypeAdapter

    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema",
                       **TypeAdapter(Certificate).json_schema()}, indent=2) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema())
