"""A part of the stack for a test, alone with what it needs, in an emulated AWS of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conformance.conftest import _no_idling, wires
from tests.conformance.lab import Wires, settings
from tests.resources.part import Part, emulation

__all__ = ["_no_idling", "wires"]

NewPart = Callable[..., Part]


@pytest.fixture
def part(wires: Wires) -> Iterator[NewPart]:
    """part("role", "table", **settings): these kinds, in two regions unless `regions` says otherwise."""
    with emulation() as world:

        def new(*kinds: str, regions: tuple[str, ...] = ("us-east-1", "us-west-2"), **more: Any) -> Part:
            return Part(world, wires, settings(*regions, **more), kinds)

        yield new
