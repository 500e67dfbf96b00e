"""The network is lost: for a minute, or for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import get_ident
from unittest.mock import patch

from botocore.exceptions import EndpointConnectionError

from faults.credentials import assert_one_error
from faults.denied import LOCK
from faults.life import Onwards, assert_done, assert_ends, before, run, undisturbed
from tapctl import reconnect
from tapctl.emulator.wire import Response
from tapctl.errors import Exit
from tests.conformance.labs import Hurried, Labs
from tests.conformance.meter import Call, Sent, Way
from trials.points import At, Point, points

MINUTE = 60.0
EVERY = 5


@dataclass(frozen=True)
class Lost:
    """From the point on."""

    point: Point

    def __str__(self) -> str:
        return f"{self.point.command} with the network lost for a minute from {self.point} on"

    @property
    def row(self) -> tuple[str, ...]:
        return "network", "lost for a minute", self.point.command

    def __call__(self, labs: Labs, scale: float) -> bool:
        usual, lab = undisturbed(labs, scale), before(labs, scale, self.point.command)
        lab.meter.fate = outage = Outage(At(self.point), labs.hurried)
        ran = run(lab, self.point.command)
        lab.meter.reset()
        if not outage.since:
            return False
        if ran.code is not Exit.DONE:
            assert_one_error(ran)
            assert "can't be reached" in ran.wrong
            ran = run(lab, self.point.command)
        assert_done(ran)
        assert_ends(lab, self.point.command, usual)
        return True


@dataclass(frozen=True)
class Gone:
    """From the point on, for longer than is waited."""

    point: Point

    def __str__(self) -> str:
        return f"{self.point.command} with the network gone from {self.point} on"

    @property
    def row(self) -> tuple[str, ...]:
        return "network", "gone", self.point.command

    def __call__(self, labs: Labs, scale: float) -> bool:
        usual, lab = undisturbed(labs, scale), before(labs, scale, self.point.command)
        lab.meter.fate = gone = Onwards(self.point, unreachable)
        with patch.object(reconnect, "time", labs.hurried):
            ran = run(lab, self.point.command)
        lab.meter.reset()
        if not gone.after:
            return False
        if {call.service for call in gone.after} != {LOCK}:  # else all was done, and the lock was being let go of
            assert_one_error(ran)
            assert "AWS has not been reached since" in ran.wrong or "can't be reached" in ran.wrong, ran.wrong
        assert_done(run(lab, self.point.command))
        assert_ends(lab, self.point.command, usual)
        return True


@dataclass
class Outage:
    """A meter's fate. It is over once a thread has slept for a minute: all the others sleep at the same time.

    since: by thread, how long it had slept when it met the outage.
    """

    begins: At
    clock: Hurried
    since: dict[int, float] = field(default_factory=dict)
    over: bool = False

    def __call__(self, call: Call) -> Way | None:
        if self.over or not (self.since or self.begins(call)):
            return None
        slept = self.clock.slept[get_ident()]
        self.over = slept - self.since.setdefault(get_ident(), slept) >= MINUTE
        return None if self.over else unreachable


def unreachable(sent: Sent) -> Response:
    raise EndpointConnectionError(endpoint_url=sent.request.raw_url)


def outages(labs: Labs, scale: float) -> Iterator[Lost | Gone]:
    for command, calls in undisturbed(labs, scale).calls.items():
        met = list(points(command, calls))
        yield from map(Lost, met[::EVERY])
        yield from map(Gone, met[1::EVERY])
