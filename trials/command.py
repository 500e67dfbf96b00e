"""The command line: make every trial, on all cores, and print what came of it. Stopped, it goes on from there."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.conformance.labs import INSTANT, REAL
from trials.journal import Journal
from trials.trial import Entry, Result
from trials.worker import Lists, listed, tried

WIDTH = 110  # of a table that goes to a file
CLOCKS = {"real": REAL, "instant": INSTANT}


@dataclass(frozen=True)
class Suite:
    """name: of its package; about: what it does; columns: what the rows of its trials say; every: a module's function,
    so that another process can call it."""

    name: str
    about: str | None
    columns: tuple[str, ...]
    every: Lists


def arguments(suite: Suite) -> argparse.Namespace:
    file = f".{suite.name}.jsonl"
    parser = argparse.ArgumentParser(prog=f"python -m {suite.name}", description=suite.about,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="TEXT", help="only the trials with this in their name")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth of them [1]")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="and the Nth is the first of these [1]")
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="instant",
                        help="whether states pass at once, or as AWS's do, nobody waiting for them: how often a call "
                             "is then refused before it is let through differs, and not all points are reached "
                             "[instant]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes [one a core]")
    parser.add_argument("--journal", type=Path, default=Path(file), metavar="FILE",
                        help=f"where each outcome is written as it is known [{file}]")
    parser.add_argument("--fresh", action="store_true", help="try again what has been tried")
    return parser.parse_args()


def run(suite: Suite) -> None:
    chosen, progress = arguments(suite), Console(stderr=True)
    scale, journal = CLOCKS[chosen.clock], Journal(chosen.journal, chosen.clock)
    if chosen.fresh:
        journal.clear()
    known = journal.entries()
    with ProcessPoolExecutor(chosen.jobs, get_context("spawn")) as pool, Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=progress) as bar:
        task = bar.add_task("finding out what there is to try", total=None)
        every = pool.submit(listed, suite.every, scale).result()
        # sorted, for the calls of a run come in another order each time
        todo = sorted((trial for trial in every if chosen.only in str(trial)), key=str)[chosen.first - 1::chosen.every]
        bar.update(task, description=suite.name, total=len(todo), completed=sum(str(one) in known for one in todo))
        running = [pool.submit(tried, trial, scale) for trial in todo if str(trial) not in known]
        try:
            for done in as_completed(running):
                entry = done.result()
                journal.add(entry)
                known[entry.trial] = entry
                bar.advance(task)
                if entry.result is Result.FAILED:
                    bar.console.print(f"{entry.trial}: {entry.why}", style="red", markup=False)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            sys.exit("stopped; the same command goes on from here")
    entries = [known[str(trial)] for trial in todo]
    report(suite, entries, Console(width=None if sys.stdout.isatty() else WIDTH))
    sys.exit(any(entry.result is not Result.SURVIVED for entry in entries))


def report(suite: Suite, entries: Iterable[Entry], console: Console) -> None:
    """A table of how many of each row came to what, and a line for each that was not survived."""
    counts: dict[tuple[str, ...], Counter[Result]] = {}
    for entry in entries:
        counts.setdefault(entry.row, Counter())[entry.result] += 1
    table = Table(*suite.columns, "trials", *map(str, Result), title=suite.name.capitalize())
    for column in table.columns[len(suite.columns):]:
        column.justify = "right"
    for row, results in sorted(counts.items()):
        table.add_row(*row, str(results.total()), *(str(results[one]) for one in Result))
    console.print(table)
    for entry in entries:
        if entry.result is not Result.SURVIVED:
            console.print(f"{entry.trial}: {entry.result}{f': {entry.why}' if entry.why else ''}", soft_wrap=True,
                          markup=False)
