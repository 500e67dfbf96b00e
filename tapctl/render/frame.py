"""The live view's screen: a run drawn within a width and a height. Pure; each moment is drawn anew.

A colour never says what a mark or a word doesn't. Only the terminal's own sixteen colours, which suit its background.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, zip_longest

from rich.console import Console
from rich.text import Text

from tapctl import schedule
from tapctl.durations import Durations, names
from tapctl.render.plain import DOING, DONE, duration
from tapctl.render.report import split
from tapctl.render.run import Row, Run, State

MARKS = {State.FAILED: ("✗", "red"), State.LEFT_OUT: ("–", "yellow"), State.GOING: ("▸", "cyan"),
         State.HELD: ("◦", ""), State.TO_COME: ("·", ""), State.DONE: ("✓", "green")}
LONGEST = "◆"  # what the whole run waits for
BESIDE = 84  # columns that a region needs, to stand beside another
BAR, BARRED = 12, 96  # columns of a bar, and of a section that has room for it
TOLD = {"to be gone"}  # in AWS's place, where it has no word for its state
GAP = 2


@dataclass(frozen=True)
class Moment:
    """A run as it is now.

    names: of each step, for durations.usual(); ends: step -> seconds until it is done; marked: keys that the whole run
    waits for, in order.
    """

    run: Run
    known: Durations
    now: float
    states: Mapping[str, State]
    names: Mapping[str, str]
    ends: Mapping[str, float]
    marked: Sequence[str]

    @property
    def left(self) -> float:
        return max(self.ends.values(), default=0.0)


def moment(run: Run, known: Durations, now: float) -> Moment:
    ends = schedule.ends(run.needs(), run.left(now, known))
    marked = dict.fromkeys(step.split()[0] for step in schedule.longest(run.needs(), ends))
    states = {key: run.state(row) for key, row in run.rows.items()}
    return Moment(run, known, now, states, names(list(run.steps.values())), ends, list(marked))


def frame(at: Moment, width: int, height: int) -> list[Text]:
    """Exactly `height` lines at the most, none wider than `width`."""
    head, foot = list(header(at, width)), list(footer(at, width))
    regions = list(dict.fromkeys(split(key)[0] for key in at.run.rows))
    columns = max(1, min(len(regions), width // BESIDE))
    room = max(1, height - len(head) - len(foot))
    across = (width - GAP * (columns - 1)) // columns
    stacks = [regions[n::columns] for n in range(columns)]
    sections = [list(chain.from_iterable(stacked(at, stack, across, room))) for stack in stacks]
    body = [beside(lines, across) for lines in zip_longest(*sections)]
    return fitted([*head, *body[:room], *foot][:height], width)


def fitted(lines: Iterable[Text], width: int) -> list[Text]:
    cut = []
    for line in lines:
        line.no_wrap = True
        line.truncate(width, overflow="ellipsis")
        cut.append(line)
    return cut


def beside(lines: Sequence[Text | None], across: int) -> Text:
    """One line of several sections."""
    whole = Text()
    for n, line in enumerate(lines):
        if n:
            whole.append(" " * ((across + GAP) * n - whole.cell_len))
        if line is not None:
            line.truncate(across, overflow="ellipsis")
            whole.append_text(line)
    return whole


# ---------------------------------------------------------------- above and below
def header(at: Moment, width: int) -> Iterator[Text]:
    """What runs, where, for how long, and for how much longer."""
    run = at.run
    passed = duration(max(0.0, at.now - run.began))
    left = f", about {rough(at.left)} left" if at.left >= 1 else ""
    started = run.started
    title = f"tapctl {started.command} {started.stack}" if started else "tapctl"
    yield apart(Text(title, "bold"), Text(passed + left, "bold"), width)
    done = sum(state is State.DONE for state in at.states.values())
    where = Text(f"account {started.account}" if started else "")
    if started and started.endpoint:
        where.append("  EMULATOR: nothing here is real" if started.emulated else f"  ENDPOINT {started.endpoint}",
                     "bold yellow")
    yield apart(where, Text(f"{done} of {len(run.rows)} done"), width)
    yield Text()


def footer(at: Moment, width: int) -> Iterator[Text]:
    """What the whole run waits for, and what was said last."""
    way = [key for key in at.marked if at.states[key] is not State.DONE]
    lines = []
    if way and at.left >= 1:
        lines.append(Text.assemble((LONGEST, "bold magenta"), f" the whole run waits for {listed(way, 3)}"))
    if at.run.notes:
        lines.append(Text(at.run.notes[-1], "yellow"))
    yield from [Text(), *lines] if lines else []


def apart(left: Text, right: Text, width: int) -> Text:
    """One at the left, one at the right; where both don't fit, the left one is cut."""
    if right.cell_len:
        left.truncate(max(0, width - right.cell_len - GAP), overflow="ellipsis")
    return Text.assemble(left, " " * max(0, width - left.cell_len - right.cell_len), right)


# ---------------------------------------------------------------- regions
def stacked(at: Moment, regions: Sequence[str], width: int, room: int) -> Iterator[list[Text]]:
    """Regions one below the other, in so many lines."""
    rows = [row for key, row in at.run.rows.items() if split(key)[0] in regions]
    rows.sort(key=lambda row: (ORDER.index(at.states[row.key]), urgency(at, row)))
    chosen, others = shown(at, rows, width, max(0, room - len(regions)))
    blanks = room - len(regions) - len(chosen) - len(others) >= len(regions) - 1
    names = max((len(split(row.key)[1]) for row in chosen), default=0)
    for n, region in enumerate(regions):
        its = [row for row in chosen if split(row.key)[0] == region]
        yield ([Text()] if n and blanks else []) + [counted(at, region, width), *table(at, its, width, names)]
    yield others


