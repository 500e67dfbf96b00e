"""Credentials that end half-way: they expire, they can't be got anew, or the machine's clock is set wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.credentials import RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from faults.denied import LOCK
from faults.kinds import early, expired
from faults.life import Onwards, Ran, assert_done, assert_ends, before, run, undisturbed
from tapctl.emulator.wire import Response
from tapctl.errors import Exit
from tests.conformance.labs import Labs
from tests.conformance.meter import Sent
from trials.points import Point, points

EVERY = 9  # of the calls, which are all alike in this
PACE = 5.0  # seconds that each call takes, so that a run takes longer than credentials are good for
MOST = 120  # calls after the first that is refused: as many as a look at everything, which goes on to its end


def unrefreshed(sent: Sent) -> Response:
    """botocore asks for new ones before it signs a request, and gets none."""
    raise CredentialRetrievalError(provider="sso", error_msg="the session has expired")


WAYS = {"credentials expired": expired, "credentials not got anew": unrefreshed, "the clock wrong": early}


@dataclass(frozen=True)
class Ending:
    """From the point on. way: the name of one."""

    way: str
    point: Point

    def __str__(self) -> str:
        return f"{self.point.command} with {self.way} from {self.point} on"

    @property
    def row(self) -> tuple[str, ...]:
        return "credentials", self.way, self.point.command

    def __call__(self, labs: Labs, scale: float) -> bool:
        usual, lab = undisturbed(labs, scale), before(labs, scale, self.point.command)
        way = WAYS[self.way]
        lab.meter.fate = over = Onwards(self.point, way)
        ran = run(lab, self.point.command)
        lab.meter.reset()
        if not over.after:
            return False
        if {call.service for call in over.after} != {LOCK}:  # else all was done, and the lock was being let go of
            assert_one_error(ran)
            assert "credentials" in ran.wrong
            assert ("clock" in ran.wrong) or way is not early, ran.wrong
        assert len(over.after) < MOST, f"{len(over.after)} calls were made after the first that was refused"
        assert_done(run(lab, self.point.command))
        assert_ends(lab, self.point.command, usual)
        return True


def assert_one_error(ran: Ran) -> None:
    assert ran.code is Exit.CONFIGURATION, (ran.code, ran.wrong)
    assert ran.problems == [], ran.wrong
    assert ran.error


@dataclass(frozen=True)
class Renewed:
    """Credentials that botocore gets anew before they expire, as of a role: AWS refuses those of before."""

    def __str__(self) -> str:
        return "credentials that are got anew on the way"

    @property
    def row(self) -> tuple[str, ...]:
        return "credentials", "got anew", "up and down"

    def __call__(self, labs: Labs, scale: float) -> bool:
        lab, clock = labs(scale=scale, fresh=True), labs.hurried
        expiry: dict[str, datetime] = {}

        def now() -> datetime:
            return datetime.fromtimestamp(clock.time(), UTC)

        def renewed() -> dict[str, str]:
            key = f"KEY{len(expiry)}"
            expiry[key] = now() + timedelta(minutes=20)
            return {"access_key": key, "secret_key": "x", "token": "x", "expiry_time": expiry[key].isoformat()}

        def way(sent: Sent) -> Response:
            clock.sleep(PACE)
            return sent.arrive() if now() < expiry[sent.scope.key] else expired(sent)

        session: Any = lab.wires.connections.session
        session._session._credentials = RefreshableCredentials.create_from_metadata(
            renewed(), renewed, "role", advisory_timeout=900, mandatory_timeout=600)
        session._session._credentials._time_fetcher = now
        lab.meter.fate = lambda call: way
        for command in "up", "down":
            assert_done(run(lab, command))
        assert len(expiry) > 2
        lab.meter.reset()
        return True


def endings(labs: Labs, scale: float) -> Iterator[Ending | Renewed]:
    yield Renewed()
    for command, calls in undisturbed(labs, scale).calls.items():
        for point in list(points(command, calls))[::EVERY]:
            yield from (Ending(way, point) for way in WAYS)
