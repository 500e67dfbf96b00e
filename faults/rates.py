"""Faults at random, at a rate, from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from faults.kinds import FAULTS, Fault
from faults.life import assert_done, assert_ends, assert_few, assert_usual, run, undisturbed
from tapctl.errors import Exit
from tests.conformance.labs import Labs
from tests.conformance.meter import Call
from trials.points import about

RATES = (1, 2, 5, 10, 20)  # percent of the attempts
SEEDS = range(20)
RUNS = 3  # until one has met no fault that ends it, such as a create that is not sent again


@dataclass(frozen=True)
class Weather:
    """percent of all attempts are spoiled, in `up` and in `down`."""

    percent: int
    seed: int

    def __str__(self) -> str:
        return f"{self.percent} percent of all calls spoiled, seed {self.seed}"

    @property
    def row(self) -> tuple[str, ...]:
        return "random", f"{self.percent:2} percent", "up and down"

    def __call__(self, labs: Labs, scale: float) -> bool:
        usual, lab = undisturbed(labs, scale), labs(scale=scale)
        for command in ("up", "down"):
            for n in range(RUNS):
                lab.meter.fate = spoiling = Spoiling(self, f"{command} {n}")
                ran = run(lab, command)
                lab.meter.reset()
                assert_few(ran.calls, usual.calls[command], spoiling.spoiled)
                if ran.code is Exit.DONE:
                    break
                assert ran.wrong
            assert_done(ran)
            if command == "up":
                assert_usual(lab, usual)
        assert_ends(lab, "down", usual)
        return True


class Spoiling:
    """A meter's fate. What befalls an attempt depends on the seed and on what it is, not on when it is made."""

    def __init__(self, weather: Weather, run: str) -> None:
        self.weather, self.run = weather, run
        self.seen: Counter[tuple[str, str, str]] = Counter()
        self.spoiled = 0

    def __call__(self, call: Call) -> Fault | None:
        self.seen[about(call)] += 1
        dice = Random(f"{self.weather.seed} {self.run} {about(call)} {self.seen[about(call)]}")  # noqa: S311
        if dice.random() * 100 >= self.weather.percent:
            return None
        self.spoiled += 1
        return dice.choice([fault for fault in FAULTS.values() if call.mutating or not fault.after])


def weathers(labs: Labs, scale: float) -> Iterator[Weather]:
    yield from (Weather(percent, seed) for percent in RATES for seed in SEEDS)
