"""The stack that the checks are shown on: two regions, one with a certificate, with all that can be had, in VPCs that
are peered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest

from tapctl import waiting
from tapctl.emulator.inprocess import emulated
from tapctl.model import Found
from tests.certificates import imported
from tests.conformance.lab import Lab, Wires, settings
from tests.stage import EAST, WEST
from tests.verify.standing import Here
from tests.vpcs import made

LAG = 2.0  # seconds that the replica is behind


@pytest.fixture(scope="module")
def lab(wires: Wires) -> Iterator[Lab]:
    """Made once for a module: its tests leave it as it was."""
    with emulated() as world, patch.object(waiting, "gap", lambda waited: 0.001):
        arn = imported(wires.raw("acm", EAST), 300, "*.example.com")
        vpcs = {region: made(wires.raw("ec2", region), region, net).id for net, region in enumerate((EAST, WEST))}
        more: dict[str, Any] = {"certificate_arns": {EAST: arn}, "app.data_access": True, "network.vpc_id": vpcs}
        stands = Lab(world, wires, settings(EAST, WEST, **more))
        assert stands.up().failures == {}
        put_lag(stands, LAG, datetime.now(UTC))
        yield stands


def put_lag(lab: Lab, seconds: float, at: datetime) -> None:
    """What CloudWatch knows of the replica."""
    lab.raw("cloudwatch", WEST).put_metric_data(Namespace="AWS/RDS", MetricData=[{
        "MetricName": "ReplicaLag", "Value": seconds, "Timestamp": at,
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": lab.place.at(WEST).database_id}]}])


@pytest.fixture
def here(lab: Lab, found: dict[str, dict[str, Found]]) -> Iterator[Callable[[str], Here]]:
    yield lambda region: Here(lab, region, found[region])
    lab.meter.reset()


@pytest.fixture(scope="module")
def found(lab: Lab) -> dict[str, dict[str, Found]]:
    seen = lab.look()[1].found
    return {region: {key.partition("/")[2]: it for key, it in seen.items() if key.startswith(region)}
            for region in lab.regions}
