"""The master password is in the secret and in two calls of AWS, and nowhere else. What signs a request is not shown
either, nor what instances start with."""

from __future__ import annotations

import io
import json
import logging
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tapctl.events import Event, Planned
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


@contextmanager
def quoted(lab: Lab, service: str, operation: str) -> Iterator[list[str]]:
    """AWS refuses the operation, and quotes all of the request. The requests that it quotes."""
    requests: list[str] = []

    def refuse(params: dict[str, Any], **_: Any) -> Any:
        requests.append(str(params["body"]))
        return SimpleNamespace(status_code=400), {"ResponseMetadata": {}, "Error": {
            "Code": "InvalidParameterValue", "Message": f"1 validation error detected: {params['body']}"}}

    clients = [lab.wires.connections.client(service, region) for region in lab.regions]
    events = [client.meta.events for client in clients]
    event = f"before-call.{clients[0].meta.service_model.service_id.hyphenize()}.{operation}"
    for one in events:
        one.register_last(event, refuse)
    try:
        yield requests
    finally:
        for one in events:
            one.unregister(event, refuse)


@pytest.mark.parametrize(("service", "operation"), [
    ("secretsmanager", "CreateSecret"), ("rds", "CreateDBInstance"), ("rds", "ModifyDBInstance")], ids=str)
def test_nor_when_aws_quotes_it(new_lab: Labs, service: str, operation: str) -> None:
    lab = new_lab(EAST)
    if operation == "ModifyDBInstance":
        lab.up()
        lab.raw("secretsmanager", EAST).put_secret_value(
            SecretId=lab.place.secret_name, SecretString='{"password": "anothervalue"}')
    with quoted(lab, service, operation) as requests:
        up = lab.up()
    canary, = re.findall(r'password[\\"]+: [\\"]+(\w{32})', requests[0]) or [password(lab)]
    assert canary in requests[0]
    up.calls = []
    assert "validation error detected" in everything_said(lab, up)
    assert canary not in everything_said(lab, up)


def test_what_signs_a_request_is_not_shown(new_lab: Labs) -> None:
    """A replica's creation carries a URL that is signed for the region of its source."""
    lab = new_lab()
    with quoted(lab, "rds", "CreateDBInstanceReadReplica") as requests:
        up = lab.up()
    signature, = re.findall(r"X-Amz-Signature=(\w{64})", requests[0])
    told = "".join(part for error in up.walk.failed.values() for part in problem(error))
    assert "X-Amz-Signature=(hidden)" in told
    assert signature not in told + rendered(up.told)


def test_nor_is_a_script_of_the_users(new_lab: Labs, tmp_path: Path) -> None:
    """Be it ever so short."""
    own, more = tmp_path / "boot.sh", dict[str, Any]()
    own.write_text("#!/bin/sh\nTOKEN=canary\n")
    more["app.user_data_file"] = own
    lab = new_lab(EAST, **more)
    up = lab.up()
    encoded = b64encode(own.read_bytes()).decode()
    made, = (call.params for call in up.mutating if call.operation == "CreateLaunchTemplate")
    assert made["LaunchTemplateData"]["UserData"] == encoded
    up.calls = []
    own.write_text("#!/bin/sh\nTOKEN=another\n")
    planned = lab.look()[2]
    assert "sha256" in rendered([Planned(tuple(planned.changes.values()))])
    for said in everything_said(lab, up), repr(planned), rendered([Planned(tuple(planned.changes.values()))]):
        assert "VE9LRU49" not in said  # TOKEN=, as base64 has it
        assert encoded not in said
