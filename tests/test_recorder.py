"""What is told of each API call, and that no secret is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from botocore import endpoint
from botocore.exceptions import ClientError, ReadTimeoutError

from faults.kinds import silence, throttled, unavailable
from tapctl import __version__
from tapctl.aws import Connections
from tapctl.emulator import inprocess
from tapctl.emulator.wire import Response
from tapctl.events import Called, Event, Retried
from tapctl.recorder import MOST, changes, named
from tapctl.working import KEY, working_on
from tests.conformance.lab import session
from tests.conformance.meter import Call, Sent, Way
from tests.stage import EAST, Stage


@pytest.fixture
def told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Event]]:
    """Nobody sleeps."""
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(time=time.time, sleep=lambda _: None))
    monkeypatch.setattr(inprocess, "respond", stage.wires.meter.respond)
    heard: list[Event] = []
    stage.wires.connections.recorder.tell = heard.append
    yield heard
    stage.wires.connections.recorder.tell = None


def ways(*faults: Callable[[Sent], Response]) -> Callable[[Call], Way | None]:
    """What becomes of the next attempts; all later ones arrive."""
    left = list(faults)
    return lambda _: left.pop(0) if left else None


def test_a_call_is_told_with_what_it_names_and_how_it_went(stage: Stage, told: list[Event]) -> None:
    kms = stage.wires.connections.client("kms", EAST)
    with working_on(f"{EAST}/kms_key"):
        key = kms.create_key(Description="a secret plan")["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId=key)
    with pytest.raises(ClientError):
        kms.describe_key(KeyId="alias/none")
    made, read, failed = told
    assert isinstance(made, Called)
    assert made == Called("kms", "CreateKey", EAST, f"{EAST}/kms_key", {}, ("Description",), changes=True,
                          seconds=made.seconds, status=200, request=made.request)
    assert made.seconds > 0
    assert made.request
    assert isinstance(read, Called)
    assert read == Called("kms", "DescribeKey", EAST, "", {"KeyId": key}, (), changes=False,
                          seconds=read.seconds, status=200, request=read.request)
    assert isinstance(failed, Called)
    assert (failed.status, failed.code, failed.names) == (400, "NotFoundException", {"KeyId": "alias/none"})
    assert "a secret plan" not in repr(told)


def test_attempts_that_are_made_again_are_told_at_once_and_with_the_call(stage: Stage, told: list[Event]) -> None:
    stage.wires.meter.fate = ways(throttled, silence, unavailable)
    reasons = "ThrottlingException", "ReadTimeoutError", "503"
    with working_on(f"{EAST}/table"):
        stage.wires.connections.client("dynamodb", EAST).list_tables()
    *again, called = told
    assert again == [Retried("dynamodb", "ListTables", EAST, f"{EAST}/table", n, why)
                     for n, why in enumerate(reasons, start=2)]
    assert isinstance(called, Called)
    assert (called.status, called.code, called.retries) == (200, "", reasons)


def test_so_is_a_call_that_is_given_up(stage: Stage, told: list[Event]) -> None:
    """One that isn't repeated, and one whose last attempt fails too."""
    for repeat, attempts in (False, 1), (True, 8):
        told.clear()
        stage.wires.meter.fate = lambda _: silence
        with pytest.raises(ReadTimeoutError):
            stage.wires.connections.client("dynamodb", EAST, repeat).list_tables()
        *again, called = told
        assert len(again) == attempts - 1
        assert isinstance(called, Called)
        assert (called.status, called.code, called.request) == (0, "ReadTimeoutError", "")
        assert called.retries == ("ReadTimeoutError",) * (attempts - 1)


def test_where_nobody_listens_nothing_is_told(stage: Stage, told: list[Event]) -> None:
    stage.wires.connections.recorder.tell = None
    stage.wires.meter.fate = ways(throttled)
    stage.wires.connections.client("dynamodb", EAST).list_tables()
    assert not told


@pytest.mark.parametrize(("service", "operation", "expected"), [
    ("ec2", "RunInstances", True), ("s3", "PutBucketPolicy", True), ("ec2", "DescribeVpcs", False),
    ("ssm", "PutParameter", False), ("sts", "AssumeRole", False), ("sso", "GetRoleCredentials", False)])
def test_which_change_something_of_the_stack(service: str, operation: str, expected: bool) -> None:
    model = SimpleNamespace(name=operation, service_model=SimpleNamespace(service_name=service))
    assert changes(model) is expected


def test_of_a_list_a_few_are_named() -> None:
    assert named("one") == "one"
    assert named(["a", "b"]) == "a, b"
    assert named([str(n) for n in range(MOST + 2)]) == "0, 1, 2 and 2 more"


def test_a_thread_works_on_one_thing_at_a_time() -> None:
    with working_on("outer"):
        with working_on("inner"):
            assert KEY.get() == "inner"
        assert KEY.get() == "outer"
    assert KEY.get() == ""


def test_aws_is_told_the_run(stage: Stage) -> None:
    """CloudTrail writes down the user agent."""
    agents: list[str] = []
    sts = Connections(session(), "c0ffee").client("sts", EAST)
    sts.meta.events.register_first(
        "before-send", lambda request, **_: agents.append(str(request.headers["User-Agent"])))
    sts.get_caller_identity()
    assert len(agents) == 1
    assert f" tapctl/{__version__} run/c0ffee" in agents[0]
