"""Two stacks side by side, as text and as a document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.markup import escape

from tapctl.compare import Row
from tapctl.render.report import hanging, split

AS_CONFIGURED, NOT = "[dim]=[/]", "[yellow]~[/]"
WIDTH = 80
LEFT = 42  # characters of the first column


def text(names: tuple[str, str], rows: Sequence[Row], width: int) -> Iterator[str]:
    """Lines of rich markup for so wide a terminal: a line a field, or, where two values don't fit, two more below.
    Resources that differ alike are told together."""
    column = (width - LEFT) // 2
    if rows:
        yield f"[bold]{'':{LEFT}}{names[0]:{column}}{names[1]}[/]"
    for region, here in groupby(rows, key=lambda row: split(row.key)[0]):
        yield f"[bold]{region}[/]"
        alike: dict[tuple[str, tuple[str, str], tuple[tuple[str, str], ...]], list[str]] = {}
        for row in here:
            alike.setdefault((row.path, row.values, tuple(row.because.items())), []).append(split(row.key)[1])
        for (path, values, because), its in alike.items():
            yield from line(names, its, path, values, because, column)
    yield summary(rows)


def line(names: tuple[str, str], its: Sequence[str], path: str, values: tuple[str, str],
         because: Sequence[tuple[str, str]], column: int) -> Iterator[str]:
    width, lead, label, indent = LEFT + 2 * column, f"  {NOT if because else AS_CONFIGURED} ", f"{its[0]} {path}", 4
    if len(its) > 1:
        yield from hanging(lead, ", ".join(its), width, indent)
        lead, label, indent = " " * 6, path, 6
    if len(label) < LEFT - indent and all(len(value) < column for value in values):
        yield f"{lead}{escape(f'{label:{LEFT - indent}}{values[0]:{column}}{values[1]}')}"
    else:
        yield f"{lead}{escape(label)}"
        pad = max(map(len, names)) + 2
        for name, value in zip(names, values, strict=True):
            yield from hanging(f"      [dim]{name:{pad}}[/]", value, width, 6 + pad)
    if path:
        yield from (f"      [yellow]{escape(f'{name} {why}')}[/]" for name, why in because)


def summary(rows: Sequence[Row]) -> str:
    astray = sum(bool(row.because) for row in rows)
    if not rows:
        return "[bold]No difference[/] but in names and ids."
    many = f"{len(rows)} difference{'s' * (len(rows) != 1)}"
    return f"[bold]{many}:[/] [dim]=[/] {len(rows) - astray} as configured, [yellow]~[/] {astray} not."


def document(stacks: tuple[str, str], names: tuple[str, str], rows: Sequence[Row]) -> str:
    return json.dumps({"stacks": stacks, "differences": [
        {"key": row.key, "path": row.path, "values": dict(zip(names, row.values, strict=True)),
         "as_configured": not row.because, "because": dict(row.because)} for row in rows]}, indent=2)
