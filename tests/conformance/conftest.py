"""Conformance: what every kind must do, asserted over tapctl.resources.KINDS and tapctl.stack.build, nothing per kind.

A new kind is picked up by itself. What it owes the tests is a row for each of its aspects in `drifts`.

--exhaustive: besides what the suite always does, `up` and `down` are killed after each of their mutating calls, every
time from an account of its own, and each answer is lost so too. Takes about half an hour.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import botocore.endpoint
import pytest
import tenacity.nap

from tapctl import waiting
from tapctl.emulator.correction import World
from tapctl.emulator.inprocess import emulated
from tapctl.model import Found, Resource
from tapctl.resources import KINDS, vpc_claim
from tapctl.resources.database import Database
from tapctl.resources.endpoint_share import EndpointShare
from tapctl.resources.peering import Peering
from tests.conformance import neighbour
from tests.conformance.lab import Lab, Wires, settings
from tests.vpcs import made

EAST, WEST = "us-east-1", "us-west-2"
INSTANT, REAL = 0.0, 1.0  # clocks of the emulator; nobody waits for the real one, see Labs

RESOURCES = [kind for kind in KINDS if issubclass(kind, Resource)]
#: One region is enough, but for what other regions need, and for what is between two.
each_kind = pytest.mark.parametrize(
    ("kind", "regions"), [
        *((kind, (EAST, WEST) if kind in (EndpointShare, Peering) else (EAST,)) for kind in RESOURCES),
        (Database, (EAST, WEST))],
    ids=[*(kind.kind for kind in RESOURCES), "database of two regions"])


@pytest.fixture(scope="session")
def wires() -> Wires:
    return Wires()


class Hurried:
    """Stands in for `time` where the product and botocore sleep: the sleeper's time and the emulator's pass at once."""

    def __init__(self) -> None:
        self.ahead, self.world = 0.0, World()

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def time(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds
        self.world.advance(seconds)


@pytest.fixture(scope="session")
def hurried() -> Iterator[Hurried]:
    clock = Hurried()
    with (patch.object(tenacity, "time", clock), patch.object(tenacity.nap, "time", clock),
          patch.object(botocore.endpoint, "time", clock), patch.object(waiting, "time", clock),
          patch.object(vpc_claim, "time", clock)):
        yield clock


class Labs:
    """Makes labs, one after the other: there is one emulated AWS at a time. Nobody sleeps in them.

    In the western region another stack was first, and some of its endpoints serve this one.
    """

    def __init__(self, wires: Wires, hurried: Hurried) -> None:
        self.wires, self.hurried, self.open = wires, hurried, ExitStack()
        self.current: Lab | None = None

    def __call__(self, *regions: str, scale: float = INSTANT, fresh: bool = False, **more: Any) -> Lab:
        """fresh: with clients of its own; botocore gives each a quota of repeated calls, which some tests use up.

        The first region's stack stands in the default VPC, all others in VPCs that can be peered.
        """
        regions = regions or (EAST, WEST)
        self.close()
        world = self.hurried.world = self.open.enter_context(emulated(scale))
        real = waiting.gap

        def gap(waited: float) -> float:
            self.hurried.sleep(real(waited))
            return 0.001

        self.open.enter_context(patch.object(waiting, "gap", gap))
        own = {region: made(self.wires.raw("ec2", region), region, n) for n, region in enumerate(regions) if n}
        if WEST in own:
            neighbour.serve(self.wires.raw, WEST, own[WEST])
            self.hurried.sleep(neighbour.SETTLED)
        vpcs: Any = {region: vpc.id for region, vpc in own.items()}
        wanted = settings(*regions, **{"network.vpc_id": vpcs}, **more)
        self.current = Lab(world, Wires() if fresh else self.wires, wanted)
        return self.current

    def close(self) -> None:
        self.current = None
        self.open.close()


@pytest.fixture(scope="session")
def labs(wires: Wires, hurried: Hurried) -> Iterator[Labs]:
    made = Labs(wires, hurried)
    yield made
    made.close()


@pytest.fixture
def new_lab(labs: Labs) -> Iterator[Labs]:
    yield labs
    labs.close()


class Ground:
    """A whole stack that stands, made when first asked for, and again after a test that failed on it."""

    def __init__(self, labs: Labs) -> None:
        self.labs = labs
        self.lab: Lab | None = None
        self.found: dict[str, Found] = {}  # as it was when all was made

    def stand(self) -> Lab:
        if self.lab is None or self.lab is not self.labs.current:
            self.lab = self.labs()
            assert self.lab.up().failures == {}
            self.found = self.lab.look()[1].found
        return self.lab


@pytest.fixture(scope="module")
def ground(labs: Labs) -> Iterator[Ground]:
    yield Ground(labs)
    labs.close()


@pytest.fixture
def standing(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The stack of the module's tests; each leaves it as it was."""
    failed = request.session.testsfailed
    lab = ground.stand()
    yield lab
    lab.meter.reset()
    if request.session.testsfailed > failed:
        ground.lab = None
