"""Reports: a plan, a status, what a teardown left. Text for people, built from data, printed by whoever asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from tapctl.errors import printable
from tapctl.events import Change, Planned, Problem
from tapctl.render.columns import hung
from tapctl.render.values import ADDED, GONE, OTHER, Difference, differences, parts, shown

COLOURS = {ADDED: "green", GONE: "red", OTHER: "yellow"}
MARKS = {"create": ADDED, "delete": GONE}  # all else is a change in place
TOLD = ("load_balancer_dns_name", "bucket_name", "table_name", "database_address")
NAMES = 24  # columns of a status' names, where not all has room
BLOCKED = 6  # keys of what was not done that are named
Rows = tuple[Difference, ...]


def split(key: str) -> tuple[str, str]:
    """(region, the rest) of a logical key."""
    region, _, name = key.partition("/")
    return region, name


def near(key: str, region: str) -> str:
    """A key as it is called in a region: without it, if it is there."""
    return key.removeprefix(f"{region}/")


def hanging(lead: str, text: str, width: int, indent: int) -> Iterator[str]:
    """Text after a lead of rich markup, in lines of `width` at the most, the rest indented. 0: in one."""
    first, *more = hung(text, width, indent, indent)
    yield lead + escape(first)
    yield from map(escape, more)


def plan(planned: Planned, verbose: bool = False, width: int = 0) -> Iterator[str]:
    """A plan, region by region, as lines of rich markup.

    verbose: every property of what is made, and every id of what is deleted. width: of the terminal; 0: lines as long
    as they are. What must not be overlooked comes last, where it is still seen when the rest has scrolled away.
    """
    for region, changes in regions(planned):
        yield f"[bold]{region}[/]  [dim]{numbers(changes)}[/]"
        yield from entries(changes, verbose, width)
    for title, lines in (
        ("Stays as it is, though it differs", [f"{c.key} {told(row)}" for c in planned.held for row in fields(c)]),
        ("No longer wanted (`tapctl up --prune` removes it; what holds data goes only with `down`)", planned.surplus),
        ("Not allowed to read, so not compared", [f"{what}: {action}" for what, action in planned.unread.items()]),
        ("Good to know", planned.notes),
    ):
        if lines:
            yield from hanging("[bold]", title, width, 0)
            for line in lines:
                yield from hanging("  ", line, width, 4)
    yield from lost([change for change in planned.changes if change.loses], width)
    for title, these in (("[bold yellow]Left out[/]", planned.omitted),
                         ("[bold red]Can't be done, so nothing is[/]", planned.refused)):
        if these:
            yield title
        for why, keys in by_value(these).items():
            yield from hanging("  [red]✗[/] ", f"{', '.join(keys)}: {why}", width, 4)
    if planned.changes or not planned.refused:
        yield from wrapped(counts(planned), width)


def regions(planned: Planned) -> Iterator[tuple[str, list[Change]]]:
    """Each region's changes."""
    for region, its in groupby(planned.changes, key=lambda change: split(change.key)[0]):
        yield region, list(its)


