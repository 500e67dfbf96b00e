"""A part of the stack for a test, alone with what it needs, in an emulated AWS of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tapctl import facts
from tapctl.aws import Cloud
from tapctl.facts import Facts
from tapctl.settings import Settings
from tests.conformance.lab import Wires, settings
from tests.resources.part import NewPart, Part, emulation


@pytest.fixture
def spare(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which the network stays as it is: the facts, asked for at every look, cost half of their time."""
    survey, known = facts.survey, dict[tuple[str, ...], Facts]()

    def once(cloud: Cloud, wanted: Settings) -> Facts:
        return known.get(wanted.regions) or known.setdefault(wanted.regions, survey(cloud, wanted))

    monkeypatch.setattr(facts, "survey", once)


def _parts(wires: Wires, scale: float) -> Iterator[NewPart]:
    with emulation(scale) as world:

        def new(*kinds: str, regions: tuple[str, ...] = ("us-east-1", "us-west-2"), **more: Any) -> Part:
            return Part(world, wires, settings(*regions, **more), kinds)

        yield new


@pytest.fixture
def part(wires: Wires) -> Iterator[NewPart]:
    """part("role", "table", **settings): these kinds, in two regions unless `regions` says otherwise."""
    yield from _parts(wires, 0)


@pytest.fixture
def slow_part(wires: Wires) -> Iterator[NewPart]:
    """The same where AWS takes its time: it passes in great steps, between two looks."""
    yield from _parts(wires, 1)
