"""`python -m walks`: walk, and print what was done. What fails is walked again, in ever fewer steps."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from random import SystemRandom

from rich.console import Console
from rich.table import Table

import walks
from tests.conformance.lab import Wires
from tests.conformance.labs import Labs, hurrying
from tests.conformance.walks import Walk
from walks.run import walk


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m walks", description=walks.__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=200, metavar="N", help="walks [200]")
    parser.add_argument("--steps", type=int, default=20, metavar="N", help="steps of each [20]")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6), metavar="N",
                        help="where to start from [at random]")
    return parser.parse_args()


def main() -> None:
    chosen, console = arguments(), Console()
    again = f"python -m walks --examples {chosen.examples} --steps {chosen.steps} --seed {chosen.seed}"
    with hurrying() as hurried:
        labs = Labs(Wires(), hurried)
        try:
            walk(labs, chosen.examples, chosen.steps, chosen.seed, shrink=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the walk did not end well
            told = next((note for note in error.__notes__ if note.startswith("The walk:")), "")
            console.print(f"{type(error).__name__}: {error}\n{told}\nThe same walks again: {again}", soft_wrap=True,
                          markup=False, highlight=False)
            sys.exit(1)
        finally:
            labs.close()
    report(Walk.done, again, console)


def report(done: Mapping[str, int], title: str, console: Console) -> None:
    console.print(title, soft_wrap=True, highlight=False)
    table = Table("what", "times")
    table.columns[1].justify = "right"
    for what in ("walks", "steps", *sorted(done.keys() - {"walks", "steps"})):
        table.add_row(what, str(done[what]))
    console.print(table)


if __name__ == "__main__":
    main()
