from __future__ import annotations

import math

import pytest

from tapctl.emulator import lifecycle
from tapctl.emulator.clock import Clock
from tapctl.emulator.correction import World, in_world, memory


def test_the_instant_clock_has_seen_it_all() -> None:
    clock = Clock()
    assert clock.since(clock.moment()) == math.inf


@pytest.mark.parametrize(("scale", "passed"), [(1, 9), (0.03, 300), (2, 4.5)])
def test_a_scale_stretches_time(scale: float, passed: float) -> None:
    now = iter([100.0, 109.0])
    clock = Clock(scale, lambda: next(now))
    assert clock.since(clock.moment()) == pytest.approx(passed)


@pytest.mark.parametrize("scale", [1, 0.5])
def test_time_can_be_let_pass(scale: float) -> None:
    clock = Clock(scale, lambda: 100.0)
    moment = clock.moment()
    clock.advance(60)
    assert clock.since(moment) == pytest.approx(60)


@pytest.mark.parametrize("scale", [-1, math.nan, math.inf])
def test_time_does_not_run_backwards(scale: float) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        Clock(scale)


def test_a_lifecycle_is_a_function_of_the_clock() -> None:
    with in_world(World(Clock(1, lambda: 0.0))) as world:
        assert lifecycle.state("things", "a") is None
        lifecycle.begin("things", "a", ("new", 10), ("newer", 20))
        lifecycle.begin("things", "b", ("dying", 5), ends=True)
        seen = []
        for _ in range(5):
            seen.append((lifecycle.state("things", "a"), list(lifecycle.end_due("things"))))
            world.advance(5)
        assert seen == [("new", []), ("new", ["b"]), ("newer", []), ("newer", []), (None, [])]
        lifecycle.forget("things", "a")
        assert memory("things") == {}


def test_a_new_world_remembers_nothing_and_leaves_the_old_as_it_was() -> None:
    with in_world(World()):
        memory("things")["a"] = 1
        with in_world(World()):
            assert memory("things") == {}
        assert memory("things") == {"a": 1}
