"""The live view on a terminal: what is done scrolls up, what is going on stays at the bottom."""

from __future__ import annotations

import time
from threading import Lock
from typing import Self, TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live as RichLive
from rich.markup import escape
from rich.text import Text

from tapctl.events import (
    Began,
    Called,
    Checked,
    Ended,
    Event,
    Finished,
    Note,
    Outputs,
    Planned,
    Problem,
    Retried,
    Started,
    Waits,
    Wrote,
)
from tapctl.render import calls, checks, report
from tapctl.render.plain import DOING, DONE, duration, ending, heading, problem

REFRESH = 8  # a second
MARGIN = 4  # lines of the terminal that the view leaves free


class Live:
    def __init__(self, stream: TextIO, verbose: bool = False) -> None:
        self.console = Console(file=stream, highlight=False, emoji=False)
        self.verbose, self.lock = verbose, Lock()
        self.active: dict[str, tuple[str, float, str]] = {}  # key -> what, since, waits for
        self.live = RichLive(self, console=self.console, refresh_per_second=REFRESH, transient=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pause()

    def pause(self) -> None:
        """Take the view off the screen, so that others can write and ask."""
        if self.live.is_started:
            self.live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self.lock:
            active = sorted(self.active.items(), key=lambda item: item[1][1])
        room = max(1, console.height - MARGIN)
        width = max((len(key) for key, _ in active[:room]), default=0)
        for key, (what, since, text) in active[:room]:
            told = f"{DOING[what]}: {text}" if text not in ("", DOING[what]) else DOING[what]
            line = f"  {key:{width}}  {duration(time.monotonic() - since):>12}  {told}"
            yield Text(line, style="cyan", no_wrap=True, overflow="ellipsis")
        if len(active) > room:
            yield Text(f"  and {len(active) - room} more", style="cyan")

    def __call__(self, event: Event) -> None:
        with self.lock:
            lines = self.took(event)
        for line in lines:
            self.console.print(line, soft_wrap=True)
        if isinstance(event, Began) and not self.live.is_started:
            self.live.start()
        if isinstance(event, Ended):
            self.pause()

    def took(self, event: Event) -> list[str]:
        """Note the event, and give the lines of markup that it leaves on the screen."""
        if isinstance(event, Began):
            self.active[event.key] = (event.what, time.monotonic(), "")
        elif isinstance(event, Waits):
            what, since, _ = self.active.get(event.key, ("update", time.monotonic() - event.seconds, ""))
            self.active[event.key] = (what, since, event.text)
        elif isinstance(event, Finished):
            self.active.pop(event.key, None)
            return [f"[green]✓[/] {escape(event.key)} {DONE[event.what]} [dim]{duration(event.seconds)}[/]"]
        elif isinstance(event, Problem):
            self.active.pop(event.key, None)
            first, *more = problem(event)
            return [f"[red]✗ {escape(first)}[/]", *(f"  {escape(line)}" for line in more)]
        return self.said(event)

    def said(self, event: Event) -> list[str]:
        if isinstance(event, Started):
            title, *where = heading(event)
            return [f"[bold]{escape(title)}[/]", *(f"[bold yellow]{escape(line)}[/]" for line in where)]
        if isinstance(event, Planned):
            return list(report.plan(event, self.verbose, self.console.width))
        if isinstance(event, Checked):
            return list(checks.lines(event.findings, self.verbose))
        if isinstance(event, Wrote):
            return [f"  [dim]{escape(event.key)} {escape(event.aspect)} set[/]"] if self.verbose else []
        if isinstance(event, Note):
            return [escape(event.text)]
        if isinstance(event, Outputs):
            return list(report.outputs(event.values))
        if isinstance(event, Called | Retried):
            return [f"  [dim]{escape(line)}[/]" for line in calls.lines(event)] if self.verbose else []
        return [f"[bold]{escape(ending(event))}[/]"] if isinstance(event, Ended) else []
