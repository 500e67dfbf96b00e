"""How many rows of each kind there are."""

from __future__ import annotations

from tests.bad_input.table import TABLE

for kind, rows in TABLE.items():
    print(f"{kind:<12} {len(rows):>4}")  # noqa: T201
print(f"{'all':<12} {sum(map(len, TABLE.values())):>4}")  # noqa: T201
