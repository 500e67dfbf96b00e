"""Plain lines with a timestamp, one an event: for logs, pipes and CI."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Lock
from typing import Self, TextIO

from rich.text import Text

from tapctl.errors import printable
from tapctl.events import (
    Ahead,
    Began,
    Broke,
    Called,
    Checked,
    Ended,
    Event,
    Finished,
    Made,
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
from tapctl.streams import silence

AGAIN = 60.0  # seconds until a wait that goes on is told of again
DONE = {"create": "created", "update": "updated", "delete": "deleted", "wait": "ready"}
DOING = {"create": "creating", "update": "updating", "delete": "deleting", "wait": "waiting"}


def duration(seconds: float) -> str:
    """0.4 s, 12 s, 3 min 07 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def heading(event: Started) -> list[str]:
    """What this run is about, and where its calls go."""
    lines = [f"tapctl {event.command} {event.stack}  account {event.account}  {', '.join(event.regions)}"]
    if event.emulated:
        lines.append(f"EMULATOR at {event.endpoint}: nothing here is real, nothing reaches AWS")
    elif event.endpoint:
        lines.append(f"ENDPOINT {event.endpoint}: this is not AWS's own")
    return lines


def ending(event: Ended) -> str:
    made = ", ".join(f"{n} {DONE.get(what, what)}" for what, n in event.counts.items() if n)
    outcome = "done" if event.exit_code == 0 else f"ended with exit code {event.exit_code}"
    return f"{event.command} {outcome} in {duration(event.seconds)}" + (f": {made}" if made else "")


def tell(stream: TextIO, text: str) -> None:
    """Write it at once. Where the reader has gone (`| head`), what is under way goes on unheard."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        silence(stream)


def unmarked(lines: Iterable[str]) -> list[str]:
    """Lines of rich markup as plain text."""
    return [Text.from_markup(line, emoji=False).plain for line in lines]


def problem(event: Problem) -> list[str]:
    return unmarked(report.problem(event))


class Plain:
    def __init__(self, stream: TextIO, verbose: bool = False) -> None:
        self.stream, self.verbose, self.lock = stream, verbose, Lock()
        self.waits: dict[str, tuple[str, float]] = {}  # key -> what was said of it, and when, in seconds of its wait

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Every event was flushed when it was told."""

    def __call__(self, event: Event) -> None:
        with self.lock:
            tell(self.stream, self.told(event))

    def told(self, event: Event) -> str:
        now = datetime.now(UTC).strftime("%H:%M:%S")
        return "".join(f"{now} {printable(line)}\n" for line in self.lines(event))

    def lines(self, event: Event) -> list[str]:
        if isinstance(event, Started):
            return heading(event)
        if isinstance(event, Planned):
            return unmarked(report.plan(event, self.verbose))
        if isinstance(event, Checked):
            return unmarked(checks.lines(event.findings, self.verbose))
        if isinstance(event, Began):
            return [f"{event.key} {DOING[event.what]}"]
        if isinstance(event, Ahead):
            return []
        if isinstance(event, Made):
            return [f"{event.key} made: {event.id}"] if self.verbose else []
        if isinstance(event, Wrote):
            return [f"{event.key} {event.aspect} set"] if self.verbose else []
        if isinstance(event, Broke):
            return [f"{event.key} has failed: {event.message}"]
        if isinstance(event, Waits):
            return self.waiting(event)
        if isinstance(event, Finished):
            return [f"{event.key} {DONE[event.what]} after {duration(event.seconds)}"]
        if isinstance(event, Problem):
            return problem(event)
        if isinstance(event, Note):
            return [event.text]
        if isinstance(event, Outputs):
            return unmarked(report.outputs(event.values))
        if isinstance(event, Called | Retried):
            return calls.lines(event) if self.verbose else []
        return [ending(event)]

    def waiting(self, event: Waits) -> list[str]:
        """A line when it waits for something else, and one a minute."""
        text, said = self.waits.get(event.key, ("", 0.0))
        said = min(said, event.seconds)  # less: it waits once more
        if event.text == text and event.seconds - said < AGAIN:
            self.waits[event.key] = (text, said)
            return []
        self.waits[event.key] = (event.text, event.seconds)
        still = f", for {duration(event.seconds)} now" if event.text == text else ""
        return [f"{event.key} waits: {event.text}{still}"]
