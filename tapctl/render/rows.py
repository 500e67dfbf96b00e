"""The live view's lines, a resource each: its mark, its name, and what happens to it in a few words. Pure.

A colour never says what a mark or a word doesn't. Only the terminal's own sixteen colours, which suit its background.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tapctl.render.moment import Moment
from tapctl.render.plain import DOING, DONE, duration
from tapctl.render.report import listed, near, split
from tapctl.render.run import Row, State

NOT_READY, NOT_BEGUN = "not ready", "not begun"  # what is under way, or to come, when the run is over
COUNTED = (State.FAILED.value, State.LEFT_OUT.value, State.DONE.value, State.GOING.value, State.HELD.value,
           State.TO_COME.value, NOT_READY, NOT_BEGUN)
MARKS = {State.FAILED: ("✗", "red"), State.LEFT_OUT: ("–", "yellow"), State.GOING: ("▸", "cyan"),
         State.HELD: ("◦", ""), State.TO_COME: ("·", ""), State.DONE: ("✓", "green")}
LONGEST = "◆"  # what the whole run waits for
BAR, BARRED = 12, 96  # columns of a bar, and of a section that has room for it
TOLD = {"to be gone"}  # in AWS's place, where it has no word for its state
GAP = 2
TIMES = 10  # columns of the times, unless one takes longer than 9 min 59 s


def table(at: Moment, rows: Sequence[Row], width: int, names: int, times: int) -> Iterator[Text]:
    """A line a resource: mark, name, time (in so many columns), what it waits for, and how long that usually takes."""
    for row in rows:
        state = at.states[row.key]
        mark, colour = MARKS[state]
        dim = "dim" if state in (State.TO_COME, State.HELD, State.DONE) else colour
        crucial = LONGEST if row.key in at.marked and state is not State.DONE else " "
        line = Text.assemble("  ", (mark, colour or dim), " ", (crucial, "bold magenta"), " ",
                             (f"{split(row.key)[1]:{names}}", dim), style="")
        text, taken = doing(at, row), time(at, row)
        line.append(f" {taken:>{times}}  " if taken else spare(times + 3, width - line.cell_len - cell_len(text)))
        text, right = fitting(text, row, usual(at, row, width), width - line.cell_len)
        yield apart(line.append(text, dim), right, width)


def spare(columns: int, room: int) -> str:
    """The space for a time that there is none of: a text that needs it begins in it."""
    return " " * max(1, min(columns, room))


def fitting(text: str, row: Row, right: Text, room: int) -> tuple[str, Text]:
    """What both sides say: where not all has room, rather no verb, and rather nothing at the right than half a word."""
    forms = [(left, its) for its in (right, Text()) for left in (text, text.removeprefix(f"{DOING[row.what]}: "))]
    return next(((left, its) for left, its in forms if cell_len(left) + its.cell_len + GAP * bool(its) <= room),
                forms[-1])


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
        return f"left out, needs {near(row.because or run.obstacle(row), split(row.key)[0])}"
    missing = sorted(run.missing(row), key=lambda key: -max(
        (at.ends[name] for name in run.rows[key].steps if name in at.ends), default=0.0))
    others = listed([near(key, split(row.key)[0]) for key in missing], 1)
    return f"made, waits for {others}" if state is State.HELD else f"after {others}" if missing else ""


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
def rough(seconds: float) -> str:
    """Of an estimate, as much as it is worth: 40 s, 2.5 min, 13 min."""
    if seconds < 10:
        return f"{seconds:.0f} s"
    if seconds < 95:
        return f"{round(seconds / 5) * 5} s"
    minutes = seconds / 60
    return f"{round(minutes * 2) / 2:g} min" if minutes < 10 else f"{minutes:.0f} min"


def counts(words: Sequence[str]) -> str:
    """As in "12 done, 2 under way"."""
    return ", ".join(f"{n} {word}" for word in COUNTED if (n := words.count(word)))


# ---------------------------------------------------------------- lines
def apart(left: Text, right: Text, width: int) -> Text:
    """One at the left, one at the right; where both don't fit, the left one is cut."""
    if right.cell_len:
        left.truncate(max(0, width - right.cell_len - GAP), overflow="ellipsis")
    return Text.assemble(left, " " * max(0, width - left.cell_len - right.cell_len), right)


def folded(text: Text, width: int, most: int | None = None) -> list[Text]:
    """In lines of this width, so many at the most; what is left out shows."""
    lines = list(text.wrap(Console(width=width), max(1, width), overflow="ellipsis"))
    kept = lines[:most]
    if len(kept) < len(lines):
        kept[-1].truncate(max(0, width - 1))
        kept[-1].append("…")
    return kept
