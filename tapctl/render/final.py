"""What stays on the terminal when a live view is over: what became of each resource, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.text import Text

from tapctl.render import report
from tapctl.render.plain import duration, ending
from tapctl.render.report import split
from tapctl.render.rows import LONGEST, MARKS, NOT_BEGUN, NOT_READY, counts
from tapctl.render.run import Row, Run, State

GAP = 3  # columns between resources
WORTH = 0.02  # of a run's time: what took less was not what it waited for
SHARED = {"--env", "-e", "--region", "-r", "--config", "-c"}  # options of `up` that `verify` has too, with a value
LEFT = {State.GOING: NOT_READY, State.HELD: NOT_READY, State.TO_COME: NOT_BEGUN}


def lines(run: Run, width: int, argv: Sequence[str], verbose: bool = False) -> Iterator[str | Text]:
    """The report: text, and lines of rich markup. argv: what was given to the command line."""
    states, way = {key: settled(run, row) for key, row in run.rows.items()}, waited_for(run)
    for region in dict.fromkeys(split(key)[0] for key in run.rows):
        rows = [row for key, row in run.rows.items() if split(key)[0] == region]
        yield f"[bold]{region}[/]  {counts([LEFT.get(s := states[row.key], s.value) for row in rows])}"
        yield from grid([cell(row, states[row.key], row.key in way) for row in rows], width)
    if verbose:
        yield from (f"  [dim]{escape(line)}[/]" for line in run.words)
    if run.problems or run.notes or run.outputs:
        yield ""
    for its in run.problems:
        yield from report.problem(its, width)
    for note in run.notes:
        yield from report.hanging("", note, width, 2)
    yield from report.outputs(run.outputs, width)
    yield ""
    if way:
        yield f"[bold magenta]{LONGEST}[/] the whole run waited for {escape(', '.join(way))}"
    if run.ended:
        yield f"[bold]{escape(ending(run.ended))}[/]"
        if then := onward(run.ended.command, run.ended.exit_code, argv):
            yield f"next: [bold]{escape(then)}[/]"


def waited_for(run: Run) -> list[str]:
    """Of a run that has come to its end: what took its time, one after the other."""
    if not run.ended or run.ended.exit_code:
        return []
    way = [key for key in run.way() if run.rows[key].seconds >= run.ended.seconds * WORTH]
    return way if len(way) > 1 else []


def settled(run: Run, row: Row) -> State:
    """The state that it is left in: where all went well, what nothing had to be done to is done."""
    state = run.state(row)
    return State.DONE if state in LEFT and run.ended and not run.ended.exit_code else state


def grid(cells: Sequence[tuple[Text, str]], width: int) -> Iterator[Text]:
    """Names and what became of them in as many columns as there is room for, read from the top."""
    layouts = ([cells[n:n + height] for n in range(0, len(cells), height)] for height in range(1, len(cells) + 1))
    columns = next((columns for columns in layouts if across(columns) <= width), [cells])
    for n in range(len(columns[0])):
        yield Text("  ") + Text(" " * GAP).join(
            Text.assemble(column[n][0], " " * (names - column[n][0].cell_len), f"{column[n][1]:>{ends}}")
            for column, (names, ends) in zip(columns, widths(columns), strict=True) if n < len(column))


def widths(columns: Sequence[Sequence[tuple[Text, str]]]) -> list[tuple[int, int]]:
    """Of each column: of the names, and of what became of them, with the room between."""
    return [(max(name.cell_len for name, _ in column), max(len(told) for _, told in column) + 2) for column in columns]


def across(columns: Sequence[Sequence[tuple[Text, str]]]) -> int:
    return 2 + sum(map(sum, widths(columns))) + GAP * (len(columns) - 1)


def cell(row: Row, state: State, crucial: bool) -> tuple[Text, str]:
    """One resource: its mark and name, and what became of it."""
    mark, colour = MARKS[state]
    name = Text.assemble((mark, colour), " ", split(row.key)[1], (f" {LONGEST}" if crucial else "", "bold magenta"))
    if row.ended is not None:
        return name, duration(row.seconds)
    return name, "as it was" if state is State.DONE else LEFT.get(state, state.value)


def onward(command: str, exit_code: int, argv: Sequence[str]) -> str:
    """The command that comes next: after an `up` that came to its end, what proves it."""
    return shlex.join(["tapctl", "verify", *shared(argv)]) if command == "up" and not exit_code else ""


def shared(argv: Sequence[str]) -> Iterator[str]:
    """What `verify` takes of the arguments of `up`."""
    for n, word in enumerate(argv):
        if word == "--local" or word.partition("=")[0] in SHARED or (n and argv[n - 1] in SHARED):
            yield word
