"""One JSON object a line: every event under its name, with the version of this format and a timestamp."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Self, TextIO

from tapctl.events import Called, Change, Event, Finding, Retried, Step
from tapctl.model import Unknown
from tapctl.render.plain import tell
from tapctl.render.values import shown

VERSION = 1


class JsonLines:
    """verbose: each API call and each retry, too."""

    def __init__(self, stream: TextIO, verbose: bool = False) -> None:
        self.stream, self.verbose, self.lock = stream, verbose, Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Every event was flushed when it was told."""

    def __call__(self, event: Event) -> None:
        if isinstance(event, Called | Retried) and not self.verbose:
            return
        with self.lock:
            tell(self.stream, json.dumps(line(event), sort_keys=False) + "\n")


def line(event: Event) -> dict[str, Any]:
    """An event as it stands in a line, which is also how a run's log has it."""
    return stamped(type(event).__name__.lower(), **{k: plain(v) for k, v in vars(event).items()})


def stamped(event: str, **its: Any) -> dict[str, Any]:
    return {"version": VERSION, "at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **its}


def plain(value: Any) -> Any:
    """A value as JSON can say it. What is not yet known says which resource will tell."""
    if isinstance(value, Unknown):
        return {"unknown_until": str(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((plain(v) for v in value), key=json.dumps)
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, Finding | Step):
        return vars(value)
    if isinstance(value, Change):
        return {**vars(value), "have": elided(value.have), "want": elided(value.want)}
    return value


def elided(value: Any) -> Any:
    """An aspect's value, with the scripts in it told by their length and hash, as people see them."""
    if isinstance(value, Mapping):
        return {str(k): elided(v) for k, v in value.items()}
    return shown(value) if isinstance(value, str) and value else plain(value)
