"""`python -m tapctl.emulator.corrections docs/emulator.md`: writes the table of all corrections into the page."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from tapctl.emulator.correction import REGISTER
from tapctl.emulator.corrections import load

BEGIN, END = "<!-- corrections: begin -->", "<!-- corrections: end -->"


def table() -> str:
    """A row for each correction: what it is of, what it does, and the page that it follows."""
    load()
    rows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for entry in REGISTER:
        name = entry.run.__name__.strip("_").replace("_", " ")
        says = " ".join((f"*{name}*:", *(entry.run.__doc__ or "").split()))
        rows[entry.service, says, entry.page].append(entry.operation)
    lines = ["| service | operations | what is put right | AWS page |", "|---|---|---|---|"]
    for (service, says, page), operations in sorted(rows.items()):
        named = ", ".join(sorted(operations)) if len(operations) < 25 else f"{len(operations)} operations"
        lines.append(f"| {service} | {named} | {says} | [{page.rpartition('/')[2]}]({page}) |")
    return "\n".join(lines)


def written(text: str) -> str:
    """The page with the table in its place."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(written(page.read_text()))
