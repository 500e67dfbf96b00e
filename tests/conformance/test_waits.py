"""What isn't ready is waited for: by `up` itself, and by what needs it ready, and by nothing else."""

from __future__ import annotations

from functools import partial
from threading import Event, Thread

import pytest

from tapctl import waiting
from tapctl.events import Began, Waits
from tapctl.model import Found, Phase, Resource
from tapctl.readiness import stateless
from tapctl.reconcile import Run
from tapctl.resources import KINDS
from tests.conformance.checks import SHOWN_LATE, assert_at_rest, assert_stands
from tests.conformance.conftest import each_kind
from tests.conformance.drifts import TABLE
from tests.conformance.lab import Lab, Up
from tests.conformance.labs import EAST, REAL, Labs

RESOURCES = [kind for kind in KINDS if issubclass(kind, Resource)]
QUIET = 25  # looks in vain, without anything else happening, after which nothing else will


def behind(lab: Lab, held: set[str]) -> set[str]:
    """The keys that can't exist before all of these are ready."""
    graph = Run(lab.wanted(), lab.look()[1], lab.cloud, lab.regions).graph()
    waiting = {(key, Phase.READY) for key in held}
    while more := {node for node, needs in graph.items() if needs & waiting} - waiting:
        waiting |= more
    return {key for key, phase in waiting if phase is Phase.EXISTS}


@each_kind
def test_up_waits_while_it_is_held(new_lab: Labs, monkeypatch: pytest.MonkeyPatch, kind: type[Resource],
                                   regions: tuple[str, ...]) -> None:
    lab = new_lab(*regions)
    keys = {key for key, resource in lab.wanted().items() if type(resource) is kind}
    late = behind(lab, keys)
    real, released = kind.state, Event()

    def state(cls: type[Resource], it: Found) -> str | None:
        return real(it) if released.is_set() else "held"

    monkeypatch.setattr(kind, "state", classmethod(state))
    monkeypatch.setattr(waiting, "gap", lambda waited: 0.001)  # however long it takes, patience doesn't run out
    ended: list[Up] = []
    told: list[object] = []
    run = Thread(target=lambda: ended.append(lab.up(told=told.append)))
    run.start()
    try:
        while run.is_alive() and not quiet(told, keys - late):
            run.join(0.01)
        assert run.is_alive(), "it did not wait"
        assert {event.key for event in told if isinstance(event, Began)} == lab.wanted().keys() - late
    finally:
        released.set()
        run.join()
    assert_stands(ended[0])


def quiet(told: list[object], held: set[str]) -> bool:
    """Nothing but waiting for the held ones, for a while."""
    last = told[-QUIET * len(held):]
    return len(last) == QUIET * len(held) and all(
        isinstance(event, Waits) and event.text == "held" and event.key in held for event in last)


def test_up_waits_for_what_takes_its_time(new_lab: Labs) -> None:
    lab = new_lab(scale=REAL, environment="staging")
    lab.certify()
    first = lab.up()
    assert_stands(first)
    waited = {first.wanted[event.key].kind for event in first.told if isinstance(event, Waits)}
    assert waited >= {"database", "load_balancer", "table", "endpoint"}
    lab.world.advance(SHOWN_LATE)
    somebody_changes_one_of_each_kind(lab)
    repair = lab.up()
    assert_stands(repair)
    assert {key.split("/")[1] for key, _ in repair.plan.changes} >= {"database", "load_balancer", "table", "endpoint"}
    lab.world.advance(SHOWN_LATE)
    assert_at_rest(lab)


def somebody_changes_one_of_each_kind(lab: Lab) -> None:
    first = {drift.kind: drift for drift in reversed(TABLE)}
    for key, it in lab.look()[1].found.items():
        region, kind = key.split("/")[:2]
        if kind in first and key.endswith(first[kind].only):
            first[kind].change(partial(lab.raw, region=region), it)


@pytest.mark.parametrize("kind", [kind for kind in RESOURCES if not stateless(kind)], ids=lambda kind: str(kind.kind))
def test_up_goes_on_where_another_run_was_interrupted_while_it_waited(new_lab: Labs, kind: type[Resource]) -> None:
    lab, stop = new_lab(EAST, scale=REAL), Event()

    def interrupt(event: object) -> None:
        if isinstance(event, Waits) and f"/{kind.kind}" in event.key:
            stop.set()

    first = lab.up(stop, told=interrupt)
    assert first.failures == {}
    assert first.walk.stopped or not stop.is_set()
    assert_stands(lab.up())
    assert_at_rest(lab)
