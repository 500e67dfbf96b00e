"""`python -m tapctl.verify docs/verify.md`: writes the table of all checks into the page."""

from __future__ import annotations

import sys
from pathlib import Path

from tapctl.verify.checks import CHECKS

BEGIN, END = "<!-- checks: begin -->", "<!-- checks: end -->"


def table() -> str:
    """A row for each check: its name, what holds where it passes, and what to do where it doesn't."""
    rows = [f"| `{check.name}` | {check.about} | {check.mend} |" for check in CHECKS]
    return "\n".join(["| check | passes where | else |", "|---|---|---|", *rows])


def written(text: str) -> str:
    """The page with the table in its place."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(written(page.read_text()))
