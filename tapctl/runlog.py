"""A run's log: JSON lines, one for each event of the run and each of its API calls, in the order in which they were
told. docs/log.md says what they hold.

Each line is in the file once it is told, so that a run that is killed leaves all that it did; it is not waited until it
is on the disk, which would take longer than the calls. A log that can't be written never ends a run.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from tapctl import __version__
from tapctl.events import Emit, Event, Waits
from tapctl.logfiles import folder, logs, name
from tapctl.private import private
from tapctl.render.jsonl import line, stamped
from tapctl.session import new_run

MOST, BYTES = 100, 50 * 1024 * 1024  # runs that are kept, and how much they may take together
Line = Mapping[str, Any]


class RunLog:
    """Hears a run's events, writes them down, and passes them on to `emit`.

    lines: what was written, where it is to be kept. lost: why the file, or the rest of it, is not there; None: it is.
    """

    def __init__(self, command: str, stack: str, emit: Emit, *, keep: bool = False) -> None:
        self.emit, self.run, self.began = emit, new_run(), time.monotonic()
        self.head = stamped("run", tapctl=__version__, command=command, stack=stack, run=self.run)
        self.lines: list[Line] | None = [] if keep else None
        self.lost: OSError | None = None
        self.lock, self.waits = Lock(), dict[str, str]()
        self.told, self.over, self.file = False, False, -1

    def __call__(self, event: Event) -> None:
        if self.over:  # a call that a stopped run didn't wait for
            return
        if not (isinstance(event, Waits) and self.waits.get(event.key) == event.text):  # else it is told already
            self.write(line(event))
        if isinstance(event, Waits):
            self.waits[event.key] = event.text
        self.emit(event)

    def end(self, exit_code: int, error: Iterable[str] = ()) -> None:
        """Whatever is told later isn't heard. error: as the user reads it. A run that told nothing leaves no log."""
        if self.told:
            self.write(stamped("exit", exit_code=exit_code, seconds=time.monotonic() - self.began, error=list(error)))
        self.over = True
        if self.file >= 0:
            os.close(self.file)

    def write(self, told: Line) -> None:
        with self.lock:
            new = [told] if self.told else [self.head, told]
            self.told = True
            if self.lines is not None:
                self.lines += new
            if self.lost is None:
                try:
                    if self.file < 0:
                        self.file = opened(self.head)
                    os.write(self.file, "".join(json.dumps(one) + "\n" for one in new).encode())
                except OSError as error:
                    self.lost = error


def opened(head: Line) -> int:
    """A log's new file, which is locked while the process lives, so that it is known whether it does. Raises
    OSError."""
    path = folder() / name(head)
    file = private(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
    fcntl.flock(file, fcntl.LOCK_EX)
    prune(path.parent)
    return file


def prune(where: Path) -> None:
    """Remove the oldest, but not the newest of all, until no more are left than are kept. Raises OSError."""
    taken = 0
    for n, path in enumerate(logs(where)):
        with suppress(OSError):  # another run is at it too, or it can't go
            taken += path.stat().st_size
            if n >= MOST or (n and taken > BYTES):
                path.unlink()
