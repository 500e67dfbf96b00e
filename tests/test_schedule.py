"""When steps will be done, and which the whole waits for."""

from __future__ import annotations

from graphlib import CycleError

import pytest

from tapctl.schedule import ends, longest

NEEDS = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ("gone",)}


def test_each_begins_when_all_that_it_needs_is_done() -> None:
    assert ends(NEEDS, {"a": 1, "b": 2, "c": 5, "d": 1, "e": 3}) == {"a": 1, "b": 3, "c": 6, "d": 7, "e": 3}
    assert ends(NEEDS, {"c": 5, "d": 1}) == {"c": 5, "d": 6}
    assert ends(NEEDS, {"new": 2}) == {"new": 2}
    assert ends(NEEDS, {}) == {}


def test_no_order_is_none() -> None:
    with pytest.raises(CycleError):
        ends({"a": ("b",), "b": ("a",)}, {"a": 1, "b": 1})


def test_the_longest_way() -> None:
    assert longest(NEEDS, {"a": 1, "b": 3, "c": 6, "d": 7, "e": 3}) == ["a", "c", "d"]
    assert longest(NEEDS, {"d": 6, "e": 8}) == ["e"]
    assert longest(NEEDS, {}) == []
