"""The live view on a terminal: while something is done, a screen of its own, which leaves a report behind."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, TextIO

from rich.console import Console
from rich.markup import escape

from tapctl.events import (
    Ahead,
    Called,
    Checked,
    Ended,
    Event,
    Note,
    Outputs,
    Planned,
    Problem,
    Retried,
    Started,
)
from tapctl.render import calls, checks, report
from tapctl.render.plain import ending, heading

if TYPE_CHECKING:
    from tapctl.render.screen import Screen


class Live:
    """Until there is something ahead, and after it has ended, lines; between, the screen. What isn't needed for lines
    is imported with the screen."""

    def __init__(self, stream: TextIO, verbose: bool = False) -> None:
        self.console = Console(file=stream, highlight=False, emoji=False)
        self.verbose = verbose
        self.started: Started | None = None
        self.since = time.monotonic()
        self.screen: Screen | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started, self.since = event, time.monotonic()
        if isinstance(event, Ahead):
            self.open()
        if isinstance(event, Planned):  # another one, for the rest: it is to be seen, and somebody may be asked
            self.close()
        if screen := self.screen:
            screen.hear(event)
            if isinstance(event, Ended):
                self.close()
            return
        for line in self.said(event):
            self.console.print(line, soft_wrap=True)

    def open(self) -> None:
        from tapctl.render.screen import Screen

        if self.screen is None:
            self.screen = Screen(self.console, self.started, self.since)

    def close(self) -> None:
        """Give the terminal back, with the report on it."""
        if self.screen:
            screen, self.screen = self.screen, None
            for line in screen.end(self.verbose):
                self.console.print(line)

    def said(self, event: Event) -> list[str]:
        """Lines of markup."""
        if isinstance(event, Started):
            title, *where = heading(event)
            return [f"[{style}]{part}[/]" for style, line in (("bold", title), *(("bold yellow", it) for it in where))
                    for part in report.hanging("", line, self.console.width, 2)]
        if isinstance(event, Planned):
            return list(report.plan(event, self.verbose, self.console.width))
        if isinstance(event, Checked):
            return list(checks.lines(event.findings, self.verbose, self.console.width))
        if isinstance(event, Problem):
            return list(report.problem(event, self.console.width))
        if isinstance(event, Note):
            return list(report.hanging("", event.text, self.console.width, 2))
        if isinstance(event, Outputs):
            return list(report.outputs(event.values, self.console.width))
        if isinstance(event, Called | Retried):
            return [f"  [dim]{escape(line)}[/]" for line in calls.lines(event)] if self.verbose else []
        return [f"[bold]{escape(ending(event))}[/]"] if isinstance(event, Ended) else []
