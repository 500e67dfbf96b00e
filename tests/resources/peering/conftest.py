"""Stacks whose two regions can be joined."""

from __future__ import annotations

import pytest

from tests.conformance.lab import Wires
from tests.resources.part import NewPart, Part
from tests.resources.peering.joined import Joined, joined


@pytest.fixture
def pair(wires: Wires, part: NewPart) -> Joined:
    return joined(wires, part)


@pytest.fixture
def slow_pair(wires: Wires, slow_part: NewPart) -> Joined:
    return joined(wires, slow_part)


@pytest.fixture
def standing(pair: Joined) -> Part:
    made = pair()
    made.made()
    return made
