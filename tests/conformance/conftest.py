"""Conformance: what every kind must do, asserted over tapctl.resources.KINDS and tapctl.stack.build, nothing per kind.

A new kind is picked up by itself. What it owes the tests is a row for each of its aspects in `drifts`.

--exhaustive: besides what the suite always does, `up` and `down` are killed after each of their mutating calls, every
time from an account of its own, and each answer is lost so too. Takes about half an hour.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tapctl.model import Found, Resource
from tapctl.resources import KINDS
from tapctl.resources.database import Database
from tapctl.resources.endpoint_share import EndpointShare
from tapctl.resources.peering import Peering
from tests import tracing
from tests.conformance.lab import Lab, Wires
from tests.conformance.labs import EAST, WEST, Hurried, Labs, hurrying

RESOURCES = [kind for kind in KINDS if issubclass(kind, Resource)]
#: One region is enough, but for what other regions need, and for what is between two.
each_kind = pytest.mark.parametrize(
    ("kind", "regions"), [
        *((kind, (EAST, WEST) if kind in (EndpointShare, Peering) else (EAST,)) for kind in RESOURCES),
        (Database, (EAST, WEST))],
    ids=[*(kind.kind for kind in RESOURCES), "database of two regions"])


@pytest.fixture(autouse=True)
def whole_lives() -> Iterator[None]:
    """Coverage is told by the tests of single parts: these are about whole lives, and follow no line."""
    with tracing.unfollowed():
        yield


@pytest.fixture(scope="module")
def hurried() -> Iterator[Hurried]:
    with hurrying() as clock:
        yield clock


@pytest.fixture(scope="module")
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
