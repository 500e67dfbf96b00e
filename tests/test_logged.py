"""The log that a command leaves: it alone tells the run, and nothing secret."""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections import Counter
from pathlib import Path
from stat import S_IMODE
from typing import Any, NoReturn

import pytest
import typer

from tapctl import operations, private
from tapctl.render.jsonl import VERSION
from tests.stage import EAST, WEST, Stage

BOTH = {"TAPCTL_REGIONS": f"{EAST},{WEST}"}
ONE = {"TAPCTL_REGIONS": EAST}


def state() -> Path:
    return Path(os.environ["TAPCTL_STATE_DIR"])


def logged() -> list[list[dict[str, Any]]]:
    """The lines of each run, the oldest first."""
    paths = sorted((state() / "runs").iterdir())
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in paths]


def ended(lines: list[dict[str, Any]]) -> tuple[str, int, list[str]]:
    return lines[0]["command"], lines[-1]["exit_code"], lines[-1]["error"]


def test_a_life(stage: Stage) -> None:
    """All calls are in the logs, each as its resource's, and no value that is secret."""
    script, signed, sent = "#!/bin/sh\nTOKEN=canary\n", set[str](), Counter[str]()

    def sending(request: Any, **_: Any) -> None:
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        signed.update(re.findall(r"X-Amz-Signature(?:=|%3D)(\w{64})", body))

    Path("boot.sh").write_text(script)
    Path("config.toml").write_text('[app]\nuser_data_file = "boot.sh"\n')
    client = stage.wires.connections.client("rds", WEST)
    client.meta.events.register_first("before-send.rds.CreateDBInstanceReadReplica", sending, "sending")
    try:
        assert stage.run("up", "--env", "staging", "--yes", "--timeline", "up.html", environ=BOTH)[0] == 0
    finally:
        client.meta.events.unregister("before-send.rds.CreateDBInstanceReadReplica", unique_id="sending")
    value = stage.wires.raw("secretsmanager", EAST).get_secret_value(SecretId=stage.session().place.secret_name)
    password = json.loads(value["SecretString"])["password"]
    sent.update(map(str, stage.wires.meter.calls))
    stage.wires.meter.calls.clear()
    assert stage.run("down", "--env", "staging", "--yes", environ=BOTH)[0] == 0
    up, down = logged()

    called = [line for line in up if line["event"] == "called"]
    assert Counter(f"{call['region']} {call['service']} {call['operation']}" for call in called) == sent
    assert sum(line["event"] == "called" for line in down) == len(stage.wires.meter.calls)
    assert all(call["key"] for call in called if call["changes"])
    assert {call["key"] for call in called if call["operation"] == "CreateTable"} == {
        f"{EAST}/table", f"{WEST}/table"}
    for lines in up, down:
        assert {line["version"] for line in lines} == {VERSION}
        told = [line["event"] for line in lines if line["event"] != "called"]
        assert [told[0], told[1], told[-2], told[-1]] == ["run", "started", "ended", "exit"]
        assert {"planned", "began", "finished"} <= {*told}
        assert lines[0]["run"] == next(line["run"] for line in lines if line["event"] == "started")
    assert ended(up) == ("up", 0, [])

    carried = [call for call in called if "MasterUserPassword" in call["parameters"]]
    assert carried, "the password is sent"
    assert signed, "a signed URL is sent"
    text = "".join(path.read_text() for path in (*(state() / "runs").iterdir(), Path("up.html")))
    for secret in password, "canary", b64encode(script.encode()).decode(), "VE9LRU4", *signed:
        assert secret not in text
    for trace in "AWS4-HMAC", "Authorization", "X-Amz-", "SecretBinary", "#!/bin":
        assert trace not in text


@pytest.mark.parametrize(("args", "code", "error"), [
    ("plan --detailed-exitcode", 4, []), ("doctor", 0, []), ("status", 0, []), ("outputs", 0, []),
    ("unlock --yes", 0, []), ("down --yes", 0, []),
    ("up", 2, ["there is nobody to ask", "reason: this is no terminal, or the output is for a program",
               "mend: --yes carries the plan out without asking"])])
def test_every_command_leaves_one(stage: Stage, args: str, code: int, error: list[str]) -> None:
    assert stage.run(*args.split(), "--env", "staging", environ=ONE)[0] == code
    lines, = logged()
    assert ended(lines) == (args.split()[0], code, error)
    assert any(line["event"] == "called" and line["operation"] == "GetCallerIdentity" for line in lines)


def test_a_run_that_fails_is_drawn_too_and_can_be_drawn_later(stage: Stage) -> None:
    stage.wires.meter.denied = {"CreateTable"}
    code, _, err = stage.run("up", "--env", "staging", "--yes", "--timeline", "it.html", environ=ONE)
    assert (code, err) == (1, "to go on: tapctl up --env staging --yes --timeline it.html\n")
    page = Path("it.html").read_text()
    assert "AccessDenied" in page
    assert S_IMODE(Path("it.html").stat().st_mode) == 0o600
    assert stage.run("log", "last", "--timeline", "later.html") == (0, "", "")
    assert Path("later.html").read_text() == page
    code, _, err = stage.run("log", "last", "--timeline", "no/where.html")
    assert (code, err.splitlines()[0]) == (2, "--timeline no/where.html can't be written")


def test_one_that_is_stopped_before_it_changes_anything_is_drawn(stage: Stage) -> None:
    assert stage.run("up", "--env", "staging", "--timeline", "it.html", environ=ONE)[0] == 2
    assert "there is nobody to ask" in Path("it.html").read_text()


def test_a_page_that_can_not_be_written_after_all_is_a_note(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError("no room")

    monkeypatch.setattr(private, "whole", full)
    code, out, err = stage.run("down", "--env", "staging", "--yes", "--timeline", "it.html", environ=ONE)
    assert (code, err) == (0, "--timeline it.html could not be written; reason: no room; mend: make room for it; "
                              "`tapctl log last --timeline FILE` draws it from the log\n")
    assert "down done" in out


def test_so_does_one_that_verifies(stage: Stage) -> None:
    assert stage.run("verify", "--env", "staging", "--only", "encryption", "--strict", environ=ONE)[0] == 1
    lines, = logged()
    assert ended(lines) == ("verify", 1, [])


def test_so_does_one_whose_plan_is_not_approved(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: object) -> NoReturn:
        raise typer.Abort

    monkeypatch.setattr("tapctl.commands.up.approve", no)
    assert stage.run("up", "--env", "staging", environ=ONE)[0] == 1
    lines, = logged()
    assert ended(lines) == ("up", 1, ["not approved"])


def test_a_defect_is_told_by_its_name_only(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(operations, "view", broken)
    with pytest.raises(RuntimeError):
        stage.run("plan", "--env", "staging", environ=ONE)
    lines, = logged()
    assert ended(lines) == ("plan", 1, ["RuntimeError"])


def test_where_none_can_be_written_one_note_says_so(stage: Stage) -> None:
    state().write_text("in the way")
    code, out, err = stage.run("unlock", "--env", "staging", "--yes", environ=ONE)
    assert code == 0
    assert "nobody has the lock" in out
    assert err == (f"this run's log could not be written: [Errno 17] File exists: '{state()}'; "
                   "TAPCTL_STATE_DIR can name another directory\n")
