"""A run on the terminal's alternate screen, drawn anew some times a second, in place: nothing scrolls or flickers."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from threading import Lock
from types import FrameType

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from tapctl import durations
from tapctl.events import Event, Started
from tapctl.render import final
from tapctl.render.frame import frame
from tapctl.render.moment import moment
from tapctl.render.run import Run
from tapctl.session import GIVE_BACK, TAKE_AGAIN

REFRESH = 5  # a second


class Screen:
    """From its making to its end the terminal is its own."""

    def __init__(self, console: Console, started: Started | None, since: float) -> None:
        self.console, self.lock, self.run = console, Lock(), Run()
        self.known = durations.here(started) if started else durations.Durations()
        if started:
            self.run.hear(started, since)
        self.live = Live(self, console=console, screen=True, refresh_per_second=REFRESH, redirect_stdout=False,
                         redirect_stderr=False)
        self.live.start()
        here = threading.current_thread() is threading.main_thread()  # no other can say what a signal does
        self.before = signal.signal(signal.SIGTSTP, self.suspend) if here else None

    def suspend(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: the shell gets the terminal as it was, and this is drawn again when it goes on."""
        os.write(self.console.file.fileno(), GIVE_BACK)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.write(self.console.file.fileno(), TAKE_AGAIN)

    def hear(self, event: Event) -> None:
        with self.lock:
            self.run.hear(event, time.monotonic())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self.lock:
            lines = frame(moment(self.run, self.known, time.monotonic()), *console.size)
        yield Text("\n").join(lines)

    def end(self, verbose: bool) -> list[str | Text]:
        """Leave it, and give the lines of the report."""
        self.live.stop()
        if self.before is not None:
            signal.signal(signal.SIGTSTP, self.before)
        with self.lock:  # a call that was given up may still be answered
            return list(final.lines(self.run, self.console.width, sys.argv[1:], verbose))
