"""Walks in shares, so that several processes have something to do. A seed makes the same walks in however many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.conformance.walks import Walk
from trials.worker import labs
from walks.run import walk

SHARE = 10  # walks


@dataclass(frozen=True)
class Share:
    """Walks from one seed, one after the other. Its text is the command that makes them again."""

    examples: int
    steps: int
    seed: int

    def __str__(self) -> str:
        return f"python -m walks --examples {self.examples} --steps {self.steps} --seed {self.seed}"


def shares(whole: Share) -> list[Share]:
    """Of seeds one after the other; one share is itself."""
    return [Share(min(SHARE, whole.examples - begun), whole.steps, whole.seed + n)
            for n, begun in enumerate(range(0, whole.examples, SHARE))]


def walked(share: Share) -> tuple[Counter[str], str]:
    """What was done, and what went wrong, if anything did: with the shortest walk that comes to it."""
    before, wrong = Counter(Walk.done), ""
    try:
        walk(labs(), share.examples, share.steps, share.seed, shrink=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, the walk did not end well
        told = next((note for note in getattr(error, "__notes__", ()) if note.startswith("The walk:")), "")
        wrong = f"{type(error).__name__}: {error}\n{told}\nThe same walks again: {share}"
    return Walk.done - before, wrong
