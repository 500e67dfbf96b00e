"""Waiting for a state, and for eventual consistency to pass."""

from __future__ import annotations

import pytest

from tapctl.waiting import gap


@pytest.mark.parametrize(("waited", "seconds"), [(0, 0.25), (2.5, 0.25), (30, 3), (150, 15), (3600, 15)])
def test_the_gap_grows_with_the_wait(waited: float, seconds: float) -> None:
    assert gap(waited) == seconds
