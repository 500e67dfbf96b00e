"""A run of checks as text for people, as JSON, and as JUnit's XML for pipelines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from xml.etree import ElementTree as Xml

from tapctl.render.plain import duration
from tapctl.render.report import hanging
from tapctl.verify.check import Outcome, Verdict
from tapctl.verify.run import Run

MARKS = {Outcome.PASSED: "[green]✓[/]", Outcome.FAILED: "[red]✗[/]", Outcome.SKIPPED: "[yellow]-[/]"}


def text(run: Run, width: int = 0) -> Iterator[str]:
    """Lines of rich markup, a line a check, region by region. width: of the terminal; 0: lines as long as they are."""
    names = max((len(one.check) for one in run.verdicts), default=0)
    for region, verdicts in groupby(run.verdicts, key=lambda one: one.region):
        yield f"[bold]{region}[/]"
        for one in verdicts:
            why = "not checked: " if one.outcome is Outcome.SKIPPED else ""
            yield from hanging(f"  {MARKS[one.outcome]} {one.check:{names}}  ", why + one.saw, width, names + 6)
            for line in one.wrong:
                if line != one.saw:
                    yield from (f"[red]{part}[/]" for part in hanging(" " * 6, line, width, 8))
            if one.mend:
                yield from hanging(" " * 6, f"mend: {one.mend}", width, 8)
    yield f"[bold]{summary(run)}[/]"
    if run.denied:
        for line in hanging("", f"Not allowed to read, so not checked: {', '.join(run.denied)}", width, 2):
            yield f"[yellow]{line}[/]"


def summary(run: Run) -> str:
    """As in "41 passed, 1 failed, 2 not checked in 4.2 s"."""
    counts = run.counts
    return (f"{counts[Outcome.PASSED]} passed, {counts[Outcome.FAILED]} failed, "
            f"{counts[Outcome.SKIPPED]} not checked in {duration(run.seconds)}")


def document(run: Run) -> str:
    """One JSON document."""
    return json.dumps({
        "stack": run.stack, "account": run.account, "regions": list(run.regions), "seconds": round(run.seconds, 3),
        **{outcome.value: run.counts[outcome] for outcome in Outcome}, "denied": run.denied,
        "checks": [asdict(one) | {"seconds": round(one.seconds, 3)} for one in run.verdicts]}, indent=2)


def junit(run: Run) -> str:
    """A suite a region, a case a check. What could not be checked is skipped."""
    suites = Xml.Element("testsuites", {"name": f"tapctl verify {run.stack}", **counted(run.verdicts, run.seconds)})
    for region, verdicts in groupby(run.verdicts, key=lambda one: one.region):
        its = list(verdicts)
        suite = Xml.SubElement(
            suites, "testsuite", {"name": region, **counted(its, sum(one.seconds for one in its))})
        for one in its:
            case = Xml.SubElement(suite, "testcase", classname=f"{region}.{one.check.partition('.')[0]}",
                                  name=one.check, time=f"{one.seconds:.3f}")
            if one.outcome is Outcome.FAILED:
                failure = Xml.SubElement(case, "failure", message="; ".join(one.wrong))
                failure.text = f"saw: {one.saw}\nmend: {one.mend}"
            elif one.outcome is Outcome.SKIPPED:
                Xml.SubElement(case, "skipped", message=one.saw)
            else:
                Xml.SubElement(case, "system-out").text = one.saw
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(suites, encoding="unicode")


def counted(its: Sequence[Verdict], seconds: float) -> dict[str, str]:
    return {"tests": str(len(its)), "failures": str(sum(one.outcome is Outcome.FAILED for one in its)), "errors": "0",
            "skipped": str(sum(one.outcome is Outcome.SKIPPED for one in its)), "time": f"{seconds:.3f}"}
