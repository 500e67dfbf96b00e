"""The command as it is installed, run as a person, a pipeline or a script would."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = Path(sys.executable).with_name("tapctl")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
LINES, COLUMNS = 24, 80


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@dataclass
class Installed:
    """home: where it runs, and its HOME; environ: all that it gets besides what coverage needs."""

    home: Path
    environ: dict[str, str]
    said: list[str] = field(default_factory=list)  # everything that any command wrote

    def variables(self, more: Mapping[str, str | None]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith(("COV", "PYTHON", "LANG", "PATH"))}
        given = {**kept, "HOME": str(self.home), **self.environ, **more}
        return {name: value for name, value in given.items() if value is not None}

    def __call__(self, *args: str, **environ: str | None) -> Result:
        """Run to the end, without a terminal."""
        run = subprocess.run([COMMAND, *args], cwd=self.home, env=self.variables(environ), text=True,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        self.said += [run.stdout, run.stderr]
        assert "Traceback" not in run.stderr, run.stderr
        return Result(run.returncode, run.stdout, run.stderr)

    def begin(self, *args: str, **environ: str | None) -> Running:
        """Start it without a terminal, to be watched and stopped."""
        return Running(self, subprocess.Popen(
            [COMMAND, *args], cwd=self.home, env=self.variables(environ), text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True))

    def on_terminal(self, *args: str, **environ: str | None) -> Terminal:
        """Start it on a terminal of 80 by 24."""
        here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        process = subprocess.Popen(
            [COMMAND, *args], cwd=self.home, env=self.variables({"TERM": "xterm-256color", **environ}), stdin=there,
            stdout=there, stderr=there, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(there)
        return Terminal(self, process, here)


@dataclass
class Running:
    installed: Installed
    process: subprocess.Popen[str]
    out: str = ""

    def until(self, text: str) -> None:
        """Read on until a line has this in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.out += line
            if text in line:
                return
        raise AssertionError(f"{text!r} never came:\n{self.out}{self.end().err}")

    def signalled(self, number: signal.Signals) -> float:
        """Send it, and the seconds that it takes to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.end()
        return time.monotonic() - began

    def end(self) -> Result:
        if self.process.stdout is not None and not self.process.stdout.closed:
            out, self.err = self.process.communicate(timeout=60)
            self.out += out
            self.installed.said += [self.out, self.err]
            assert "Traceback" not in self.err, self.err
        return Result(self.process.wait(), self.out, self.err)


@dataclass
class Terminal:
    installed: Installed
    process: subprocess.Popen[bytes]
    here: int
    screen: str = ""

    def until(self, done: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, self.screen
            if select.select([self.here], [], [], 0.2)[0]:
                try:
                    self.screen += os.read(self.here, 65536).decode(errors="replace")
                except OSError:  # Linux's end of a terminal
                    return

    def shows(self, text: str) -> None:
        self.until(lambda: text in self.text)
        assert text in self.text, self.text

    def type(self, text: str) -> None:
        os.write(self.here, text.encode())

    @property
    def text(self) -> str:
        """Without what moves the cursor and colours."""
        return ESCAPE.sub("", self.screen)

    def end(self) -> int:
        self.until(lambda: False)
        os.close(self.here)
        self.installed.said.append(self.screen)
        assert "Traceback" not in self.screen, self.screen
        return self.process.wait(60)
