"""Plans, and what comes of them, in a cloud in memory."""

from __future__ import annotations

from tapctl.reconcile import differing


def test_a_difference_names_only_the_fields_that_differ() -> None:
    assert differing({"a": 1, "b": 2}, {"a": 1, "b": 3}) == "b: 2 -> 3"
