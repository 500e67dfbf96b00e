"""A birth: the create call carries all that it can, and no change follows that it could have carried."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape

from tapctl.events import Wrote
from tapctl.model import Born
from tests.conformance.checks import assert_stands
from tests.conformance.lab import Lab
from tests.conformance.labs import Labs
from tests.conformance.meter import Call

# what only says which thing, whose, or when: a modify has to say that again
ADDRESS = re.compile(r"(?:Name|Id|Ids|Identifier|Arn|ARN|Owner)$|^Bucket$|^ApplyImmediately$")
CONTENT = re.compile(r"kms|key|image", re.IGNORECASE)  # ... but an id of these is content
# AWS names one thing differently in the two calls
GENERIC = {"Key", "Value", "Type", "Status"}  # say nothing without what they stand in
GENERIC |= {"RequesterPeeringConnectionOptions"}  # of a create call it holds other options than of a modify
SAME = {"TagSet": "Tags", "Tagging": "Tags", "SecurityGroupIds": "SecurityGroups", "PolicyDocument": "Policy"}


def members(shape: Shape | None, depth: int = 0) -> Iterator[str]:
    """Every name in what a call takes, at any depth."""
    if isinstance(shape, ListShape):
        yield from members(shape.member, depth)
    elif isinstance(shape, StructureShape) and depth < 6:
        for name, member in shape.members.items():
            yield str(name)
            yield from members(member, depth + 1)


def said(params: Any) -> Iterator[str]:
    """The names that a call gave, at any depth, but for those that only address."""
    if isinstance(params, Mapping):
        for name, value in params.items():
            if CONTENT.search(name) or not ADDRESS.search(name):
                yield SAME.get(str(name), str(name))
                yield from said(value)
    elif isinstance(params, list):
        for one in params:
            yield from said(one)


def values(said: Any) -> Iterator[str]:
    if isinstance(said, Mapping):
        for value in said.values():
            yield from values(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from values(value)
    elif isinstance(said, str):
        yield said


def addresses(call: Call) -> set[str]:
    """What a call says which thing it is about."""
    return {value for name, value in call.params.items() if isinstance(value, str) and ADDRESS.search(name)}


def takes(lab: Lab, call: Call) -> set[str]:
    model = lab.wires.raw(call.service, call.region).meta.service_model.operation_model(call.operation)
    return {SAME.get(name, name) for name in members(model.input_shape)}


def could_have_been_said(lab: Lab, calls: list[Call]) -> list[str]:
    """Of each change to a newborn: what its create call would have taken."""
    births: list[tuple[Call, set[str], set[str]]] = []
    found = []
    for call in calls:
        if call.operation.startswith("Create"):
            births.append((call, {*addresses(call), *values(call.answer)}, takes(lab, call)))
            continue
        for birth, names, taken in births:
            if birth.service == call.service and birth.region == call.region and addresses(call) & names:
                late = (set(said(call.params)) & taken) - GENERIC
                if late:
                    found.append(f"{call}: {', '.join(sorted(late))}, after {birth.operation}")
    return found


def test_no_change_follows_a_create_that_could_have_carried_it(new_lab: Labs) -> None:
    lab = new_lab()
    first = lab.up()
    assert_stands(first)
    late = could_have_been_said(lab, first.mutating)
    assert late == [], late


def test_what_a_create_says_it_set_is_as_wanted(new_lab: Labs) -> None:
    """born=SET is believed and not read: a second run, which reads all, would find what is not so."""
    lab = new_lab()
    first = lab.up()
    written = {(told.key, told.aspect) for told in first.told if isinstance(told, Wrote)}
    for key, resource in first.wanted.items():
        for aspect in resource.aspects:
            if aspect.born is Born.SET:
                assert (key, aspect.name) not in written
    assert lab.look()[2].changes == {}


@pytest.mark.parametrize("first", ["plan", "up"])
def test_a_birth_reads_no_aspect_whose_value_at_birth_is_known(new_lab: Labs, first: str) -> None:
    """A plan of what is not there asks for no aspect at all."""
    lab = new_lab()
    if first == "up":
        lab.up()
        lab.down()
        lab.meter.reset()
    _, world, plan = lab.look()
    assert world.have == {}
    assert {key for key, what in plan.changes if what == "create"} >= {
        key for key in lab.wanted() if "service_linked_role" not in key}
