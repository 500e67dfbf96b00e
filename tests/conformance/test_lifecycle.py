"""Made, made again, removed, removed again: and the account is as before."""

from __future__ import annotations

import pytest

from tests.conformance.checks import assert_as_before, assert_at_rest, assert_stands
from tests.conformance.labs import EAST, WEST, Labs


@pytest.mark.parametrize("regions", [(EAST,), (EAST, WEST), (WEST, EAST)], ids=" ".join)
def test_made_kept_and_removed(new_lab: Labs, regions: tuple[str, ...]) -> None:
    lab = new_lab(*regions)
    first = lab.up()
    assert_stands(first)
    assert first.began("create") == first.wanted.keys()
    assert_at_rest(lab)
    assert_as_before(lab)


def test_taken_up_again_after_it_was_removed(new_lab: Labs) -> None:
    lab = new_lab()
    lab.up()
    lab.down()
    assert_stands(lab.up())
    assert_at_rest(lab)
    assert_as_before(lab)
