"""One fault at one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from faults.kinds import FAULTS, SLOWLY, slow
from faults.life import assert_done, assert_ends, assert_few, before, run, undisturbed
from tapctl.errors import Exit
from tests.conformance.labs import Labs
from trials.points import At, Point, about, points

CLAIM = "tapctl-claim"  # on a VPC; how often it is asked for differs from run to run
#: Creates of nameless things: never sent again after an answer that didn't come, because there would be two.
ONCE = ("kms CreateKey", "ec2 CreateVpcPeeringConnection")


@dataclass(frozen=True)
class Single:
    """fault: the name of one, see kinds.py."""

    fault: str
    point: Point

    def __str__(self) -> str:
        return f"{self.point.command} with {self.fault} at {self.point}"

    @property
    def row(self) -> tuple[str, ...]:
        return "single", self.fault, self.point.command

    def __call__(self, labs: Labs, scale: float) -> bool:
        usual, lab = undisturbed(labs, scale), before(labs, scale, self.point.command)
        at = At(self.point, 1 if self.fault == SLOWLY else FAULTS[self.fault].times)
        fault = slow(labs.hurried) if self.fault == SLOWLY else FAULTS[self.fault]
        lab.meter.fate = lambda call: fault if at(call) else None
        ran = run(lab, self.point.command)
        lab.meter.reset()
        if not at.reached:
            return False
        if self.point.operation in ONCE and ran.code is Exit.FAILED and self.fault != "throttled":
            service, operation = self.point.operation.split()
            assert operation in ran.wrong or f"https://{service}.{self.point.region}" in ran.wrong, ran.wrong
            assert_done(run(lab, self.point.command))
        else:
            assert_done(ran)
            assert_few(ran.calls, usual.calls[self.point.command], at.times)
        assert_ends(lab, self.point.command, usual)
        return True


def singles(labs: Labs, scale: float) -> Iterator[Single]:
    """Each fault at each call that changes something, and at the first of each that only reads."""
    for command, calls in undisturbed(labs, scale).calls.items():
        mutating = {about(call) for call in calls if call.mutating}
        for point in points(command, calls):
            changes = (point.region, point.operation, point.resource) in mutating
            if point.nth == 1 or (changes and point.resource != CLAIM):
                yield from (Single(name, point) for name in (*FAULTS, SLOWLY)
                            if changes or name == SLOWLY or not FAULTS[name].after)
