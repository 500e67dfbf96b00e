"""`python -m bench`: measure, print, and write the figures down if asked to."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import contestants
from bench.account import opened
from bench.report import show
from bench.rounds import Course, race

WIDE = 200  # columns, where the output is no terminal


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=contestants.__doc__)
    parser.add_argument("--repetitions", type=int, default=3, help="of tapctl and of the script [3]")
    parser.add_argument("--terraform-repetitions", type=int, default=1, help="each takes some minutes [1]")
    parser.add_argument("--without-terraform", action="store_true", help="leave it out though it is installed")
    parser.add_argument("--delay", type=int, default=30, help="ms added to each call in the second half [30]")
    parser.add_argument("--json", type=Path, help="write every figure to this file too")
    return parser.parse_args()


def main() -> None:
    chosen, progress = arguments(), Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        contestants.boot_scripts(folder)
        entries = [(contestants.tapctl(), chosen.repetitions), (contestants.script(folder), chosen.repetitions)]
        terraform = None if chosen.without_terraform else contestants.terraform(folder)
        if terraform:
            entries.append((terraform, chosen.terraform_repetitions))
        with opened(folder) as account:
            results = race(Course(account, folder, progress.print), entries, (0, chosen.delay))
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    if terraform is None:
        console.print("Terraform is not in this comparison: " + (
            "left out" if chosen.without_terraform else "it is not installed"))
    show(results, console)
    if chosen.json:
        chosen.json.write_text(results.as_json() + "\n")


if __name__ == "__main__":
    main()
