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
    """Lines of rich markup for so wide a terminal: a line a field, or, where two values don't fit, two more below."""
    column = (width - LEFT) // 2
    if rows:
        yield f"[bold]{'':{LEFT}}{names[0]:{column}}{names[1]}[/]"
    for region, here in groupby(rows, key=lambda row: split(row.key)[0]):
        yield f"[bold]{region}[/]"
        for row in here:
            yield from line(names, row, column)
    yield summary(rows)


def line(names: tuple[str, str], row: Row, column: int) -> Iterator[str]:
    mark, label = NOT if row.because else AS_CONFIGURED, f"{split(row.key)[1]} {row.path}"
    if len(label) < LEFT - 4 and all(len(value) < column for value in row.values):
        yield f"  {mark} {escape(f'{label:{LEFT - 4}}{row.values[0]:{column}}{row.values[1]}')}"
    else:
        yield f"  {mark} {escape(label)}"
        pad = max(map(len, names)) + 2
        for name, value in zip(names, row.values, strict=True):
            yield from hanging(f"      [dim]{name:{pad}}[/]", value, LEFT + 2 * column, 6 + pad)
    if row.path:
        yield from (f"      [yellow]{escape(f'{name} {why}')}[/]" for name, why in row.because.items())


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