def by_value(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Value -> its keys."""
    found: dict[str, list[str]] = {}
    for key, value in values.items():
        found.setdefault(value, []).append(key)
    return found


def entries(changes: Sequence[Change], verbose: bool, width: int) -> Iterator[str]:
    """One region's: what is made or goes, a line a kind; what changes, those alike together, each field in a line."""
    alike: dict[tuple[str, str, Rows], list[str]] = {}
    for key, grouped in groupby(changes, key=lambda change: change.key):
        its, name = list(grouped), split(key)[1]
        mark, rows = entry(its, verbose)
        names = alike.setdefault((mark, "" if mark == OTHER else name.partition("/")[0], rows), [])
        names += [name] * (len(its) if mark == GONE else 1)
    pad = max((len(kind) for mark, kind, _ in alike if mark != OTHER), default=0)
    for (mark, kind, rows), names in alike.items():
        roles = [f"{role} ({n})" if n > 1 else role
                 for role, n in Counter(name.removeprefix(kind).removeprefix("/") for name in names).items()]
        text = ", ".join(names) if mark == OTHER else f"{kind:{pad}}  {', '.join(roles)}".rstrip()
        yield from hanging(f"  {marked(mark)} ", text, width, 4 if mark == OTHER else pad + 6)
        for row in rows:
            yield from hanging(f"      {marked(row.mark)} ", told(row).removeprefix(f"{row.mark} "), width, 10)


def entry(changes: Sequence[Change], verbose: bool) -> tuple[str, Rows]:
    """(mark, rows) of one resource: of what is made or goes, rows only if all is to be shown."""
    mark = MARKS.get(changes[0].what, OTHER)
    if mark == OTHER:
        return mark, tuple(row for change in changes for row in fields(change))
    if not verbose:
        return mark, ()
    if mark == GONE:
        return mark, tuple(Difference(GONE, "", shown(change.have)) for change in changes)
    return mark, tuple(Difference(ADDED, change.what, text) for change in changes[1:]
                       for text in parts(change.want) or [shown(change.want)])


def marked(mark: str) -> str:
    return f"[{COLOURS[mark]}]{mark}[/]"


def fields(change: Change) -> Iterator[Difference]:
    """Each field of an aspect that differs, under the aspect's name."""
    for mark, path, text in differences(change.have, change.want):
        yield Difference(mark, f"{change.what}{'.' if path and not path.startswith('[') else ''}{path}", text)


def told(row: Difference) -> str:
    """As in "tags.Owner: somebody -> platform" or "- rules: tcp 22 in from 0.0.0.0/0"."""
    return ("" if row.mark == OTHER else f"{row.mark} ") + (f"{row.path}: " if row.path else "") + row.text


def lost(changes: Sequence[Change], width: int) -> Iterator[str]:
    """The data that goes: what, and each thing that it is in."""
    if not changes:
        return
    yield "[bold red]Data that is lost[/]"
    alike: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        alike.setdefault((split(change.key)[1].partition("/")[0], change.loses), []).append(change)
    for (kind, what), its in alike.items():
        yield from hanging("  [red]✗[/] ", f"{kind}: {what}", width, 4)
        for change in its:
            region, name = split(change.key)
            it = short(change.have) if change.what == "delete" else name
            yield from hanging("      ", f"{region}  {it}", width, 8)


def short(its: str) -> str:
    """An id as people know it, as in "key/0a11": of an ARN, what follows the account."""
    return its.split(":", 5)[-1] if its.startswith("arn:") else its


def listed(names: Sequence[str], most: int) -> str:
    """As in "a, b and 3 more"."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def numbers(changes: Iterable[Change], every: bool = False) -> str:
    """As in "2 to create, 1 to delete"; every: zeros, too. Deletions are counted by thing: a key may have several."""
    made = {change.key for change in changes if change.what == "create"}
    gone = [change.key for change in changes if change.what == "delete"]
    changed = {change.key for change in changes} - made - {*gone}
    return ", ".join(f"{len(its)} to {verb}" for its, verb in (
        (made, "create"), (changed, "change"), (gone, "delete")) if its or every)


def counts(planned: Planned) -> str:
    """The last line: as in "Plan: 2 to create, 0 to change, 1 to delete; 1 loses data." """
    losing = sum(bool(change.loses) for change in planned.changes)
    what = f"[bold]Plan:[/] {numbers(planned.changes, every=True)}" if planned.changes else "[bold]Nothing to do[/]"
    return what + "".join(f"; [bold {colour}]{n} {told}[/]" for n, colour, told in (
        (losing, "red", "loses data" if losing == 1 else "lose data"), (len(planned.omitted), "yellow", "left out"),
        (len(planned.refused), "red", "can't be done, so nothing is")) if n) + "."


def wrapped(line: str, width: int) -> Iterator[str]:
    """A line of markup in as many as it needs; width: as in plan()."""
    if not width:
        return iter([line])
    parts = Text.from_markup(line).wrap(Console(width=width), max(1, width - 2))
    for part in parts:
        part.rstrip()
    first, *more = parts
    return iter([first.markup, *(f"  {part.markup}" for part in more)])


def problem(event: Problem, width: int = 0) -> Iterator[str]:
    """What failed; below it what it comes from, the mend, and what was not done because of it. width: as in plan()."""
    yield from hanging("[red]✗[/] ", f"{event.key} FAILED: {printable(event.message)}", width, 4)
    for name, text in (("likely", event.cause), ("mend", event.mend),
                       ("not done because of it", listed(event.blocks, BLOCKED))):
        if text:
            yield from hanging("    ", f"{name}: {printable(text)}", width, 6)


def status(rows: Iterable[Mapping[str, str]], width: int = 0) -> Iterator[str]:
    """key, state, drift, id of each resource, a table a region. An ARN without what its region and account tell.

    width: columns that there are, if there are so few. Where not all has room, a long name pushes what follows it in
    its own line only, and ids are cut.
    """
    for region, its in groupby(rows, key=lambda row: split(row["key"])[0]):
        members = list(its)
        yield f"[bold]{region}[/]"
        names = max(len(split(row["key"])[1]) for row in members)
        states = max(len(row["state"]) for row in members)
        if width and names + states + max(len(drifted(row) + short(row["id"])) for row in members) + 6 > width:
            names = min(names, NAMES)
        for row in members:
            name = split(row["key"])[1]
            well = row["serves"] == "yes" and not row["drift"]
            colour = "green" if well else "red" if row["state"] == "missing" else "yellow"
            drift = drifted(row)
            room = width - max(names, len(name)) - states - len(drift) - 6 if width else len(row["id"])
            rest = (f"[yellow]{escape(drift)}[/]" if drift else "") + escape(cut(short(row["id"]), room))
            before = f"{' ' * (states - len(row['state']))}  " if rest else ""
            yield f"  {name:{names}}  [{colour}]{escape(row['state'])}[/]{before}{rest}"


def drifted(row: Mapping[str, str]) -> str:
    return f"drift: {row['drift']}  " if row["drift"] else ""


def cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[:max(0, room - 1)]}…"


def stacks(found: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Every stack that the tags show, with the number of things that they show of it."""
    if not found:
        yield "No stack shows by its tags."
    for stack, regions in found.items():
        yield f"[bold]{escape(stack)}[/]  " + ", ".join(f"{region}: {n}" for region, n in regions.items())


def outputs(values: Mapping[str, Mapping[str, object]], width: int = 0) -> Iterator[str]:
    """The outputs that people use; `tapctl outputs` has all of them. width: a value that has no room beside its name is
    below it; 0: there is room."""
    pad = max(map(len, TOLD))
    for region, its in values.items():
        told = [(name, shown(its[name])) for name in TOLD if name in its]
        if told:
            yield f"[bold]{region}[/]"
        for name, value in told:
            fits = not width or pad + len(value) + 4 <= width
            yield from [f"  {name:{pad}}  {escape(value)}"] if fits else [f"  {name}", f"    {escape(value)}"]
