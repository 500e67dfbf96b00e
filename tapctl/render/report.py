"""Reports: a plan, a status, what a teardown left. Text for people, built from data, printed by whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.markup import escape

from tapctl.events import Change, Planned
from tapctl.render.values import differences, shown

MARKS = {"create": "[green]+[/]", "delete": "[red]-[/]"}
CHANGED = "[yellow]~[/]"
TOLD = ("load_balancer_dns_name", "bucket_name", "table_name", "database_address")


def split(key: str) -> tuple[str, str]:
    """(region, the rest) of a logical key."""
    region, _, name = key.partition("/")
    return region, name


def plan(planned: Planned, verbose: bool = False) -> Iterator[str]:
    """A plan, region by region, as lines of rich markup. verbose: every property of what is made, too."""
    for region, changes in groupby(planned.changes, key=lambda change: split(change.key)[0]):
        yield f"[bold]{region}[/]"
        for key, its in groupby(changes, key=lambda change: change.key):
            yield from resource(key, list(its), verbose)
    for title, lines in (
        ("Stays as it is, though it differs", [f"{c.key} {line}" for c in planned.held for line in fields(c)]),
        ("No longer wanted (`tapctl up --prune` removes it; what holds data goes only with `down`)", planned.surplus),
        ("Not allowed to read, so not compared", [f"{what}: {action}" for what, action in planned.unread.items()]),
        ("Good to know", planned.notes),
    ):
        if lines:
            yield f"[bold]{title}[/]"
            yield from (f"  {escape(line)}" for line in lines)
    if planned.omitted:
        yield "[bold yellow]Left out[/]"
        yield from (f"  {escape(key)}: {escape(why)}" for key, why in planned.omitted.items())
    if planned.refused:
        yield "[bold red]Can't be done, so nothing is[/]"
        yield from (f"  {escape(key)}: {escape(why)}" for key, why in planned.refused.items())
    if planned.changes or not planned.refused:
        yield counts(planned)


def resource(key: str, changes: Sequence[Change], verbose: bool) -> Iterator[str]:
    created = changes[0].what == "create"
    mark = MARKS.get(changes[0].what, CHANGED)
    if changes[0].what == "delete":
        yield from (f"  {mark} {escape(split(key)[1])}  [dim]{escape(shown(change.have))}[/]" for change in changes)
        return
    yield f"  {mark} {escape(split(key)[1])}"
    for change in changes:
        if change.what != "create" and (verbose or not created):
            for line in fields(change):
                yield f"      {escape(line)}"


def fields(change: Change) -> Iterator[str]:
    for path, text in differences(change.have, change.want):
        yield f"{change.what}{'.' if path and not path.startswith('[') else ''}{path}: {text}"


def counts(planned: Planned) -> str:
    """As in "2 to create, 1 to change, 0 to delete". What is deleted is counted by thing: a key may have several."""
    made = {change.key for change in planned.changes if change.what == "create"}
    gone = [change.key for change in planned.changes if change.what == "delete"]
    changed = {change.key for change in planned.changes} - made - set(gone)
    omitted = f"; {len(planned.omitted)} left out" if planned.omitted else ""
    if not planned.changes:
        return f"[bold]Nothing to do{omitted}.[/]"
    return f"[bold]Plan:[/] {len(made)} to create, {len(changed)} to change, {len(gone)} to delete{omitted}."


def status(rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """key, id, state, drift of each resource, a table a region."""
    for region, its in groupby(rows, key=lambda row: split(row["key"])[0]):
        members = list(its)
        yield f"[bold]{region}[/]"
        width = max(len(split(row["key"])[1]) for row in members)
        states = max(len(row["state"]) for row in members)
        for row in members:
            well = row["state"] == "ready" and not row["drift"]
            colour = "green" if well else "red" if row["state"] == "missing" else "yellow"
            name, state = split(row["key"])[1], escape(row["state"])
            rest = f"{' ' * (states - len(row['state']))}  {escape(row['id'])}" if row["id"] else ""
            drift = f"  [yellow]drift: {escape(row['drift'])}[/]" if row["drift"] else ""
            yield f"  {name:{width}}  [{colour}]{state}[/]{rest}{drift}"


def stacks(found: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Every stack that the tags show, with the number of things that they show of it."""
    if not found:
        yield "No stack shows by its tags."
    for stack, regions in found.items():
        yield f"[bold]{escape(stack)}[/]  " + ", ".join(f"{region}: {n}" for region, n in regions.items())


def outputs(values: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """The outputs that people use; `tapctl outputs` has all of them."""
    for region, its in values.items():
        lines = [f"  {name:{max(map(len, TOLD))}}  {escape(shown(its[name]))}" for name in TOLD if name in its]
        if lines:
            yield f"[bold]{region}[/]"
            yield from lines
