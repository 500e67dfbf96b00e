"""What AWS refuses: a failure stops only what depends on it, and what may not be looked at is not taken for gone."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tapctl import teardown
from tapctl.engine import Walk
from tapctl.model import Aws, Found, HandedOver, Out, Phase, Resource
from tapctl.observe import Item
from tapctl.reconcile import Run
from tapctl.resources import KINDS
from tests.conformance.checks import assert_stands
from tests.conformance.conftest import each_kind
from tests.conformance.lab import Lab
from tests.conformance.labs import EAST, Labs

RESOURCES = [kind for kind in KINDS if issubclass(kind, Resource)]


def refused(resource: Resource, aws: Aws, out: Out) -> Found:
    raise ClientError({"Error": {"Code": "LimitReached", "Message": "no more of these"}}, "Create")


@each_kind
def test_a_create_that_fails_stops_only_what_needs_it(
        new_lab: Labs, monkeypatch: pytest.MonkeyPatch, kind: type[Resource], regions: tuple[str, ...]) -> None:
    lab = new_lab(*regions)
    wanted, world, _ = lab.look()
    graph = Run(wanted, world, lab.cloud, lab.regions).graph()
    failing = {(key, Phase.EXISTS) for key, resource in wanted.items()
               if type(resource) is kind and key not in world.found}
    left_out = set(failing)
    while more := {node for node, needs in graph.items() if needs & left_out} - left_out:
        left_out |= more
    with monkeypatch.context() as patch:
        patch.setattr(kind, "create", refused)
        first = lab.up()
    assert set(first.walk.failed) == {node for node in failing if not graph[node] & left_out}
    assert set(first.walk.done) == graph.keys() - left_out
    assert set(first.walk.blocked) == left_out - first.walk.failed.keys()
    assert all("no more of these" in said for said in first.failures.values())
    assert_stands(lab.up())


def operations(lab: Lab, kind: type[object]) -> set[str]:
    """What a kind's look-up asks AWS."""
    lab.meter.calls = []
    for region in lab.regions:
        list(kind.owned(lab.cloud.at(region)))  # type: ignore[attr-defined]
    return {f"{call.service}:{call.operation}" for call in lab.meter.calls}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.shared], ids=lambda kind: str(kind.kind))
def test_down_keeps_all_that_an_unseen_kind_may_use(
        standing: Lab, monkeypatch: pytest.MonkeyPatch, kind: type[object]) -> None:
    asked = operations(standing, kind)
    removed: list[Item] = []

    def note(items: list[Item], *_: object) -> tuple[Walk[teardown.Node], dict[teardown.Node, HandedOver]]:
        removed.extend(items)
        return Walk(failed={teardown.node(item): RuntimeError("not in this test") for item in items}), {}

    monkeypatch.setattr(teardown, "remove", note)
    standing.meter.denied = asked
    removal = standing.down(rounds=1)
    assert not removal.complete
    unseen = {name for name, _ in removal.unseen}
    assert kind.kind in unseen  # type: ignore[attr-defined]
    assert all(denied.action.split(":")[-1] in {one.split(":")[1] for one in asked}
               for denied in removal.unseen.values())
    uses = {one.kind: one.uses for one in KINDS}
    for name in unseen:
        assert not {item.kind.kind for item in removed} & (uses[name] | {name})
    kept = {item.kind.kind for item, why in removal.left if "may not be looked at" in why}
    assert kept.isdisjoint(item.kind.kind for item in removed)


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: str(kind.kind))
def test_nothing_unseen_is_made_again_or_written_over(standing: Lab, kind: type[Resource]) -> None:
    wanted = standing.wanted()
    standing.meter.denied = operations(standing, kind)
    _, world, plan = standing.look(wanted)
    assert (kind.kind, EAST) in world.denied
    assert not {key for key, what in plan.changes if what == "create" and world.denied.get(
        (key.split("/")[1], key.split("/")[0]))}
    assert {key.split("/")[1] for key, left in plan.left_out.items() if left.key == key} >= {kind.kind}
    assert plan.refused == {}


def test_aspects_that_may_not_be_read_are_shown_and_left(standing: Lab) -> None:
    reads = standing.up().calls
    looked = {call for kind in KINDS for call in operations(standing, kind)}
    left = {f"{call.service}:{call.operation}" for call in reads} - looked
    while left:  # what is denied first hides what the same aspect asks next
        standing.meter.reset()
        standing.meter.denied = left
        again = standing.up()
        seen = {denied.action for denied in again.plan.unread.values()}
        assert seen, left
        assert again.plan.changes == {}
        assert again.mutating == []
        left = left - seen


def test_nothing_is_gone_when_nothing_could_be_seen(standing: Lab) -> None:
    standing.meter.denied = {one for kind in KINDS for one in operations(standing, kind)}
    removal = standing.down()
    assert not removal.complete
    assert removal.removed == []
    assert standing.meter.mutating == []
