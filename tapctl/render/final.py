"""What stays on the terminal when a live view is over: what became of each resource, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.markup import escape
from rich.text import Text

from tapctl.events import Ended, Started
from tapctl.render import report
from tapctl.render.plain import DONE, duration, ending
from tapctl.render.report import split
from tapctl.render.run import Row, Run, State
from tapctl.render.screen import LONGEST, MARKS, counts

GAP = 3
FEWEST = 2  # resources in a way that is worth a line


def lines(run: Run, width: int, verbose: bool = False) -> Iterator[str]:
    """The report, as lines of rich markup."""
    states, way = {key: settled(run, row) for key, row in run.rows.items()}, run.way()
    for region in dict.fromkeys(split(key)[0] for key in run.rows):
        rows = [row for key, row in run.rows.items() if split(key)[0] == region]
        yield f"[bold]{region}[/]  {counts([states[row.key] for row in rows])}"
        yield from grid([cell(row, states[row.key], row.key in way) for row in rows], width)
        if verbose:
            yield from (f"  [dim]{escape(split(row.key)[1])}: {escape(', '.join(row.wrote))} set[/]"
                        for row in rows if row.wrote)
    yield from problems(run)
    yield from (escape(note) for note in run.notes)
    yield from report.outputs(run.outputs)
    if len(way) >= FEWEST:
        yield f"[bold magenta]{LONGEST}[/] the run waited for {escape(', then '.join(way))}"
    if run.ended:
        yield f"[bold]{escape(ending(run.ended))}[/]"
        if run.started and (next_ := onward(run.started, run.ended)):
            yield f"next: [bold]{escape(next_)}[/]"


def settled(run: Run, row: Row) -> State:
    """The state that it is left in: what nothing had to be done to is done."""
    state = run.state(row)
    return State.DONE if state is State.TO_COME and run.ended and not run.ended.exit_code else state


def cell(row: Row, state: State, crucial: bool) -> Text:
    """One resource: mark, name, and what became of it."""
    mark, colour = MARKS[state]
    told = duration(row.seconds) if row.ended is not None and state is State.DONE else (
        "as wanted" if state is State.DONE else "not begun" if state is State.TO_COME else "not ready" if state in (
            State.GOING, State.HELD) else state.value)
    return Text.assemble((mark, colour), " ", split(row.key)[1], (f" {LONGEST}" if crucial else "", "bold magenta"),
                         "  ", (told, colour if state in (State.FAILED, State.LEFT_OUT) else "dim"))
