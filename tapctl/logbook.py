"""The logs of this machine's runs, read: which there are, and what one of them tells."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tapctl.errors import ConfigurationError, Exit, UsageError
from tapctl.logfiles import folder, logs, told
from tapctl.runlog import Line

LAST = "last"
TAIL = 65536  # bytes; a last line is shorter
RUNS, KILLED = "still runs", "killed"  # what becomes of a run without a last line


@dataclass(frozen=True)
class Run:
    """at: when it began, ISO 8601, UTC. outcome: a word for its exit code, RUNS or KILLED. seconds: None: not known."""

    at: str
    command: str
    stack: str
    outcome: str
    seconds: float | None
    run: str


@contextmanager
def readable() -> Iterator[None]:
    """Raises ConfigurationError: what the system refused."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError("the logs of runs can't be read", reason=str(error),
                                 mend="let TAPCTL_STATE_DIR name a directory of yours") from error


@readable()
def runs() -> list[Run]:
    """The newest first. Raises ConfigurationError."""
    return [run for path in logs(folder()) if (run := summary(path))]


def summary(path: Path) -> Run | None:
    """What its first and its last line tell; None: it isn't a log after all. Raises OSError."""
    with path.open("rb") as file:
        head = parsed(file.readline())
        file.seek(max(file.tell(), path.stat().st_size - TAIL))
        last = (parsed(line) for line in reversed(file.read().splitlines()))
    if not head or head["event"] != "run":
        return None
    end = next((line for line in last if line), head)
    ended = end["event"] == "exit"
    return Run(head["at"], head["command"], head["stack"], outcome(end["exit_code"]) if ended else unended(path),
               end["seconds"] if ended else None, head["run"])


def outcome(code: int) -> str:
    """As in "done", "left over"."""
    return Exit(code).name.lower().replace("_", " ") if code in {*Exit} else f"exit code {code}"


def unended(path: Path) -> str:
    """What became of a run whose log has no last line."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return RUNS
    return KILLED


@readable()
def find(wanted: str) -> Path:
    """The log of a run: LAST, or its id, or how its id begins. Raises UsageError, ConfigurationError."""
    found = [path for path in logs(folder()) if wanted == LAST or told(path)["run"].startswith(wanted)]
    if not found or not wanted:
        raise UsageError(f"there is no log of a run {wanted!r}" if wanted != LAST else "there is no log of any run",
                         mend="`tapctl log` lists those that there are")
    if wanted != LAST and len(found) > 1:
        ids = ", ".join(told(path)["run"] for path in found)
        raise UsageError(f"{len(found)} runs begin with {wanted}", reason=ids,
                         mend="write one of them in full")
    return found[0]


@readable()
def read(path: Path) -> list[Line]:
    """All its lines. One that was cut off, as where the disk was full, is left out. Raises ConfigurationError."""
    lines = [line for raw in path.read_bytes().splitlines() if (line := parsed(raw))]
    if not lines or lines[0]["event"] != "run":
        raise ConfigurationError(f"{path} is not the log of a run", reason="its first line doesn't say of which",
                                 mend="delete it")
    return lines


def parsed(raw: bytes) -> Line | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) and {"at", "event"} <= line.keys() else None
