"""`python -m crashes`: try every point, on all cores, and print what came of it. Stopped, it goes on from there."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import crashes
from crashes.journal import Entry, Journal
from crashes.trial import Result
from crashes.worker import listed, tried
from tests.conformance.labs import INSTANT, REAL

CLOCKS = {"real": REAL, "instant": INSTANT}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crashes", description=crashes.__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", choices=("up", "down"), help="only the deaths of this command")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth trial [1]")
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="instant",
                        help="whether states pass at once, or as AWS's do, nobody waiting for them: how often a call "
                             "is then refused before it is let through differs, and not all points are reached "
                             "[instant]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes [one a core]")
    parser.add_argument("--journal", type=Path, default=Path(".crashes.jsonl"), metavar="FILE",
                        help="where each outcome is written as it is known [.crashes.jsonl]")
    parser.add_argument("--fresh", action="store_true", help="try again what has been tried")
    return parser.parse_args()


def main() -> None:
    chosen, progress = arguments(), Console(stderr=True)
    scale, journal = CLOCKS[chosen.clock], Journal(chosen.journal, chosen.clock)
    if chosen.fresh:
        journal.clear()
    known = journal.entries()
    with ProcessPoolExecutor(chosen.jobs, get_context("spawn")) as pool, Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=progress) as bar:
        task = bar.add_task("finding the points", total=None)
        commands = (chosen.command,) if chosen.command else ("up", "down")
        todo = pool.submit(listed, commands, scale).result()[::chosen.every]
        bar.update(task, description="killed", total=len(todo), completed=sum(trial in known for trial in todo))
        running = [pool.submit(tried, trial, scale) for trial in todo if trial not in known]
        try:
            for done in as_completed(running):
                entry = done.result()
                journal.add(entry)
                known[entry.trial] = entry
                bar.advance(task)
                if entry.result is Result.FAILED:
                    bar.console.print(f"{entry.trial}: {entry.why}", style="red")
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            sys.exit("stopped; the same command goes on from here")
    entries = [known[trial] for trial in todo]
    report(entries, Console())
    sys.exit(any(entry.result is not Result.SURVIVED for entry in entries))


def report(entries: Iterable[Entry], console: Console) -> None:
    """One row for each way to die and to go on, and a line for each that was not survived."""
    counts: dict[tuple[str, str, str], Counter[Result]] = {}
    for entry in entries:
        point = entry.trial.point
        counts.setdefault((point.command, point.moment, entry.trial.then), Counter())[entry.result] += 1
    table = Table("killed", "the call", "then", *(("points", *map(str, Result))), title="Crashes")
    for column in table.columns[3:]:
        column.justify = "right"
    for (command, moment, then), results in sorted(counts.items()):
        table.add_row(command, moment, then, str(results.total()), *(str(results[one]) for one in Result))
    console.print(table)
    for entry in entries:
        if entry.result is not Result.SURVIVED:
            console.print(f"{entry.trial}: {entry.result}{f': {entry.why}' if entry.why else ''}", soft_wrap=True)


if __name__ == "__main__":
    main()
