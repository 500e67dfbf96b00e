"""Made, made again, removed, removed again: and the account is as before."""

from __future__ import annotations

import pytest

from tapctl.model import Phase
from tapctl.reconcile import ready
from tests.conformance.conftest import EAST, WEST, Labs
from tests.conformance.lab import Lab, Up


def missing(lab: Lab) -> set[str]:
    wanted, world, _ = lab.look()
    return wanted.keys() - world.found.keys()


def assert_at_rest(lab: Lab) -> Up:
    """A run that has nothing to do does nothing."""
    again = lab.up()
    assert not again.failures
    assert not again.plan.changes
    assert not again.mutating
    assert not again.surplus
    assert not again.plan.unread
    assert not missing(lab)
    return again


def assert_as_before(lab: Lab) -> None:
    """Everything is removed, and only that."""
    removal = lab.down()
    assert removal.complete, removal
    assert lab.account() == lab.before
    lab.down()
    assert not lab.meter.mutating
    assert not lab.world.regrets


@pytest.mark.parametrize("regions", [(EAST,), (EAST, WEST), (WEST, EAST)], ids=" ".join)
def test_made_kept_and_removed(new_lab: Labs, regions: tuple[str, ...]) -> None:
    lab = new_lab(*regions)
    first = lab.up()
    assert not first.failures
    assert first.began("create") == first.wanted.keys()
    assert set(first.walk.done) == {(key, phase) for key in first.wanted for phase in Phase}
    _, world, _ = lab.look()
    assert all(ready(type(first.wanted[key]), it) for key, it in world.found.items())
    assert_at_rest(lab)
    assert_as_before(lab)


def test_taken_up_again_after_it_was_removed(new_lab: Labs) -> None:
    lab = new_lab()
    lab.up()
    lab.down()
    assert not lab.up().failures
    assert_at_rest(lab)
    assert_as_before(lab)
