"""What a plan consists of."""

from __future__ import annotations

from tapctl.events import Change
from tapctl.model import Unknown
from tapctl.plans import Plan, differing, fields_of
from tests.reconcile.yard import A, B


def test_whoever_approves_a_birth_approves_all_of_it() -> None:
    planned = Plan({(A, "create"): Change(A, "create"), (B, "colour"): Change(B, "colour", 1, Unknown(A)),
                    (B, "size"): Change(B, "size", 1, 2)})
    assert planned.implies(Change(A, "colour", "any", "thing"))
    assert planned.implies(Change(B, "colour", 1, "now known"))
    assert planned.implies(Change(B, "size", 0, 2))
    assert not planned.implies(Change(B, "size", 1, 3))
    assert not planned.implies(Change(B, "light", 1, 3))


def test_a_difference_names_only_the_fields_that_differ() -> None:
    assert differing({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4}) == "b: 2 -> 3, c: 3 -> None, d: None -> 4"
    assert differing(None, {"a": 1}) == "a: None -> 1"
    assert differing("x", {"a": 1}) == "'x' -> {'a': 1}"
    assert differing({"a": 1}, None) == "{'a': 1} -> None"
    assert differing({"a": 1}, {"a": 1}) == ""
    assert list(fields_of((1,), (2,))) == [("", (1,), (2,))]
