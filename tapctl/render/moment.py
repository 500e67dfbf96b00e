"""A run as it is now, with what is ahead of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tapctl import schedule
from tapctl.durations import Durations, names
from tapctl.render.run import Run, State


@dataclass(frozen=True)
class Moment:
    """A run as it is now.

    names: of each step, for durations.usual(); ends: step -> seconds until it is done; marked: keys that the whole run
    waits for, in order.
    """

    run: Run
    known: Durations
    now: float
    states: Mapping[str, State]
    names: Mapping[str, str]
    ends: Mapping[str, float]
    marked: Sequence[str]

    @property
    def left(self) -> float:
        return max(self.ends.values(), default=0.0)


def moment(run: Run, known: Durations, now: float) -> Moment:
    ends = schedule.ends(run.needs(), run.left(now, known))
    marked = dict.fromkeys(step.split()[0] for step in schedule.longest(run.needs(), ends))
    states = {key: run.state(row) for key, row in run.rows.items()}
    return Moment(run, known, now, states, names(list(run.steps.values())), ends, list(marked))
