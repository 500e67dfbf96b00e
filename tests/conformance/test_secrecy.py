"""The master password is in the secret and in two calls of AWS, and nowhere else."""

from __future__ import annotations

import io
import json
import logging

import pytest

from tapctl.events import Event
from tapctl.explain import problem
from tapctl.outputs import collect
from tapctl.render import renderer
from tests.conformance.lab import Lab, Up
from tests.conformance.labs import EAST, Labs

CARRIERS = {"CreateSecret", "CreateDBInstance", "ModifyDBInstance"}


def password(lab: Lab) -> str:
    answer = lab.raw("secretsmanager", EAST).get_secret_value(SecretId=lab.place.secret_name)
    return str(json.loads(answer["SecretString"])["password"])


def rendered(told: list[Event]) -> str:
    """What each renderer makes of it."""
    streams = [io.StringIO(), io.StringIO()]
    for output, stream in zip(("json", "text"), streams, strict=True):
        with renderer(output, stream, verbose=True) as render:
            for event in told:
                render(event)
    return "".join(stream.getvalue() for stream in streams)


def everything_said(lab: Lab, up: Up) -> str:
    """Events, plans before and after, what is rendered of them, failures, outputs, and what a repr would show."""
    _, world, plan = lab.look()
    outputs = collect(lab.place.stack, lab.place.account, lab.regions, world.found)
    return "\n".join([repr(up), repr(plan), repr(world), rendered(up.told), repr(outputs),
                      *(str(part) for error in up.walk.failed.values() for part in problem(error))])


def assert_secret(lab: Lab, up: Up, log: str) -> None:
    canary = password(lab)
    carried = {call.operation for call in lab.meter.mutating if canary in repr(call.params)}
    up.calls = []  # what goes to AWS is asserted beside; all else of the run is said
    assert carried <= CARRIERS
    assert canary not in everything_said(lab, up)
    assert canary not in log


def test_the_password_shows_nowhere(new_lab: Labs, caplog: pytest.LogCaptureFixture,
                                    capfd: pytest.CaptureFixture[str]) -> None:
    lab = new_lab()
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="tapctl")
    first = lab.up()
    carried = {call.operation for call in first.mutating if password(lab) in repr(call.params)}
    assert carried == {"CreateSecret", "CreateDBInstance"}  # the canary is the real one
    assert_secret(lab, first, caplog.text + "".join(capfd.readouterr()))


def test_nor_does_a_new_one(new_lab: Labs, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Deleted by hand: made again, and the database set to it."""
    lab = new_lab()
    lab.up()
    lab.raw("secretsmanager", EAST).delete_secret(SecretId=lab.place.secret_name, ForceDeleteWithoutRecovery=True)
    again = lab.up()
    assert again.failures == {}
    assert {call.operation for call in again.mutating if password(lab) in repr(call.params)} == {
        "CreateSecret", "ModifyDBInstance"}
    assert_secret(lab, again, caplog.text + "".join(capfd.readouterr()))
    assert lab.look()[2].changes == {}


def test_nor_when_the_call_that_carries_it_fails(new_lab: Labs, caplog: pytest.LogCaptureFixture,
                                                 capfd: pytest.CaptureFixture[str]) -> None:
    lab = new_lab()
    lab.meter.denied = {"CreateDBInstance"}
    first = lab.up()
    assert first.failures
    assert_secret(lab, first, caplog.text + "".join(capfd.readouterr()))
