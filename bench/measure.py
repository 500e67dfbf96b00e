"""A whole process, measured: wall and CPU time of it and of all that it started, and the peak of their memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

PROC = Path("/proc")
EVERY = 0.02  # seconds between two looks at the memory
MIB = 1024  # /proc speaks of KiB


@dataclass(frozen=True)
class Sample:
    """wall, cpu in seconds; peak in MiB, 0 where there is no /proc to ask; output: both streams."""

    code: int
    wall: float
    cpu: float
    peak: float
    output: str


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Sample:
    """Run a command to its end, in this folder, with nothing on its standard input.

    CPU is the kernel's account of the process and of every descendant that was waited for. Peak memory is the largest
    sum of the resident sets of its tree, looked at every EVERY seconds, or the high-water mark of one process if that
    is more. (ru_maxrss wouldn't do: a child's begins with that of the process that forked it.)
    """
    log = folder / "output"
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own list of commands, no shell
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, env=dict(environment),
            start_new_session=True)
        watch = Watch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return Sample(process.returncode, wall, usage.ru_utime + usage.ru_stime, watch.stop(),
                  log.read_text(errors="replace"))


class Watch(Thread):
    """Looks at the memory of a session's processes until it is told to stop."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session, self.over, self.peak = session, Event(), 0

    def run(self) -> None:
        while PROC.exists() and not self.over.wait(EVERY):
            sizes = [memory(process) for process in members(self.session)]
            self.peak = max([self.peak, sum(now for now, _ in sizes), *(most for _, most in sizes)])

    def stop(self) -> float:
        self.over.set()
        self.join()
        return self.peak / MIB


def members(session: int) -> Iterator[Path]:
    """The processes of a session: a started one belongs to it for ever, whatever becomes of its parent."""
    for process in PROC.glob("[0-9]*"):
        try:
            after_name = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended just now
            continue
        if int(after_name[3]) == session:
            yield process


def memory(process: Path) -> tuple[int, int]:
    """(resident set, its high-water mark) in KiB; zeros for a process that is over."""
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0, 0
    said = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)
            if name in ("VmRSS", "VmHWM")}
    return said.get("VmRSS", 0), said.get("VmHWM", 0)
