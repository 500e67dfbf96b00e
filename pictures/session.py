"""Commands on a terminal, looked at while they run."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pyte

from pictures.terminal import Terminal

COMMAND = Path(sys.executable).with_name("tapctl")
PATIENCE = 600.0  # seconds for what is waited for to show


class Session:
    """One command on a terminal of so many columns and lines."""

    def __init__(self, command: str, environ: Mapping[str, str], columns: int, lines: int) -> None:
        self.terminal = Terminal(columns, lines)
        self.stream = pyte.ByteStream(self.terminal)
        self.here, there = pty.openpty()
        self.resize(columns, lines)
        self.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [COMMAND, *command.split()[1:]], stdin=there, stdout=there, stderr=there, start_new_session=True,
            env={**os.environ, "TERM": "xterm", **environ})
        os.close(there)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.here, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.terminal.resize(lines, columns)

    def until(self, looks: Callable[[str], object]) -> None:
        """Read on until the screen looks so. Raises EOFError: it has ended before."""
        deadline = time.monotonic() + PATIENCE
        while not looks(self.terminal.shown):
            assert time.monotonic() < deadline, self.terminal.shown
            if select.select([self.here], [], [], 0.1)[0]:
                try:
                    self.stream.feed(os.read(self.here, 65536))
                except OSError:  # Linux's end of a terminal
                    raise EOFError(self.terminal.shown) from None

    def end(self) -> None:
        """Read on to the end. Raises CalledProcessError: it failed."""
        with suppress(EOFError):
            self.until(lambda _: False)
        os.close(self.here)
        if code := self.process.wait():
            raise subprocess.CalledProcessError(code, self.process.args, self.terminal.shown)
