"""The commands as a user runs them, but for the terminal: with account, lock and exit code; and what must hold then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from unittest.mock import patch

from tapctl import down, operations, session
from tapctl.errors import Exit
from tapctl.events import Event, Problem
from tapctl.explain import as_error
from tapctl.render.plain import Plain
from tapctl.resources import vpc_claim
from tapctl.session import Stop
from tests.conformance.account import everything, touched
from tests.conformance.checks import assert_as_before, assert_at_rest
from tests.conformance.lab import Lab
from tests.conformance.labs import Labs
from tests.conformance.meter import Call, Way
from trials.points import At, Point, changing

MORE_CHANGES, MORE = 2, 80  # calls that a disturbance may cost beside its own: those that change something, and all


@dataclass
class Ran:
    """One run. error: the lines that it ended with, if it did."""

    code: Exit = Exit.DONE
    told: list[Event] = field(default_factory=list)
    error: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        return [one for one in self.told if isinstance(one, Problem)]

    @property
    def undone(self) -> set[str]:
        """The keys of what failed, and of what was not done because of it."""
        return {key for one in self.problems for key in (one.key, *one.blocks)}

    @property
    def wrong(self) -> str:
        """All that went wrong, as people read it."""
        plain = Plain(StringIO())
        return "\n".join([line for one in self.problems for line in plain.lines(one)] + self.error)

    @property
    def said(self) -> str:
        """All that it told, as people read it."""
        plain = Plain(StringIO(), verbose=True)
        return "\n".join([line for one in self.told for line in plain.lines(one)] + self.error)


def run(lab: Lab, command: str, stop: Stop | None = None) -> Ran:
    """`tapctl COMMAND --yes`. Raises what would be a traceback. The meter's count begins anew.

    stop: what hears the signals.
    """
    ran, lab.meter.calls = Ran(), []
    try:
        with patch.object(session, "connect", lambda *_: lab.wires.connections):
            at = session.start(command, lab.settings, (), ran.told.append, stop or Stop(), emulated=False)
        ran.code = operations.up(at, lambda plan: None) if command == "up" else down.down(at, down.find(at))
    except Exception as error:
        known = as_error(error)
        if known is None:
            raise
        ran.code, ran.error = known.exit_code, known.lines()
    ran.calls = lab.meter.calls
    return ran


@dataclass
class Onwards:
    """A fate of calls: from the point on, every one has this way. after: which these were."""

    point: Point
    way: Way
    after: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.at = At(self.point)

    def __call__(self, call: Call) -> Way | None:
        if not self.after and not self.at(call):
            return None
        self.after.append(call)
        return self.way


# ---------------------------------------------------------------- what is usual
@dataclass(frozen=True)
class Life:
    """calls: of each command; again: of an `up` on a stack that stands; things: that stand then."""

    calls: Mapping[str, list[Call]]
    again: list[Call]
    things: Mapping[str, int]


@cache
def undisturbed(labs: Labs, scale: float) -> Life:
    lab = labs(scale=scale)
    up, stand = run(lab, "up"), things(lab)
    again, down = run(lab, "up"), run(lab, "down")
    for ran in up, again, down:
        assert_done(ran)
    return Life({"up": up.calls, "down": down.calls}, again.calls, stand)


def before(labs: Labs, scale: float, command: str) -> Lab:
    """One in which the command has something to do."""
    lab = labs(scale=scale)
    if command == "down":
        assert_done(run(lab, "up"))
    return lab


def things(lab: Lab) -> Mapping[str, int]:
    """How many things of each service stand in each region, whoever owns them.

    But for the claim on a VPC of a run that ended in the middle of it, which the stack's next run that needs one, or
    `down`, takes away.
    """
    return Counter(where for where, _, said in everything(lab.raw, lab.regions, touched)
                   if said.get("GroupName") != vpc_claim.NAME)


# ---------------------------------------------------------------- what must hold
def assert_done(ran: Ran) -> None:
    assert ran.code is Exit.DONE, ran.wrong
    assert ran.wrong == ""


def assert_ends(lab: Lab, command: str, usual: Life) -> None:
    """Undisturbed again: the command has left the stack that usually stands, or nothing."""
    if command == "up":
        assert_usual(lab, usual)
    assert_as_before(lab)


def assert_usual(lab: Lab, usual: Life) -> None:
    """The usual stack stands, and nothing else."""
    assert_at_rest(lab)
    assert things(lab) == usual.things


def assert_few(calls: list[Call], usual: list[Call], faults: int) -> None:
    """So many faults cost few calls more than usual. One that AWS refuses changes nothing: so a run asks whether it may
    already."""
    changes, usually = len(carried_out(calls)), len(carried_out(usual))
    assert changes <= usually + MORE_CHANGES + 2 * faults, f"{changes} calls changed something, {usually} do usually"
    assert len(calls) <= len(usual) + MORE + 5 * faults, f"{len(calls)} calls, {len(usual)} usually"


def carried_out(calls: list[Call]) -> list[Call]:
    return [call for call in changing(calls) if "Error" not in call.answer]
