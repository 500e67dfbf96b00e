"""A run as its events tell it: what has become of each resource so far, and what is ahead. Knows no terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from tapctl import durations, schedule
from tapctl.events import (
    Ahead,
    Began,
    Broke,
    Called,
    Ended,
    Event,
    Finished,
    Made,
    Note,
    Outputs,
    Problem,
    Retried,
    Started,
    Step,
    Waits,
    Wrote,
)
from tapctl.render import calls

OVERDUE = 0.1  # what takes longer than usual is taken to need this much of its time besides


class State(Enum):
    """What has become of a resource."""

    FAILED = "failed"
    LEFT_OUT = "left out"
    GOING = "under way"
    HELD = "made"  # it exists, and waits for others before it can be ready
    TO_COME = "to come"
    DONE = "done"


@dataclass
class Row:
    """One resource. began, ended: moments; text: what it waits for, in AWS's word."""

    key: str
    what: str
    steps: dict[str, Step] = field(default_factory=dict)
    began: float | None = None
    ended: float | None = None
    seconds: float = 0.0
    text: str = ""
    broke: str = ""
    because: str = ""
    owed: int = 1  # how many times Finished is to be heard: in `down`, a key may have several things


@dataclass
class Run:
    """The fold of a run's events. Moments are seconds of one monotonic clock."""

    started: Started | None = None
    began: float = 0.0
    rows: dict[str, Row] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    done: dict[str, float] = field(default_factory=dict)  # step -> when
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # for who asked for more of them: writes and API calls
    outputs: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    ended: Ended | None = None

    # ---------------------------------------------------------------- hearing
    def hear(self, event: Event, now: float) -> None:
        if isinstance(event, Started):
            self.started, self.began = event, now
        elif isinstance(event, Ahead):
            self.foresee(event.steps)
        elif isinstance(event, Note):
            self.notes.append(event.text)
        elif isinstance(event, Problem):
            self.problems.append(event)
            if event.key in self.rows:
                self.failed(self.rows[event.key], event)
        elif isinstance(event, Called | Retried):
            self.words += calls.lines(event)
            if isinstance(event, Retried) and event.key in self.rows:
                self.rows[event.key].text = f"again, attempt {event.attempt}: {event.reason}"
        elif isinstance(event, Wrote):
            self.words.append(f"{event.key} {event.aspect} set")
        elif isinstance(event, Outputs):
            self.outputs = event.values
        elif isinstance(event, Ended):
            self.ended = event
        elif isinstance(event, Began | Made | Waits | Finished | Broke):
            self.changed(self.rows.setdefault(event.key, Row(event.key, "update")), event, now)

    def foresee(self, steps: Sequence[Step]) -> None:
        again = {step.key for step in steps} & {key for key, row in self.rows.items() if row.ended is not None}
        for key in again:  # there it was again after it was gone
            del self.rows[key]
        for step in steps:
            row = self.rows.setdefault(step.key, Row(step.key, step.what, owed=0))
            row.owed += step.until != "exists"
            known = self.steps.get(step.name, step)
            needs = dict.fromkeys(need for need in (*known.needs, *step.needs) if need != step.name)
            row.steps[step.name] = self.steps[step.name] = replace(step, needs=tuple(needs))
            self.done.pop(step.name, None)

    def changed(self, row: Row, event: Began | Made | Waits | Finished | Broke, now: float) -> None:
        if isinstance(event, Began):
            row.what = event.what
            row.began = now if row.began is None else row.began
            self.reached(row, now)
        elif isinstance(event, Made):
            self.done[f"{row.key} exists"], row.text = now, ""
        elif isinstance(event, Waits):
            row.began = now - event.seconds if row.began is None else row.began
            row.text = event.text
            self.reached(row, now)
        elif isinstance(event, Finished):
            row.what, row.seconds, row.owed = event.what, event.seconds, row.owed - 1
            if row.owed <= 0:
                row.ended = now
                self.done |= {name: now for name in row.steps if name not in self.done}
        else:
            row.broke = event.message

    def failed(self, row: Row, problem: Problem) -> None:
        row.broke = row.broke or problem.message
        for key in problem.blocks:
            if key in self.rows:
                self.rows[key].because = problem.key

    def reached(self, row: Row, now: float) -> None:
        """Something happens to it, so all that its next step needs is done, whether that was told or not."""
        step = self.next(row)
        for need in step.needs if step else ():
            self.done.setdefault(need, now)

    # ---------------------------------------------------------------- asking
    def next(self, row: Row) -> Step | None:
        """The first of its steps that isn't done."""
        return next((step for name, step in row.steps.items() if name not in self.done), None)

    def missing(self, row: Row) -> list[str]:
        """The keys that its next step still waits for."""
        step = self.next(row)
        return list(dict.fromkeys(need.split()[0] for need in (step.needs if step else ()) if need not in self.done))

    def state(self, row: Row) -> State:
        if row.broke:
            return State.FAILED
        if row.ended is not None:
            return State.DONE
        if row.because or self.obstacle(row):
            return State.LEFT_OUT
        if row.began is None:
            return State.TO_COME
        return State.HELD if self.missing(row) else State.GOING

    def obstacle(self, row: Row) -> str:
        """The key of the failed one that it needs, by whatever way; empty: none."""
        if not any(other.broke for other in self.rows.values()):
            return ""
        seen: set[str] = set()
        todo = [need for step in row.steps.values() for need in step.needs]
        while todo:
            need = todo.pop()
            if need in seen or need in self.done or need not in self.steps:
                continue
            seen.add(need)
            other = self.rows[need.split()[0]]
            if other.broke:
                return other.key
            todo += self.steps[need].needs
        return ""

    def start(self, step: Step) -> float | None:
        """When it could begin; None: not yet."""
        if any(need not in self.done for need in step.needs):
            return None
        began = self.rows[step.key].began
        return max([self.done[need] for need in step.needs], default=began) if began is not None else None

    def left(self, now: float, known: durations.Durations) -> dict[str, float]:
        """Seconds that each step still takes that will be made; those that can't be are left out."""
        left, names = {}, durations.names(list(self.steps.values()))
        states = {key: self.state(row) for key, row in self.rows.items()}
        for name, step in self.steps.items():
            if name not in self.done and states[step.key] not in (State.FAILED, State.LEFT_OUT):
                since, usual = self.start(step), known.usual(names[name])
                passed = 0.0 if since is None else now - since
                left[name] = max(usual - passed, passed * OVERDUE)
        return left

    def took(self) -> dict[str, float]:
        """Seconds that each step took that is done, by the name that its times are kept under."""
        names = durations.names(list(self.steps.values()))
        return {names[name]: self.done[name] - since for name, step in self.steps.items()
                if name in self.done and (since := self.start(step)) is not None
                and self.rows[step.key].ended is not None}

    def needs(self) -> dict[str, tuple[str, ...]]:
        return {name: step.needs for name, step in self.steps.items()}

    def way(self) -> list[str]:
        """The keys of the chain that the run has waited for, from its beginning to its end so far."""
        chain = schedule.longest(self.needs(), {name: when for name, when in self.done.items() if name in self.steps})
        return list(dict.fromkeys(step.split()[0] for step in chain))
