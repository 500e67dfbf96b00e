"""What a resource's state means for a run."""

from __future__ import annotations

import pytest

from tapctl.model import Found, Kind
from tapctl.readiness import leaving, ready, stateless
from tests.memory import EAST, PLACE, Box


class Simple(Box):
    state = Kind.state


@pytest.mark.parametrize(("state", "its"), [
    ("", "ready"), ("creating", ""), ("broken", ""), ("deleting", "leaving")])
def test_a_state(state: str, its: str) -> None:
    it = Found(f"{EAST}/box/a", "box-1", {"state": state})
    assert (ready(Box, it), leaving(Box(PLACE, "a"), it)) == (its == "ready", its == "leaving")


def test_a_kind_without_states_is_always_ready() -> None:
    assert (stateless(Simple), stateless(Box)) == (True, False)
    assert ready(Simple, Found(f"{EAST}/box/a", "box-1", {}))
