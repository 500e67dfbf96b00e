"""A permission that is missing: an operation that is denied, in all regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faults.kinds import denied
from faults.life import Ran, assert_done, assert_ends, run, undisturbed
from tapctl.errors import Exit
from tapctl.events import Planned
from tapctl.observe import inventory
from tapctl.resources import KINDS
from tests.conformance.lab import Lab
from tests.conformance.labs import Labs
from tests.conformance.meter import Call, Way
from tests.iam import actions

LOCK = "ssm"
#: What is then told by another call: whether there is a bucket, by ListBuckets.
ELSEWHERE = frozenset({"GetBucketTagging"})
TAKING = ("Delete", "Schedule", "Terminate")


@dataclass(frozen=True)
class Denial:
    """since: from the start of the run, or from its first change on, as if somebody had taken the permission away.

    standing: the stack stands already.
    """

    command: str
    operation: str
    since: str
    standing: bool

    def __str__(self) -> str:
        stack = " of a standing stack" if self.command == "up" and self.standing else ""
        return f"{self.command}{stack} with {self.operation} denied from the {self.since}"

    @property
    def row(self) -> tuple[str, ...]:
        again = " again" if self.standing and self.command == "up" else ""
        return "denied", f"from the {self.since}", self.command + again

    def __call__(self, labs: Labs, scale: float) -> bool:
        usual = undisturbed(labs, scale)
        lab = labs(scale=scale)
        if self.standing:
            assert_done(run(lab, "up"))
        deny = lab.meter.fate = Deny(self)
        ran = run(lab, self.command)
        lab.meter.reset()
        if not deny.calls:
            return False
        assert_told(ran, [call for call in deny.calls if ran.code is not Exit.DONE or call.operation not in ELSEWHERE])
        if self.command == "up":
            assert [str(call) for call in ran.calls if takes(call)] == []
            assert_finished(lab, ran)
            if self.standing:
                assert [str(call) for call in ran.calls if call.mutating] == []
        else:
            assert_gone(lab, ran)
        assert_done(run(lab, self.command))
        assert_ends(lab, self.command, usual)
        return True


@dataclass
class Deny:
    """A meter's fate. calls: those that were denied."""

    denial: Denial
    changing: bool = False
    calls: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Way | None:
        its = f"{call.service}:{call.operation}" == self.denial.operation
        if its and (self.changing or self.denial.since == "start"):
            self.calls.append(call)
            return denied
        self.changing = self.changing or changes(call)
        return None


def takes(call: Call) -> bool:
    """Whether it takes something of the stack's away. A claim on a VPC goes as it came."""
    return (changes(call) and call.operation.startswith(TAKING) and call.operation != "DeleteSecurityGroup"
            and "Error" not in call.answer)


def assert_told(ran: Ran, calls: list[Call]) -> None:
    """It says which permission is missing."""
    for action in {actions.of(call)[0] for call in calls}:
        assert action in ran.said, f"{action} is not told:\n{ran.said}"


def assert_finished(lab: Lab, ran: Ran) -> None:
    """All is made but what the run says that it could not make; or nothing, because it would not begin."""
    _, _, plan = lab.look()
    planned = [one for one in ran.told if isinstance(one, Planned)]
    unread = {name.split()[0] for one in planned for name in one.unread}
    named = ran.undone | unread
    if ran.code is Exit.DONE:
        assert set(plan.changes) == set(), plan.changes.keys()
    elif not ran.error:
        assert {key for key, _ in plan.changes} <= named, ({key for key, _ in plan.changes} - named, ran.wrong)


def assert_gone(lab: Lab, ran: Ran) -> None:
    """All is gone but what the run says that it could not remove; or nothing, because it would not begin."""
    items, _ = inventory(KINDS, lab.regions, lab.cloud)
    if ran.code is Exit.DONE:
        assert items == []
    elif not ran.error:
        assert all({item.it.key, f"{item.region}/{item.kind.kind}"} & ran.undone for item in items), ran.wrong


def denials(labs: Labs, scale: float) -> Iterator[Denial]:
    """Each operation that an undisturbed life has, where it has it."""
    usual = undisturbed(labs, scale)
    for command, calls in usual.calls.items():
        first = next(n for n, call in enumerate(calls) if changes(call))
        for since, then in ("start", calls), ("middle", calls[first + 1:]):
            yield from (Denial(command, operation, since, standing=command == "down") for operation in operations(then))
    yield from (Denial("up", operation, "start", standing=True) for operation in operations(usual.again))


def operations(calls: Sequence[Call]) -> list[str]:
    return list(dict.fromkeys(f"{call.service}:{call.operation}" for call in calls))


def changes(call: Call) -> bool:
    """Whether it changes something of the stack's."""
    return call.mutating and call.service != LOCK
