"""A network that is gone for a while."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from botocore import endpoint
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from tapctl import reconnect
from tapctl.emulator.inprocess import emulated
from tapctl.reconnect import GAP, PATIENCE, Away
from tests.conformance.lab import Wires
from tests.conformance.meter import Call

URL = "https://dynamodb.us-east-1.amazonaws.com"


class Clock:
    """Sleeping takes no time."""

    def __init__(self) -> None:
        self.now, self.naps = 0.0, list[float]()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(reconnect, "time", made)
    monkeypatch.setattr(endpoint, "time", made)
    return made


@pytest.fixture
def wires() -> Iterator[Wires]:
    with emulated():
        yield Wires()


def raising(error: Exception, wanted: Callable[[], bool] = lambda: True) -> Callable[[Call], bool]:
    def cut(call: Call) -> bool:
        if wanted():
            raise error
        return False

    return cut


def test_it_is_waited_for(wires: Wires, clock: Clock) -> None:
    dynamodb = wires.connections.client("dynamodb", "us-east-1")
    dynamodb.list_tables()
    wires.meter.cut = raising(EndpointConnectionError(endpoint_url=URL), lambda: clock.now < 60)
    assert dynamodb.list_tables()["TableNames"] == []
    assert 60 <= clock.now <= 60 + GAP


def test_not_for_ever(wires: Wires, clock: Clock) -> None:
    dynamodb = wires.connections.client("dynamodb", "us-east-1")
    dynamodb.list_tables()
    wires.meter.cut = raising(EndpointConnectionError(endpoint_url=URL))
    with pytest.raises(Away) as raised:
        dynamodb.list_tables()
    assert PATIENCE <= clock.now <= PATIENCE + GAP
    assert URL in str(raised.value)
    assert re.fullmatch(r"\d\d:\d\d:\d\d UTC", raised.value.kwargs["since"])
    before = clock.now
    with pytest.raises(Away):  # and no other call waits as long again
        wires.connections.client("ec2", "us-east-1").describe_vpcs()
    assert clock.now - before < GAP
    wires.meter.cut = lambda call: False
    dynamodb.list_tables()
    wires.connections.network.give_up()


def test_one_endpoint_that_is_gone_is_not_the_network(wires: Wires, clock: Clock) -> None:
    dynamodb, ec2 = (wires.connections.client(service, "us-east-1") for service in ("dynamodb", "ec2"))
    dynamodb.list_tables()

    def cut(call: Call) -> bool:
        if call.service == "dynamodb":
            raise EndpointConnectionError(endpoint_url=URL)
        return False

    def sleep(seconds: float) -> None:
        clock.now += seconds
        other.submit(ec2.describe_vpcs).result()

    wires.meter.cut = cut
    with (ThreadPoolExecutor(1) as other, pytest.raises(EndpointConnectionError),
          patch.object(endpoint, "time", SimpleNamespace(time=clock.monotonic, sleep=sleep))):
        dynamodb.list_tables()
    assert PATIENCE <= clock.now <= PATIENCE + 4 * GAP


@pytest.mark.parametrize(("service", "reached", "error"), [
    ("dynamodb", False, EndpointConnectionError(endpoint_url=URL)),  # AWS was never there
    ("dynamodb", True, ReadTimeoutError(endpoint_url=URL)),  # the call may have arrived
    ("resourcegroupstaggingapi", True, EndpointConnectionError(endpoint_url=URL)),
])
def test_what_is_told_at_once(wires: Wires, clock: Clock, service: str, reached: bool, error: Exception) -> None:
    client = wires.connections.client(service, "us-east-1")
    ask = client.list_tables if service == "dynamodb" else client.get_resources
    if reached:
        ask()
    wires.meter.cut = raising(error)
    with pytest.raises(type(error)):
        ask()
    assert GAP not in clock.naps
