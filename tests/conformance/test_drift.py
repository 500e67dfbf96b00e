"""Every aspect changed behind the product's back: the plan shows just that, `up` puts it right and nothing else."""

from __future__ import annotations

from functools import partial

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


def test_no_aspect_is_without_a_drift() -> None:
    assert {(drift.kind, drift.aspect) for drift in TABLE} == set(WRITABLE)


@pytest.mark.parametrize("drift", TABLE, ids=str)
def test_drift_is_shown_and_repaired(ground: Ground, standing: Lab, drift: Drift) -> None:
    changed = {key: it for key, it in ground.found.items() if kind_of(key) == drift.kind and key.endswith(drift.only)}
    assert changed
    expected = {(key, drift.aspect) for key in changed}
    for key, it in changed.items():
        region = key.split("/")[0]
        drift.change(partial(standing.raw, region=region), it)
        expected |= {(f"{region}/{kind}", aspect) for kind, aspect in (one.split() for one in drift.also)}

    repair = standing.up()
    assert set(repair.plan.changes) == expected
    assert_stands(repair)
    assert {(told.key, told.aspect) for told in repair.told if isinstance(told, Wrote)} == expected

    _, world, plan = standing.look()
    assert plan.changes == {}
    assert world.surplus == []
    assert {key: it.id for key, it in world.found.items()} == {key: it.id for key, it in ground.found.items()}


def kind_of(key: str) -> str:
    return key.split("/")[1]
