"""The runs: each contestant from an empty account to an empty account, again and again."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from bench import contestants
from bench.account import ROOT, Account, mutating
from bench.contestants import ALONE, COLD, STEPS, Contestant
from bench.measure import Sample, run

Say = Callable[[str], None]


@dataclass
class Figure:
    """One command of one contestant, as often as it was run. Times in seconds, memory in MiB."""

    contestant: str
    step: str
    delay_ms: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)  # of the last run: "service Operation" -> how often

    def add(self, sample: Sample, calls: dict[str, int]) -> None:
        self.wall.append(sample.wall)
        self.cpu.append(sample.cpu)
        self.peak.append(sample.peak)
        self.calls = calls

    def median(self, what: str) -> float:
        values: list[float] = getattr(self, what)
        return median(values)

    @property
    def count(self) -> int:
        return sum(self.calls.values())

    @property
    def mutating(self) -> int:
        return mutating(self.calls)


@dataclass
class Results:
    figures: dict[tuple[str, str, int], Figure] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)  # peer -> what `tapctl plan` says of what it built; "": nothing
    bound: dict[str, int] = field(default_factory=dict)  # see bench.bound

    def figure(self, contestant: str, step: str, delay_ms: int = 0) -> Figure | None:
        return self.figures.get((contestant, step, delay_ms))

    def add(self, contestant: str, step: str, delay_ms: int, sample: Sample, calls: dict[str, int]) -> None:
        name = (contestant, step, delay_ms)
        self.figures.setdefault(name, Figure(*name)).add(sample, calls)

    def as_json(self) -> str:
        machine = {"system": platform.platform(), "python": platform.python_version()}
        return json.dumps({"machine": machine, "bound": self.bound, "same": self.same,
                           "figures": [asdict(figure) for figure in self.figures.values()]}, indent=1)


@dataclass(frozen=True)
class Course:
    account: Account
    folder: Path
    say: Say

    def run(self, contestant: Contestant, command: Sequence[str]) -> Sample:
        """Raises RuntimeError: it failed."""
        sample = run(command, self.account.environment(self.folder) | dict(contestant.environment), self.folder)
        if sample.code:
            raise RuntimeError(f"{' '.join(command)} exits with {sample.code}:\n{sample.output[-4000:]}")
        return sample

    def prepare(self, contestant: Contestant) -> None:
        self.say(f"{contestant.name}: getting ready")
        for command in contestant.prepare:
            self.run(contestant, command)

    def warm(self, contestant: Contestant) -> None:
        """So that nobody's first run pays for modules that the emulator loads, or for compiling."""
        self.say(f"{contestant.name}: a run that doesn't count")
        for step in (*STEPS, *ALONE):
            if step in contestant.commands:
                self.run(contestant, contestant.commands[step])

    def round(self, contestant: Contestant, delay_ms: int, results: Results) -> None:
        """From an empty account to an empty account."""
        self.account.reset()
        for left in contestant.leaves:
            left.unlink(missing_ok=True)
        for step in steps(contestant, delay_ms):
            self.account.start(delay_ms / 1000)
            sample = self.run(contestant, contestant.commands[step])
            results.add(contestant.name, step, delay_ms, sample, self.account.calls())
            self.say(f"{contestant.name}, +{delay_ms} ms a call: {step}: {sample.wall:.2f} s")
            if step == COLD:
                self.account.start(0)
                self.compare(contestant, results)

    def compare(self, contestant: Contestant, results: Results) -> None:
        """Once: what tapctl would change in what a peer has built; of tapctl's own, what has to be read."""
        if contestant.name == "tapctl":
            if not results.bound:
                counted = self.run(Contestant("bound", {}, {"PYTHONPATH": str(ROOT)}),
                                   (sys.executable, "-m", "bench.bound"))
                results.bound = json.loads(counted.output)
        elif contestant.name not in results.same:
            command = contestants.tapctl().commands[contestants.PLAN]
            planned = run(command, self.account.environment(self.folder), self.folder)
            results.same[contestant.name] = planned.output if planned.code else ""


def steps(contestant: Contestant, delay_ms: int) -> Iterator[str]:
    yield from (step for step in (*STEPS, *(() if delay_ms else ALONE)) if step in contestant.commands)


def race(course: Course, entries: Sequence[tuple[Contestant, int]], delays_ms: Sequence[int]) -> Results:
    """entries: each with how often. They take turns, so that a machine that slows down does so to all."""
    results = Results()
    for contestant, _ in entries:
        course.prepare(contestant)
        if contestant.name != "terraform":  # it compiles nothing, and is not worth minutes
            course.account.reset()
            course.account.start(0)
            course.warm(contestant)
    for turn in range(max(times for _, times in entries)):
        for delay_ms in delays_ms:
            for contestant, times in entries:
                if turn < times:
                    course.round(contestant, delay_ms, results)
    return results
