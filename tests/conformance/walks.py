"""Random walks: any sequence of what people, accidents and tapctl do to two stacks in one account, on the emulator.

After each `up` exactly one stack stands, and another `up` changes nothing; after each `down` nothing of the stack is
left; no run touches what isn't its stack's; and where `up` has to refuse, it does, and changes nothing.
"""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest.mock import patch

from botocore.exceptions import ClientError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tapctl.errors import TapctlError
from tests.conformance import deletions, drifts
from tests.conformance.account import inventory, touched
from tests.conformance.lab import Lab
from tests.conformance.labs import EAST, WEST, Labs
from tests.conformance.meter import Kill
from tests.conformance.stacks import EVERYWHERE, THIRD, Stack, none

REGIONS = ((EAST,), (EAST, WEST), (EAST, THIRD), EVERYWHERE)  # the primary database moves by hand only, see the runbook
STACKS = ("production", "staging")
#: Settings, each with values to walk between; those of the last three can't change once the thing stands.
CHANGES: dict[str, tuple[Any, ...]] = {
    "owner": ("platform", "others"),
    "app.data_access": (False, True),
    "app.health_path": ("/health", "/up"),
    "endpoints.s3": (True, False),
    "endpoints.dynamodb": (True, False),
    "endpoints.logs": (True, False),
    "network.peering": ("auto", "off"),
    "database.backup_days": (7, 3),
    "database.storage_gib": (20, 30),
    "logs.retention_days": (30, 7),
    "logs.object_days": (None, 90),
    "environments": ({}, {name: {"instance_type": "t3.large", "min_size": 2, "max_size": 4, "desired_size": 2,
                                 "database_class": "db.t3.medium"} for name in STACKS}),
    "app.port": (8080, 9000),
    "database.major_version": (17, 16),
    "table.sort_key": (None, {"name": "sk"}),
}
ENVIRONMENTS = st.sampled_from((STACKS[0], *STACKS))  # the first twice as often
WHICH = st.integers(0, 9999)  # of what there is then
ABOUT = re.compile("|".join(rf"(?P<{name}>TapStack[-/]{name}\b)" for name in STACKS), re.IGNORECASE)
#: Several stacks have a part in these: they are compared when no stack is left.
PARTAKEN = re.compile(r"^\S+ ec2 (vpce-|rtb-|pcx-|subnet-)|VPC Endpoint Interface|RDSNetworkInterface|tapctl-claim")


def quiet(failed: threading.ExceptHookArgs) -> None:
    """Threads of a process that is dead say nothing."""
    if failed.exc_type is not Kill:
        threading.__excepthook__(failed)


def whose(line: str) -> set[str]:
    """The stacks that a line of the inventory is about."""
    return {match.lastgroup.lower() for match in ABOUT.finditer(line) if match.lastgroup}


