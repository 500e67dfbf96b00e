"""The live view's screen: a run drawn within a width and a height. Pure; each moment is drawn anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, zip_longest

from rich.text import Text

from tapctl.render.moment import Moment
from tapctl.render.plain import duration
from tapctl.render.report import listed, split
from tapctl.render.rows import GAP, LONGEST, TIMES, apart, counts, doing, folded, rough, table, time
from tapctl.render.run import Row, State

BESIDE = 84  # columns that a region needs, to stand beside another


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
        said = [f" the whole run waits for {listed(way, n)}" for n in (3, 2, 1)]
        short = next((text for text in said if len(LONGEST + text) <= width), said[-1])
        lines.append(Text.assemble((LONGEST, "bold magenta"), short))
    for row in [row for key, row in at.run.rows.items() if at.states[key] is State.FAILED][-1:]:
        lines += folded(Text(f"✗ {row.key} {doing(at, row)}", "red"), width, 2)
    if at.run.notes:
        lines.append(Text(at.run.notes[-1], "yellow"))
    yield from [Text(), *lines] if lines else []


# ---------------------------------------------------------------- regions
def stacked(at: Moment, regions: Sequence[str], width: int, room: int) -> Iterator[list[Text]]:
    """Regions one below the other, in so many lines."""
    rows = [row for key, row in at.run.rows.items() if split(key)[0] in regions]
    rows.sort(key=lambda row: (ORDER.index(at.states[row.key]), urgency(at, row)))
    chosen, others = shown(at, rows, width, max(0, room - len(regions)))
    blanks = room - len(regions) - len(chosen) - len(others) >= len(regions) - 1
    names = max((len(split(row.key)[1]) for row in chosen), default=0)
    times = max([TIMES, *(len(time(at, row)) for row in chosen)])
    for n, region in enumerate(regions):
        its = [row for row in chosen if split(row.key)[0] == region]
        yield ([Text()] if n and blanks else []) + [counted(at, region, width), *table(at, its, width, names, times)]
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
    return folded(Text(words, "cyan"), width)


def counted(at: Moment, region: str, width: int) -> Text:
    """A region's name, and how many of it are what."""
    states = [state for key, state in at.states.items() if split(key)[0] == region]
    return apart(Text(region, "bold"), Text(counts([state.value for state in states])), width)


