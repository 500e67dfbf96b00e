"""The walk, on nodes that are letters."""

from __future__ import annotations

from threading import Event

from tapctl.engine import walk


def test_every_node_runs_after_what_it_needs() -> None:
    ran: list[str] = []
    result = walk({"a": (), "b": ("a",), "c": ("b",)}, ran.append, Event())
    assert ran == result.done == ["a", "b", "c"]
