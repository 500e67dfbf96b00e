"""What must hold of a stack, as assertions that several tests make, and that mutants of the product must fail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tapctl.alive import LISTED
from tapctl.model import Phase
from tapctl.readiness import ready
from tapctl.resources.vpc_claim import BY, SINCE
from tests.conformance.lab import Lab, Up
from tests.conformance.meter import Call, Kill

IDS = r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|(?<=[-/])[0-9a-f]{8,17}\b"  # what AWS makes up anew in every account
PARTICULAR = re.compile(rf"\b[a-z]{{2}}-[a-z]+-\d\b|{IDS}")
SHOWN_LATE = 120.0  # seconds until a database's last modification has shown in its state, and is over
RUNS = 600  # more than any stack has mutating calls: what isn't done by then never will be


def assert_stands(up: Up) -> None:
    """Nothing failed, nothing was left out."""
    assert up.failures == {}
    assert up.walk.blocked == {}
    assert set(up.walk.done) == {(key, phase) for key in up.wanted for phase in Phase}


def assert_at_rest(lab: Lab) -> None:
    """All that is wanted is there and ready, nothing else is owned, and a run changes nothing."""
    again = lab.up()
    assert_stands(again)
    assert list(again.plan.changes.values()) == []
    assert again.plan.unread == {}
    assert list(again.surplus) == []
    assert [str(call) for call in again.mutating] == []
    lab.world.advance(SHOWN_LATE)
    wanted, world, _ = lab.look()
    assert wanted.keys() == world.found.keys()
    assert [key for key, it in world.found.items() if not ready(type(wanted[key]), it)] == []


def assert_as_before(lab: Lab) -> None:
    """`down` removes everything of the stack and nothing else, and a second one finds nothing to do."""
    removal = lab.down()
    assert removal.complete, "\n".join((*(f"{item.it.key}: {why}" for item, why in removal.left), str(removal.unseen)))
    order = [call.operation for call in lab.meter.mutating]
    keys = order.count("ScheduleKeyDeletion")
    assert order[len(order) - keys:] == ["ScheduleKeyDeletion"] * keys  # strictly last
    assert lab.account() == lab.before
    assert lab.down().complete
    assert [str(call) for call in lab.meter.mutating] == []
    assert lab.world.regrets == []


class Once:
    """Chooses each mutating call the first time that it is made; the same call again is let through.

    alike: and so is the same in another region, or of another of its kind.
    """

    def __init__(self, alike: bool = False) -> None:
        self.alike = alike
        self.seen: set[str] = set()

    def __call__(self, call: Call) -> bool:
        if not call.mutating:
            return False
        same = f"{call} {json.dumps(steady(call.params), sort_keys=True, default=str)}"
        if self.alike:
            same = PARTICULAR.sub("", same)
        fresh = same not in self.seen
        self.seen.add(same)
        return fresh


def steady(params: Any) -> Any:
    """What a call says, but for what is never said twice: when a claim is made, and by whom."""
    if isinstance(params, dict):
        return {name: steady(value) for name, value in params.items()}
    if isinstance(params, list):
        return [steady(one) for one in params if not (isinstance(one, dict) and one.get("Key") in (SINCE, BY))]
    return params


def killed_all_along(lab: Lab, run: Callable[[], object]) -> list[Call]:
    """Run it again and again, each time killed right after a change, until one lives. The calls that killed.

    So there is a death after every change on the way, and each run starts from what a dead one left. A change that
    has killed before is let through, in another region too: what is rightly done again at each start would else never
    be got past.
    """
    deaths: list[Call] = []
    change = Once(alike=True)
    while len(deaths) < RUNS:
        lab.meter.reset()
        lab.meter.kill = change
        try:
            run()
        except Kill:
            assert lab.meter.dead
            deaths.append(lab.meter.dead)
            lab.world.advance(LISTED)
        else:
            lab.meter.reset()
            return deaths
    raise AssertionError(f"still not done: {[str(call) for call in deaths[-10:]]}")


def again_until_done(lab: Lab, most: int) -> int:
    """`up` until nothing fails: the number of runs."""
    for run in range(1, most + 1):
        if not lab.up().failures:
            return run
    raise AssertionError(f"not done after {most} runs")


def assert_unanswered_up_goes_on(lab: Lab) -> None:
    """Each change's answer is lost once, and botocore repeats the call: what is found done already is taken as done.

    Only a nameless thing's create isn't repeated. The run says so, and the next one finds what it made.
    """
    lab.meter.lose = Once()
    first = lab.up()
    assert lab.meter.lost
    assert all("ReadTimeoutError" in said and "Create" in said for said in first.failures.values()), first.failures
    again_until_done(lab, most=2)
    lab.meter.reset()
    assert_at_rest(lab)


def assert_goes_on_after_a_death(lab: Lab, operation: str) -> None:
    """Killed right after AWS carried out the operation."""
    lab.meter.kill = lambda call: call.operation == operation
    try:
        lab.up()
    except Kill:
        pass
    else:
        raise AssertionError(f"no {operation} was called")
    lab.meter.reset()
    assert_stands(lab.up())
    assert_at_rest(lab)
    assert_as_before(lab)
