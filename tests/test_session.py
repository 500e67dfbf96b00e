"""What every command needs before it can start."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tapctl import aws, session
from tapctl.emulator import process
from tapctl.errors import Exit, Interrupted, Terminated
from tapctl.events import Called, Event, Started
from tapctl.session import GIVE_BACK, SIGNALS, Stop, start, use_emulator, worked_on
from tests.conformance.lab import settings
from tests.stage import EAST, WEST, Stage


# ---------------------------------------------------------------- stopping
@pytest.mark.parametrize(("number", "error", "code"), [
    (signal.SIGINT, Interrupted, 130), (signal.SIGTERM, Terminated, 143)])
def test_a_signal_before_anything_is_changed_ends_it(number: signal.Signals, error: type[Interrupted],
                                                     code: int) -> None:
    stop = Stop()
    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match="nothing was changed") as raised, stop.listening():
        signal.raise_signal(number)
    assert type(raised.value) is error
    assert (raised.value.exit_code, stop.exit_code, stop.is_set()) == (code, code, True)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("terminal", [True, False])
def test_while_things_change_the_first_is_heard_and_the_second_ends_it(
        number: signal.Signals, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Any] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(os, "write", lambda *what: ended.append(what))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: terminal, fileno=lambda: 7))
    stop = Stop()
    stop.changing = True
    with stop.listening():
        signal.raise_signal(number)
        assert stop.is_set()
        assert stop.exit_code is SIGNALS[number]
        assert not ended
        signal.raise_signal(signal.SIGTERM)
    assert ended == [(7, GIVE_BACK)] * terminal + [Exit.TERMINATED]


# ---------------------------------------------------------------- regions
@pytest.mark.parametrize(("command", "chosen", "expected"), [
    ("up", [], [EAST, WEST]), ("up", [WEST, EAST], [EAST, WEST]), ("plan", [WEST, WEST], [WEST]),
    ("down", [], [EAST, WEST]), ("down", ["eu-west-1", WEST, WEST], ["eu-west-1", WEST])])
def test_regions_worked_on(command: str, chosen: list[str], expected: list[str]) -> None:
    assert list(worked_on(command, settings(EAST, WEST), chosen)) == expected


# ---------------------------------------------------------------- the emulator
def test_with_the_emulator_nothing_of_the_users_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def started(scale: float) -> process.Emulator:
        asked.append(scale)
        return process.Emulator("http://127.0.0.1:1", "EMUL", 7, scale, "today")

    monkeypatch.setattr(process, "start", started)
    environ = {"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_S3": "https://real", "AWS_SESSION_TOKEN": "real",
               "AWS_CA_BUNDLE": "/x", "HOME": "/home/me", "NO_PROXY": "internal"}
    assert use_emulator(environ) == "http://127.0.0.1:1"
    assert asked == [0.04]
    assert {name: value for name, value in environ.items() if not name.startswith("AWS_")} == {
        "HOME": "/home/me", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    assert {name for name in environ if name.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
    assert environ["AWS_ACCESS_KEY_ID"] == "EMUL"
    assert environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


# ---------------------------------------------------------------- the account
def test_it_says_what_is_about_to_be_done(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "connect", lambda run, region: stage.wires.connections)
    told: list[Event] = []
    stop = Stop()
    made = start("up", settings(EAST, WEST), [WEST], told.append, stop, emulated=False)
    asked, started = told
    assert isinstance(asked, Called)
    assert asked.operation == "GetCallerIdentity"
    assert isinstance(started, Started)
    assert started == Started("up", "TapStack/production", "123456789012", (WEST,), started.run)
    assert len(started.run) == 12
    assert start("up", settings(EAST), [], told.append, stop, emulated=False, run="c0ffee").run == "c0ffee"
    stage.wires.connections.recorder.tell = None
    assert (made.regions, made.stop, made.place.region, made.place.partition) == ([WEST], stop, EAST, "aws")


@pytest.mark.parametrize(("lines", "expected"), [
    ("", ""),
    ("use_dualstack_endpoint = true", ""),
    ("use_fips_endpoint = true", ""),
    ("endpoint_url = https://proxy.example", "https://proxy.example"),
    ("services = mine\n[services mine]\ns3 =\n  endpoint_url = https://minio.example", "https://minio.example"),
    ("endpoint_url = nothing\nignore_configured_endpoint_urls = true", ""),
    ("services = mine\n[services mine]\ns3 = nothing", ""),
])
def test_strange_endpoints_of_a_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str,
                                        expected: str) -> None:
    file = tmp_path / "config"
    file.write_text(f"[default]\n{lines}\n")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    assert aws.strange_endpoints(aws.connect(), EAST) == expected


def test_strange_endpoints_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "")
    assert aws.strange_endpoints(aws.connect(), EAST) == "http://127.0.0.1:9000"
    for region in "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1":
        assert aws.strange_endpoints(aws.connect(), region) == "http://127.0.0.1:9000"
