"""Logs of runs as people read them: the list of them, and one of them, which is told as it was told then."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.markup import escape

from tapctl.errors import printable
from tapctl.events import Called, Change, Event, Finding, Result, Retried, Step
from tapctl.logbook import KILLED, RUNS, Run, outcome
from tapctl.model import Unknown
from tapctl.render.calls import called, fails, retried
from tapctl.render.columns import hung
from tapctl.render.plain import Plain, duration

KINDS: Mapping[str, Any] = {kind.__name__.lower(): kind for kind in Event.__args__}
FAILURES = ("broke", "problem", "retried")
ENDS = ("run", "exit")  # which run it was, and how it ended
YEAR, SHORT = 5, 6  # letters that the list goes without, and of a run's name those it shows, so that it fits 80 columns
COLOURS = {"done": "green", RUNS: "cyan", KILLED: "red", "failed": "red"}


def table(runs: Sequence[Run]) -> Iterator[str]:
    """As lines of rich markup."""
    if not runs:
        yield "There is no log of any run on this machine."
        return
    rows = [(when(run.at)[YEAR:], run.command, run.stack, run.outcome,
             "" if run.seconds is None else duration(run.seconds), run.run[:SHORT]) for run in runs]
    heads = ("began", "command", "stack", "outcome", "took", "run")
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    yield "[bold]" + "  ".join(f"{head:{width}}" for head, width in zip(heads, widths, strict=True)).rstrip() + "[/]"
    for row in rows:
        cells = [escape(f"{cell:{width}}") for cell, width in zip(row, widths, strict=True)]
        cells[3] = f"[{COLOURS.get(row[3], 'yellow')}]{cells[3]}[/]"
        yield "  ".join(cells).rstrip()


def when(at: str) -> str:
    """By this machine's clock."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"


def chosen(lines: Iterable[Mapping[str, Any]], *, failed: bool) -> Iterator[Mapping[str, Any]]:
    """All of them, or what failed, between the run's first line and its last."""
    return (line for line in lines if not failed or line["event"] in (*ENDS, *FAILURES) or line.get("exit_code")
            or fails(line.get("code", ""), line.get("changes") is True))


def run(lines: Iterable[Mapping[str, Any]], *, calls: bool, width: int = 0) -> Iterator[str]:
    """Lines of plain text, each after the seconds since the first. calls: those that only read, too, and all else that
    `--verbose` shows. width: of the terminal; 0: lines as long as they are."""
    plain, began = Plain(io.StringIO(), verbose=calls), None
    for line in lines:
        at = datetime.fromisoformat(line["at"])
        began = began or at
        time = f"{(at - began).total_seconds():9.2f}"
        for text in told(line, plain, calls):
            inner = len(text) - len(text.lstrip())
            yield from hung(f"{time}  {printable(text)}", width, len(time) + inner + 4)
            time = " " * len(time)


def told(line: Mapping[str, Any], plain: Plain, calls: bool) -> Sequence[str]:
    """What the line says. Nothing, of a kind that another version of tapctl may have."""
    if line["event"] == "run":
        return [f"tapctl {line['tapctl']}, {line['command']} {line['stack']}, run {line['run']}, {when(line['at'])}"]
    if line["event"] == "exit":
        code = line["exit_code"]
        return [*line["error"], f"{outcome(code)}: exit code {code} after {duration(line['seconds'])}"]
    event = revived(line)
    if isinstance(event, Called):
        return [called(event)] if calls or event.changes or fails(event.code, event.changes) else []
    if isinstance(event, Retried):
        return [retried(event)]
    return plain.lines(event) if event else []


def revived(line: Mapping[str, Any]) -> Event | None:
    """The event, as far as people read of it; None: there is none of that kind, or with these fields."""
    its = {name: deep(name, value) for name, value in line.items() if name not in ("version", "at", "event")}
    try:
        event: Event = KINDS[line["event"]](**its)
    except (KeyError, TypeError):
        return None
    return event


def deep(name: str, value: Any) -> Any:
    """A field's value, as the event had it."""
    if name in ("changes", "held") and isinstance(value, list):
        return tuple(Change(**{**its, "have": known(its["have"]), "want": known(its["want"])}) for its in value)
    if name == "steps":
        return tuple(Step(**its) for its in value)
    if name == "findings":
        return tuple(Finding(**{**its, "result": Result(its["result"])}) for its in value)
    return value


def known(value: Any) -> Any:
    return Unknown(value["unknown_until"]) if isinstance(value, dict) and "unknown_until" in value else value
