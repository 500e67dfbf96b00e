"""Ctrl-C, and SIGTERM, at a call that changes something: what is asked is answered, and nothing new is begun."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

from faults.denied import LOCK, assert_gone
from faults.life import Ran, assert_done, assert_ends, before, run, undisturbed
from tapctl.emulator.wire import Response
from tapctl.session import SIGNALS, Stop
from tests.conformance.labs import Labs
from tests.conformance.meter import Sent
from trials.points import At, Point, changing, points

HOW = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


@dataclass(frozen=True)
class Stopping:
    """While the call is on its way. then: the command that follows."""

    number: signal.Signals
    point: Point
    then: str

    def __str__(self) -> str:
        return f"{self.point.command} stopped by {HOW[self.number]} at {self.point}, then {self.then}"

    @property
    def row(self) -> tuple[str, ...]:
        return "stopped", f"{HOW[self.number]}, then {self.then}", self.point.command

    def __call__(self, labs: Labs, scale: float) -> bool:
        usual, lab = undisturbed(labs, scale), before(labs, scale, self.point.command)
        at, stop = At(self.point), Stop()

        def signalled(sent: Sent) -> Response:
            stop(self.number, None)
            return sent.arrive()

        lab.meter.fate = lambda call: signalled if at(call) else None
        ran = run(lab, self.point.command, stop)
        lab.meter.reset()
        if not at.reached:
            return False
        self.assert_stopped(ran)
        if self.point.command == "down":
            assert_gone(lab, ran)
        if self.then == "up":
            assert_done(run(lab, "up"))
        assert_ends(lab, self.then, usual)
        return True

    def assert_stopped(self, ran: Ran) -> None:
        """The signal's exit code; but all may be done, and the lock is being let go of."""
        if ran.code or not self.point.operation.startswith(LOCK):
            assert ran.code is SIGNALS[self.number], (ran.code, ran.wrong)


def stoppings(labs: Labs, scale: float) -> Iterator[Stopping]:
    """The two signals take turns, for they differ in the exit code only."""
    for command, calls in undisturbed(labs, scale).calls.items():
        for n, point in enumerate(points(command, changing(calls))):
            yield from (Stopping([*HOW][n % 2], point, then) for then in ("up", "down"))
