"""The contract's own behaviour: keys, tags and refs."""

from __future__ import annotations

from tapctl.model import Ref, refs


def test_refs_are_found_at_any_depth_of_tuples() -> None:
    assert [ref.key for ref in refs((Ref("a"), (1, (Ref("b"),)), "c"))] == ["a", "b"]
