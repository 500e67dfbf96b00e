"""Every aspect changed behind the product's back: the plan shows just that, `up` puts it right and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import zip_longest

import pytest

from tapctl.events import Wrote
from tapctl.model import Resource
from tapctl.resources import KINDS
from tests.conformance.checks import assert_stands
from tests.conformance.conftest import Ground
from tests.conformance.drifts import TABLE, Drift
from tests.conformance.lab import Lab

WRITABLE = [(kind.kind, aspect.name) for kind in KINDS if issubclass(kind, Resource)
            for aspect in kind.aspects if aspect.write is not None]


def kind_of(key: str) -> str:
    return key.split("/")[1]


def rounds(drifts: Sequence[Drift]) -> list[list[Drift]]:
    """One of each kind in each round: what one repair writes must not depend on what another has to."""
    kinds: dict[str, list[Drift]] = {}
    for drift in drifts:
        kinds.setdefault(drift.kind, []).append(drift)
    return [[drift for drift in nth if drift] for nth in zip_longest(*kinds.values())]


def test_no_aspect_is_without_a_drift() -> None:
    assert {(drift.kind, drift.aspect) for drift in TABLE} == set(WRITABLE)


@pytest.mark.parametrize("drifts", rounds(TABLE), ids=lambda drifts: f"{len(drifts)} kinds")
def test_drift_is_shown_and_repaired(ground: Ground, standing: Lab, drifts: list[Drift]) -> None:
    expected: set[tuple[str, str]] = set()
    for drift in drifts:
        changed = {key: it for key, it in ground.found.items()
                   if kind_of(key) == drift.kind and key.endswith(drift.only)}
        assert changed
        for key, it in changed.items():
            region = key.split("/")[0]
            drift.change(partial(standing.raw, region=region), it)
            expected |= {(key, drift.aspect), *((f"{region}/{kind}", aspect) for kind, aspect in (
                one.split() for one in drift.also))}

    repair = standing.up()
    assert set(repair.plan.changes) == expected
    assert_stands(repair)
    assert {(told.key, told.aspect) for told in repair.told if isinstance(told, Wrote)} == expected

    _, world, plan = standing.look()
    assert plan.changes == {}
    assert world.surplus == []
    assert {key: it.id for key, it in world.found.items()} == {key: it.id for key, it in ground.found.items()}


