"""Each correction's tests run twice: on the emulator, where they pass, and on plain moto, where they must not.

A test marks what it proves: `@proves(kms.schedule_key_deletion)`. It takes `aws`, a maker of clients. That
the same body fails on plain moto is asserted here, and that every correction is proven is asserted in
`test_every_correction.py`, so that neither an idle correction nor an idle test can stay.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tapctl.emulator.clock import Clock
from tapctl.emulator.correction import REGISTER, World
from tapctl.emulator.inprocess import emulated
from tests import tracing

EAST, WEST = "us-east-1", "us-west-2"


class Aws:
    """Clients of one emulated AWS, and its world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, service: str, region: str = EAST) -> Any:
        return _client(service, region)

    def wait(self, seconds: float) -> None:
        """Let so many seconds of AWS pass."""
        self.world.advance(seconds)


@cache
def _client(service: str, region: str) -> Any:
    """Made once: a client takes longer to make than a test does, and any serves every emulated AWS."""
    make: Any = boto3.client  # its stubs know every service by a literal name only
    return make(service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")


@contextmanager
def _plain(scale: float) -> Iterator[World]:
    with mock_aws():
        yield World(Clock(scale))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proves(*corrections): what the test proves; it must fail on plain moto")
    config.addinivalue_line("markers", "slow_clock: the states of AWS pass only as the test lets time pass")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "aws" in metafunc.fixturenames:
        proves = metafunc.definition.get_closest_marker("proves")
        metafunc.parametrize("aws", ["emulator", "plain moto"] if proves else ["emulator"], indirect=True)


@pytest.fixture(scope="module", autouse=True)
def followed() -> Iterator[None]:
    """Coverage of the emulator is told by these tests alone: all others only use it."""
    with tracing.into_the_emulator():
        yield


@pytest.fixture
def aws(request: pytest.FixtureRequest) -> Iterator[Aws]:
    world: Callable[[float], Any] = _plain if request.param == "plain moto" else emulated
    with world(1 if request.node.get_closest_marker("slow_clock") else 0) as made:
        yield Aws(made)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    marker = pyfuncitem.get_closest_marker("proves")
    if marker:
        pages = {entry.page for entry in REGISTER for proven in marker.args if entry.run is proven}
        pyfuncitem.add_report_section("call", "the AWS pages", "\n".join(sorted(pages)))
    if not marker or pyfuncitem.callspec.params.get("aws") != "plain moto":
        return (yield)
    try:
        yield
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - moto has many ways to fail, down to its own defects
        return True
    pytest.fail("plain moto does this too: the correction, or the test, is idle")