class Walk(RuleBasedStateMachine):
    """One walk, in an account of its own. What it did is in `log`, and in whatever it raises."""

    done: ClassVar[Counter[str]] = Counter()  # in this process, in all walks

    def __init__(self, labs: Labs) -> None:
        super().__init__()
        self.lab = labs(*EVERYWHERE)
        self.stacks = {name: Stack(self.lab, name) for name in STACKS}
        self.before = self.account()
        self.log: list[str] = []
        self.open = ExitStack()
        self.open.callback(labs.close)
        self.open.enter_context(patch.object(threading, "excepthook", quiet))
        self.open.enter_context(patch.dict(os.environ, TAPCTL_STATE_DIR=self.open.enter_context(TemporaryDirectory())))
        Walk.done["walks"] += 1

    def teardown(self) -> None:
        self.open.close()

    def account(self) -> frozenset[str]:
        return inventory(self.lab.raw, EVERYWHERE, touched)

    @contextmanager
    def step(self, said: str) -> Iterator[None]:
        """Write it down. What it raises tells the whole walk."""
        Walk.done["steps"] += 1
        self.log.append(said)
        try:
            yield
        except Exception as error:
            error.add_note("\n".join(("The walk:", *self.log)))
            if isinstance(error, TapctlError):
                error.add_note(error.reason)
            raise

    @contextmanager
    def own(self, environment: str) -> Iterator[None]:
        """Whatever is done meanwhile, only what is this stack's changes."""
        before = self.account()
        yield
        none("not its own, and changed", (line for line in sorted(before ^ self.account())
                                          if whose(line) != {environment} and not PARTAKEN.search(line)))

    # ------------------------------------------------------------ tapctl
    @initialize()
    def begin(self) -> None:
        self.up(STACKS[0])

    @rule(environment=ENVIRONMENTS, command=st.sampled_from(("up", "up", "up", "up --prune", "down")))
    def run(self, environment: str, command: str) -> None:
        if command == "down":
            self.down(environment)
        else:
            self.up(environment, prune=command != "up")

    def up(self, environment: str, prune: bool = False) -> None:
        stack = self.stacks[environment]
        with self.step(f"up {environment}{' --prune' * prune}"):
            if whys := stack.refusals():
                self.refused(stack, prune, whys)
                return
            with self.own(environment):
                stack.up(prune)
                stack.assert_at_rest()
            self.tell("up", "stands")

    def tell(self, what: str, more: str) -> None:
        """Write down what became of a step. what: to be counted."""
        Walk.done[what] += 1
        self.log.append(f"  {more}")

    def refused(self, stack: Stack, prune: bool, whys: list[str]) -> None:
        before = self.account()
        self.tell("up, refused as it has to be", f"to be refused: {', '.join(whys)}")
        try:
            stack.up(prune)
        except TapctlError:
            none("changed all the same", sorted(self.account() ^ before))
        else:
            raise AssertionError(f"`up` should have refused: {whys}")

    def down(self, environment: str) -> None:
        stack = self.stacks[environment]
        with self.step(f"down {environment}"), self.own(environment):
            stack.down()
            stack.assert_gone()
            now = self.account()
            none("left", (line for line in now if environment in whose(line) and not PARTAKEN.search(line)))
            if not any(map(whose, now)):
                none("not as it was before", sorted(now ^ self.before))
            none("AWS would take it amiss", self.lab.world.regrets)
            self.tell("down", "nothing is left")

    @rule(environment=ENVIRONMENTS, command=st.sampled_from(("up", "down")), nth=st.integers(1, 120),
          moment=st.sampled_from(("before", "after")))
    def crash(self, environment: str, command: str, nth: int, moment: str) -> None:
        """The process dies at its nth change. One that makes fewer ends as ever."""
        stack, meter = self.stacks[environment], self.lab.meter
        with self.step(f"{command} {environment}, killed {moment} its change {nth}"), self.own(environment):
            if command == "up" and stack.refusals():
                return
            meter.reset()
            if moment == "before":
                meter.cut = lambda call: call.mutating and len(meter.mutating) == nth - 1
            else:
                meter.kill = lambda call: len(meter.mutating) == nth
            try:
                getattr(stack, command)()
            except Kill as kill:
                self.tell(f"{command}, killed", f"which was {kill}")
            finally:
                meter.reset()

    # ------------------------------------------------------------ people
    @rule(environment=ENVIRONMENTS, nth=WHICH)
    def drift(self, environment: str, nth: int) -> None:
        self.by_hand(environment, nth, [(str(drift), drift.kind, drift.only, drift.change) for drift in drifts.TABLE])

    @rule(environment=ENVIRONMENTS, nth=WHICH)
    def delete(self, environment: str, nth: int) -> None:
        self.by_hand(environment, nth, [(str(one), one.kind, "", one.change) for one in deletions.TABLE])

    def by_hand(self, environment: str, nth: int, table: Sequence[tuple[str, str, str, drifts.table.Change]]) -> None:
        """The nth of what can be done to what stands. What AWS refuses doesn't happen."""
        found = self.stacks[environment].found()
        ways = [(what, region, it, change) for what, kind, only, change in table for region, it in found
                if it.key.split("/")[1] == kind and it.key.endswith(only)]
        if not ways:
            return
        what, region, it, change = ways[nth % len(ways)]
        with self.step(f"by hand, {environment}, {it.key}, {what}"):
            try:
                change(partial(hand, self.lab, region), it)
                self.tell("by hand", "done")
            except ClientError as error:
                self.tell("by hand, refused by AWS", str(error))
            self.lab.world.regrets.clear()  # theirs

    @rule(environment=ENVIRONMENTS, change=st.sampled_from(sorted(CHANGES)), nth=st.integers(0, 1))
    def configure(self, environment: str, change: str, nth: int) -> None:
        value = CHANGES[change][nth]
        with self.step(f"configure {environment}: {change} = {value!r}"):
            self.stacks[environment].chosen[change] = value
            Walk.done["another configuration"] += 1

    @rule(environment=ENVIRONMENTS, regions=st.sampled_from(REGIONS))
    def regions(self, environment: str, regions: tuple[str, ...]) -> None:
        with self.step(f"configure {environment}: regions = {', '.join(regions)}"):
            self.stacks[environment].regions = regions
            Walk.done["another list of regions"] += 1


def hand(lab: Lab, at: str, service: str, region: str = "") -> Any:
    """Somebody's own client: in the thing's region, or in another."""
    return lab.raw(service, region or at)
