"""Killed, unanswered, refused: whatever happens to a run, the next one goes on from what stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance.checks import (
    Once,
    again_until_done,
    assert_as_before,
    assert_at_rest,
    assert_stands,
    assert_unanswered_up_goes_on,
    killed_all_along,
)
from tests.conformance.lab import Lab
from tests.conformance.labs import EAST, INSTANT, REAL, WEST, Labs
from tests.conformance.meter import Call, Kill

# on AWS's clock there is all that there is on the instant one, and states besides
clocks = pytest.mark.parametrize("scale", [pytest.param(INSTANT, marks=pytest.mark.exhaustive), REAL],
                                 ids=["instant", "real"])


def changes(lab: Lab, run: Callable[[], object]) -> set[tuple[str, str]]:
    run()
    return {(call.service, call.operation) for call in lab.meter.mutating}


@pytest.mark.parametrize(("regions", "scale"), [
    pytest.param((EAST, WEST), INSTANT, marks=pytest.mark.exhaustive), ((EAST,), REAL)], ids=["instant", "real"])
def test_killed_after_every_change(new_lab: Labs, regions: tuple[str, ...], scale: float) -> None:
    """What is only between two regions is in the samples of the crash harness, too (test_crashes.py)."""
    lab = new_lab(*regions, scale=scale)
    deaths = killed_all_along(lab, lab.up)
    assert_at_rest(lab)
    deaths += killed_all_along(lab, lab.down)
    assert_as_before(lab)
    undisturbed = new_lab(*regions, scale=scale)
    hit = {(call.service, call.operation) for call in deaths}
    assert changes(undisturbed, undisturbed.up) | changes(undisturbed, undisturbed.down) <= hit


@clocks
def test_every_answer_lost_once_and_the_call_repeated(new_lab: Labs, scale: float) -> None:
    lab = new_lab(scale=scale, fresh=True)
    assert_unanswered_up_goes_on(lab)
    lab.meter.lose = Once()
    for _ in range(5):
        if lab.down().complete:
            break
    lab.meter.reset()
    assert_as_before(lab)


def test_cut_off_at_every_change(new_lab: Labs) -> None:
    """AWS has done it, and nothing says so: the node fails, and a later run finds it done."""
    lab = new_lab()
    lab.meter.sever = Once()
    again_until_done(lab, most=30)
    lab.meter.reset()
    assert_at_rest(lab)
    lab.meter.sever = Once()
    for _ in range(30):
        if lab.down().complete:
            break
    lab.meter.reset()
    assert_as_before(lab)


# ---------------------------------------------------------------- one fault each, from an account of its own
def points(lab: Lab, run: Callable[[], object]) -> int:
    run()
    return len(lab.meter.mutating)


def nth(lab: Lab, at: int) -> Callable[[Call], bool]:
    return lambda call: call.mutating and len(lab.meter.mutating) == at


@pytest.mark.exhaustive
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("fault", ["kill", "lose", "sever"])
@pytest.mark.parametrize("command", ["up", "down"])
def test_a_fault_at_each_change(new_lab: Labs, command: str, fault: str) -> None:
    lab = new_lab()
    count = points(lab, lab.up)
    count = count if command == "up" else points(lab, lab.down)
    for at in range(1, count + 1):
        lab = new_lab(fresh=fault == "lose" and at % 10 == 1)
        if command == "down":
            lab.up()
        lab.meter.reset()
        setattr(lab.meter, fault, nth(lab, at))
        try:
            (lab.up if command == "up" else lab.down)()
        except Kill:
            assert fault == "kill"
        lab.meter.reset()
        if command == "up":
            assert_stands(lab.up())
            assert_at_rest(lab)
        assert_as_before(lab)
