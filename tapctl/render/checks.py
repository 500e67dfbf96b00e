"""Findings of checks, one line each, the mend below it: as lines of rich markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.markup import escape

from tapctl.events import Finding, Result
from tapctl.render.report import hanging

MARKS = {Result.OK: "[green]✓[/]", Result.WARNING: "[yellow]![/]", Result.PROBLEM: "[red]✗[/]",
         Result.UNKNOWN: "[yellow]?[/]"}
COUNTED = {Result.OK: "fine", Result.WARNING: "to know", Result.PROBLEM: "wrong", Result.UNKNOWN: "can't be checked"}


def lines(findings: Sequence[Finding], verbose: bool = True, width: int = 0) -> Iterator[str]:
    """All of them, which come sorted by region, or only what isn't fine; and how many are what. width: as in
    report.plan()."""
    shown = [finding for finding in findings if verbose or finding.result is not Result.OK]
    names = max((len(finding.check) for finding in shown), default=0)
    for region, its in groupby(shown, key=lambda finding: finding.region):
        yield f"[bold]{region or 'account'}[/]"
        for finding in its:
            lead = f"  {MARKS[finding.result]} {escape(finding.check):{names}}  "
            yield from hanging(lead, finding.seen, width, names + 6)
            if finding.mend:
                yield from hanging(" " * (names + 6), f"mend: {finding.mend}", width, names + 8)
    yield f"[bold]Checked:[/] {counts(findings)}"


def counts(findings: Sequence[Finding]) -> str:
    """As in "22 fine, 1 wrong"."""
    numbers = {result: sum(finding.result is result for finding in findings) for result in Result}
    return ", ".join(f"{number} {COUNTED[result]}" for result, number in numbers.items() if number)
