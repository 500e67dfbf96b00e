"""Labs, one after the other: whole stacks in an emulated AWS in which nobody sleeps."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import get_ident
from typing import Any
from unittest.mock import patch

import botocore.endpoint
import tenacity.nap

from tapctl import waiting
from tapctl.emulator import inprocess
from tapctl.emulator.correction import World
from tapctl.emulator.inprocess import emulated
from tapctl.resources import vpc_claim
from tests.conformance import neighbour
from tests.conformance.lab import Lab, Wires, settings
from tests.vpcs import made

EAST, WEST = "us-east-1", "us-west-2"
INSTANT, REAL = 0.0, 1.0  # clocks of the emulator; nobody waits for the real one, see Labs


class Hurried:
    """Stands in for `time` where the product and botocore sleep: the sleeper's time and the emulator's pass at once."""

    def __init__(self) -> None:
        self.ahead, self.world = 0.0, World()
        self.slept: defaultdict[int, float] = defaultdict(float)  # seconds, by thread

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def time(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds
        self.slept[get_ident()] += seconds
        self.world.advance(seconds)


@contextmanager
def hurrying() -> Iterator[Hurried]:
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
        self.regions: tuple[str, ...] = (EAST, WEST)  # of a lab that isn't asked for with others

    def __call__(self, *regions: str, scale: float = INSTANT, fresh: bool = False, **more: Any) -> Lab:
        """fresh: with clients of its own; botocore gives each a quota of repeated calls, which some tests use up.

        The first region's stack stands in the default VPC, all others in VPCs that can be peered.
        """
        regions = regions or self.regions
        self.close()
        wires = Wires() if fresh else self.wires
        world = self.hurried.world = self.open.enter_context(emulated(scale))
        self.open.enter_context(patch.object(inprocess, "respond", wires.meter.respond))
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
        self.current = Lab(world, wires, wanted)
        return self.current

    def close(self) -> None:
        self.current = None
        self.open.close()