ORDER = (State.FAILED, State.GOING, State.HELD, State.TO_COME, State.LEFT_OUT, State.DONE)


def urgency(at: Moment, row: Row) -> float:
    """Within a state: the longest under way first, what begins soonest, what was done last."""
    state, step = at.states[row.key], at.run.next(row)
    if state is State.DONE:
        return -(row.ended or 0.0)
    if state is State.TO_COME and step and step.name in at.ends:
        return at.ends[step.name] - at.known.usual(at.names[step.name])
    return row.began or 0.0


def shown(at: Moment, rows: Sequence[Row], width: int, room: int) -> tuple[Sequence[Row], list[Text]]:
    """The rows that have a line each; and the names of what is under way and has none.

    What is neither is in the region's counts.
    """
    going = sum(at.states[row.key] in (State.FAILED, State.GOING) for row in rows)
    if going <= room:
        return rows[:room], []
    n, lines = room, crowd(rows[room:going], width)
    while n and n + len(lines) > room:
        n -= 1
        lines = crowd(rows[n:going], width)
    return rows[:n], lines[:room - n]


def crowd(rows: Sequence[Row], width: int) -> list[Text]:
    regions = groupby(sorted(rows, key=lambda row: split(row.key)[0]), lambda row: split(row.key)[0])
    words = "; ".join(f"and in {region}: {', '.join(split(row.key)[1] for row in its)}" for region, its in regions)
    return list(Text(words, "cyan").wrap(Console(width=width), max(1, width), overflow="ellipsis"))


def counted(at: Moment, region: str, width: int) -> Text:
    """A region's name, and how many of it are what."""
    states = [state for key, state in at.states.items() if split(key)[0] == region]
    return apart(Text(region, "bold"), Text(counts(states)), width)


def counts(states: Sequence[State]) -> str:
    """As in "12 done, 2 under way"."""
    return ", ".join(f"{states.count(state)} {state.value}" for state in (
        State.FAILED, State.LEFT_OUT, State.DONE, State.GOING, State.HELD, State.TO_COME) if state in states)


def table(at: Moment, rows: Sequence[Row], width: int, names: int) -> Iterator[Text]:
    """A line a resource: mark, name (in so many columns), time, what it waits for, and how long that usually takes."""
    for row in rows:
        state = at.states[row.key]
        mark, colour = MARKS[state]
        dim = "dim" if state in (State.TO_COME, State.HELD, State.DONE) else colour
        crucial = LONGEST if row.key in at.marked and state is not State.DONE else " "
        line = Text.assemble("  ", (mark, colour or dim), " ", (crucial, "bold magenta"), " ",
                             (f"{split(row.key)[1]:{names}}", dim), f"{time(at, row):>13}  ", style="")
        line.append(doing(at, row), dim)
        yield apart(line, usual(at, row, width), width)


def time(at: Moment, row: Row) -> str:
    state = at.states[row.key]
    if state is State.DONE:
        return duration(row.seconds)
    if state is State.GOING and row.began is not None:
        return duration(max(0.0, at.now - row.began))
    return ""


def doing(at: Moment, row: Row) -> str:
    """What happens to it, in a few words."""
    state, run = at.states[row.key], at.run
    if state is State.DONE:
        return DONE[row.what]
    if state is State.GOING:
        return DOING[row.what] + (f": {row.text}" if row.text and row.text not in (DOING[row.what], *TOLD) else "")
    if state is State.FAILED:
        return f"failed: {row.broke}"
    if state is State.LEFT_OUT:
        return f"left out, needs {near(row.because or run.obstacle(row), row)}"
    missing = sorted(run.missing(row), key=lambda key: -max(
        (at.ends[name] for name in run.rows[key].steps if name in at.ends), default=0.0))
    waits = f"waits for {listed([near(key, row) for key in missing], 1)}" if missing else ""
    return f"made, {waits}" if state is State.HELD else waits


def usual(at: Moment, row: Row, width: int) -> Text:
    """How long it usually takes, of what is under way; with a bar where there is room."""
    step = at.run.next(row)
    if at.states[row.key] is not State.GOING or step is None or (since := at.run.start(step)) is None:
        return Text()
    whole = at.known.usual(at.names[step.name])
    told = Text(f"usually {rough(whole)}", "dim") if whole >= 1 else Text()
    if width >= BARRED and whole >= 1:
        full = min(BAR, int(BAR * (at.now - since) / whole))
        told = Text.assemble(("━" * full, "cyan"), ("┄" * (BAR - full), "dim"), f"  {told.plain:16}", style="dim")
    return told


# ---------------------------------------------------------------- words
def near(key: str, row: Row) -> str:
    """Another's key, without the region if it is the row's own."""
    return split(key)[1] if split(key)[0] == split(row.key)[0] else key


def listed(names: Sequence[str], most: int) -> str:
    """As in "a, b and 3 more"."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def rough(seconds: float) -> str:
    """Of an estimate, as much as it is worth: 40 s, 2.5 min, 13 min."""
    if seconds < 10:
        return f"{seconds:.0f} s"
    if seconds < 95:
        return f"{round(seconds / 5) * 5} s"
    minutes = seconds / 60
    return f"{round(minutes * 2) / 2:g} min" if minutes < 10 else f"{minutes:.0f} min"
