"""`python -m walks`: walk, on all cores, and print what was done. What fails is walked again, in ever fewer steps."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from random import SystemRandom

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import walks
from walks.shares import Share, shares, walked


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m walks", description=walks.__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=200, metavar="N", help="walks [200]")
    parser.add_argument("--steps", type=int, default=20, metavar="N", help="steps of each [20]")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6), metavar="N",
                        help="where to start from [at random]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes [one a core]")
    return parser.parse_args()


def main() -> None:
    chosen, console = arguments(), Console()
    whole, done, failed = Share(chosen.examples, chosen.steps, chosen.seed), Counter[str](), False
    with ProcessPoolExecutor(chosen.jobs, get_context("spawn")) as pool, Progress(
            TextColumn("walks"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=Console(stderr=True)) as bar:
        task = bar.add_task("walks", total=whole.examples)
        running = {pool.submit(walked, share): share for share in shares(whole)}
        for ended in as_completed(running):
            counts, wrong = ended.result()
            done += counts
            bar.advance(task, running[ended].examples)
            if wrong:
                failed = True
                console.print(wrong, soft_wrap=True, markup=False, highlight=False)
    report(done, str(whole), console)
    sys.exit(failed)


def report(done: Mapping[str, int], title: str, console: Console) -> None:
    console.print(title, soft_wrap=True, highlight=False)
    table = Table("what", "times")
    table.columns[1].justify = "right"
    for what in ("walks", "steps", *sorted(done.keys() - {"walks", "steps"})):
        table.add_row(what, str(done[what]))
    console.print(table)


if __name__ == "__main__":
    main()
