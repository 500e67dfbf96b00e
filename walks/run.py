"""So many walks, each of so many steps."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conformance.labs import Labs
from tests.conformance.walks import Walk


def walk(labs: Labs, examples: int, steps: int, number: int | None = None, shrink: bool = False) -> None:
    """Raises whatever the first walk raises that does not end well; with the shortest such walk, if it is to be shrunk.

    number: where the walks start from; None: from the same place each time.
    """

    def new() -> Walk:
        return Walk(labs)

    start: Any = new if number is None else seed(number)(new)  # hypothesis takes any factory, and asks for a class
    phases = [Phase.generate, *([Phase.shrink] if shrink else ())]
    run_state_machine_as_test(start, settings=settings(
        max_examples=examples, stateful_step_count=steps, derandomize=number is None, database=None, deadline=None,
        phases=phases, suppress_health_check=list(HealthCheck), report_multiple_bugs=False))
