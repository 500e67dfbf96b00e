"""The files that runs' logs are: where, and how they are named. Completion asks too, so nothing heavy is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tapctl.alive import directory

NAME = re.compile(r"(?P<at>\d{8}T\d{6}\.\d{3}Z)-(?P<command>[a-z]+)-(?P<stack>[\w-]*)-(?P<run>[0-9a-f]{12})\.jsonl")


def folder() -> Path:
    """Where the logs are; made for the user alone. Raises OSError."""
    path = directory() / "runs"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def logs(where: Path) -> list[Path]:
    """The newest first. Raises OSError."""
    return sorted((path for path in where.iterdir() if NAME.fullmatch(path.name)), reverse=True)


def told(path: Path) -> Mapping[str, str]:
    """What a log's name tells: at, command, stack (without its slash), run."""
    name = NAME.fullmatch(path.name)
    assert name is not None
    return name.groupdict()


def name(head: Mapping[str, Any]) -> str:
    """Of a log's file, by its first line: such that they sort by time."""
    at = datetime.fromisoformat(head["at"]).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    return f"{at}Z-{head['command']}-{re.sub('[/ ]', '-', head['stack'])}-{head['run']}.jsonl"
