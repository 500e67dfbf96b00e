"""The command line in process: what is refused, what it exits with, what it prints."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from stat import S_IMODE
from threading import Timer
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import typer

from tapctl import __version__, cli, operations, status, waiting
from tapctl import down as removal
from tapctl.commands import asking, manual
from tapctl.commands.options import Output
from tapctl.emulator import process
from tapctl.errors import Exit, UsageError
from tapctl.model import Aspect, Found
from tapctl.naming import tag_list
from tapctl.resources.table import Table
from tapctl.session import Session
from tests.markdown import parse, words
from tests.stage import EAST, WEST, Stage

COMMAND_LINE: Any = typer.main.get_command(cli.app)
COMMANDS = (*COMMAND_LINE.commands, "local start", "local stop", "local status", "local env")


class Typing(io.TextIOWrapper):
    """Somebody at a terminal; `after`: seconds that it takes them."""

    def __init__(self, line: str, after: float = 0) -> None:
        read, write = os.pipe()
        super().__init__(io.BufferedReader(io.FileIO(read)))
        Timer(after, self.type, (write, line)).start()

    @staticmethod
    def type(write: int, line: str) -> None:
        with open(write, "w") as keyboard:
            keyboard.write(f"{line}\n")

    def isatty(self) -> bool:
        return True


# ---------------------------------------------------------------- help and usage
@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(offline: Stage, command: str, flag: str) -> None:
    code, out, err = offline.run(*command.split(), flag)
    assert (code, err) == (0, "")
    assert f"Usage: tapctl{' ' * bool(command)}{command}" in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_help_is_in_groups_with_whole_summaries_and_examples(offline: Stage) -> None:
    lines = offline.run("--help")[1].splitlines()
    assert [line for line in lines if line.endswith(":") and line[0] != " "] == [
        "Build:", "Look:", "Take apart:", "This machine:", "Options:", "Examples:"]
    of_a_line = [line for line in lines if line.startswith("  ") and line.split()[0] in COMMAND_LINE.commands]
    assert len(of_a_line) == len(COMMAND_LINE.commands)
    assert all(line.endswith(".") and "..." not in line for line in of_a_line)
    lines = offline.run("up", "--help")[1].splitlines()
    assert [line for line in lines if line.endswith(":") and line[0] != " "] == [
        "Which stack:", "What it does:", "What it prints:", "Options:", "Examples:"]


def test_every_command_has_examples_and_they_are_taken() -> None:
    shown = [line.strip() for command in (COMMAND_LINE, *COMMAND_LINE.commands.values())
             for line in command.help.partition(manual.EXAMPLES)[2].splitlines()]
    taken = {parse(words(line.removeprefix("tapctl "))) for line in shown}
    assert taken >= {f"tapctl {name}" for name in COMMAND_LINE.commands} - {"tapctl local"}


def test_help_says_the_exit_codes(offline: Stage) -> None:
    said = " ".join(offline.run("--help")[1].split())
    assert ("Exit codes: 0 done, 1 failed, 2 usage, 3 configuration or credentials, 4 changes pending "
            "(plan, diff --detailed-exitcode), or others than planned (up --plan), 5 left over (down), "
            "130 interrupted, 143 terminated.") in said
    assert [code.value for code in Exit] == [0, 1, 2, 3, 4, 5, 130, 143]


def test_version(offline: Stage) -> None:
    assert offline.run("--version") == (0, f"tapctl {__version__}\n", "")


def test_nothing_said_is_answered_with_help(offline: Stage) -> None:
    for said in "", "local":
        code, out, err = offline.run(*said.split())
        assert (code, out) == (2, "")
        assert err.startswith(f"Usage: tapctl {said}".strip())
        assert "Error" not in err
        assert "mend" not in err


# ---------------------------------------------------------------- nobody to ask
def test_a_program_is_not_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Typing("y"))
    code, out, err = stage.run("up", "--env", "staging", "--output", "json")
    assert code == 2
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["started", "planned", "checked"]
    assert "there is nobody to ask" in err
    assert not stage.wires.meter.mutating


@pytest.mark.parametrize(("typed", "gone"), [("staging", True), ("Staging", False), ("", False)])
def test_down_asks_for_the_name(stage: Stage, monkeypatch: pytest.MonkeyPatch, typed: str, gone: bool) -> None:
    made = stage.session(regions=[EAST])
    made.aws.client("dynamodb").create_table(
        TableName=made.place.name(), BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        Tags=[{"Key": key, "Value": value} for key, value in made.place.tags(f"{EAST}/table").items()])
    assert stage.run("down", "--env", "staging")[0] == 2
    monkeypatch.setattr(sys, "stdin", Typing(typed))
    code, out, err = stage.run("down", "--env", "staging")
    assert "Data that is lost" in out
    assert f"{EAST}  table/{made.place.name()}" in out
    assert "Type the environment's name (staging) to go on" in out
    left = made.aws.client("dynamodb").list_tables()["TableNames"]
    assert (code, left) == ((0, []) if gone else (2, [made.place.name()]))
    assert gone or err == f"{typed!r} is not 'staging': nothing was removed\n"


def test_an_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", Typing("staging", after=0.3))
    assert asking.answered("Which? ") == "staging"
    assert capsys.readouterr().out == "Which? "


def test_down_where_the_stack_is_not(stage: Stage) -> None:
    code, _, err = stage.run("down", "--env", "staging", "--yes", "--region", "eu-west-1")
    assert code == 2
    assert err.startswith("--region eu-west-1: there is nothing of this stack\n")
    assert not stage.wires.meter.mutating


@pytest.mark.parametrize(("args", "seconds"), [("--quiet-seconds 0", 0), ("--quiet-seconds 7", 7), ("", 60)])
def test_down_certifies(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: str, seconds: int) -> None:
    monkeypatch.setattr(removal, "wait", lambda *_: None)
    code, out, err = stage.run("down", "--env", "staging", "--yes", "--certificate", "it.json", *args.split())
    assert (code, err) == (0, "")
    assert "it.json: nothing is left" in out
    written = json.loads((tmp_path / "it.json").read_text())
    assert (written["clean"], written["tapctl"], written["quiet_seconds"]) == (True, __version__, seconds)
    assert (written["emulated"], len(written["run"])) == (False, 12)


def test_down_of_nothing_asks_nobody(stage: Stage) -> None:
    code, out, err = stage.run("down", "--env", "staging", "--output", "json")
    assert (code, err) == (0, "")
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["started", "note", "planned", "ended"]


# ---------------------------------------------------------------- what it exits with
@pytest.mark.parametrize(("args", "code"), [
    ("plan", Exit.DONE), ("plan --detailed-exitcode", Exit.CHANGES), ("plan --output json", Exit.DONE)])
def test_plan_of_an_empty_account(stage: Stage, args: str, code: Exit) -> None:
    ended, out, err = stage.run(*args.split(), "--env", "staging")
    assert (ended, err) == (code, "")
    assert f"{EAST}/database" in out or "  + database" in out
    assert not stage.wires.meter.mutating


def test_a_plan_that_leaves_something_out_fails(stage: Stage) -> None:
    stage.wires.meter.denied = ("rds:DescribeDBSubnetGroups",)
    code, out, err = stage.run("plan", "--env", "staging", "--detailed-exitcode")
    assert (code, err) == (1, "")
    both = f"{EAST}/db_subnet_group, {WEST}/db_subnet_group"
    why = f"{both}: not allowed to look for it (rds:DescribeDBSubnetGroups), so it is neither made"
    assert why in out
    assert f"  ✗ {EAST}/database: it needs {EAST}/db_subnet_group\n" in out
    assert out.endswith("0 to delete; 4 left out.\n")
    assert not stage.wires.meter.mutating


def test_what_can_not_be_done_fails_and_changes_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "owned", lambda aws: [Found(f"{EAST}/table", "it", {"TableStatus": "ACTIVE"}, {})])
    monkeypatch.setattr(Table, "aspects", (Aspect("name", lambda r, out: 1, lambda aws, it: 2, None),))
    code, out, err = stage.run("plan", "--env", "staging", "--detailed-exitcode")
    assert (code, err) == (1, "")
    assert f"  ✗ {EAST}/table: name: 2 -> 1. It can't be changed in place." in out
    code, _, err = stage.run("up", "--env", "staging", "--yes")
    assert code == 1
    assert err.startswith("nothing was changed, because part of the plan can't be carried out\nreason: ")
    assert not stage.wires.meter.mutating


@pytest.mark.parametrize("code", [Exit.INTERRUPTED, Exit.TERMINATED, Exit.FAILED, Exit.LEFT_OVER])
def test_an_operations_code_is_the_commands(stage: Stage, monkeypatch: pytest.MonkeyPatch, code: Exit) -> None:
    monkeypatch.setattr(removal, "down", lambda *_: code)
    ended, _, err = stage.run("down", "--env", "staging", "--yes")
    assert ended == code
    assert ("the same command goes on from there" in err) is (code >= Exit.INTERRUPTED)
    assert "to go on: tapctl down --env staging --yes\n" in err


def test_what_somebody_else_holds_is_told_with_the_mend(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    passing, place, ec2 = count(0, 10.0), stage.session().place, stage.wires.raw("ec2", EAST)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: next(passing)))
    subnet = ec2.describe_subnets()["Subnets"][0]
    tags: list[Any] = [{"ResourceType": "security-group", "Tags": tag_list(place.tags(f"{EAST}/security_group/app"))}]
    group = ec2.create_security_group(GroupName=place.name("app"), Description="ours", VpcId=subnet["VpcId"],
                                      TagSpecifications=tags)["GroupId"]
    nic = ec2.create_network_interface(SubnetId=subnet["SubnetId"], Groups=[group], Description=(
        "AWS Lambda VPC ENI-report"))["NetworkInterface"]["NetworkInterfaceId"]
    code, out, err = stage.run("down", "--env", "staging", "--yes")
    assert (code, err) == (Exit.LEFT_OVER, "to go on: tapctl down --env staging --yes\n")
    chain = f"network interface {nic} <- function report (not this stack's)"
    assert f"{EAST}/security_group/app waits: function report (not this stack's) to let go of network interface" in out
    assert (f"{EAST}/security_group/app FAILED: {group} is left over: security group {group} <- {chain}. "
            "It is left alone: take it away or off there if it may go, and run `tapctl down` again\n") in out
    assert ec2.describe_network_interfaces(NetworkInterfaceIds=[nic])["NetworkInterfaces"][0]["Groups"]


def test_a_defect_is_not_hidden(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("DBInstanceStatus")

    monkeypatch.setattr(operations, "view", broken)
    with patch.object(sys, "argv", ["tapctl", "plan", "--env", "staging"]), pytest.raises(KeyError):
        cli.main()


# ---------------------------------------------------------------- status and outputs
def test_status_of_one_stack(stage: Stage) -> None:
    alone = {"TAPCTL_NETWORK__PEERING": "off"}  # nothing to note
    code, out, err = stage.run("status", "--env", "staging", "--region", WEST, environ=alone)
    assert (code, err) == (0, "")
    told = out.splitlines()
    assert (told[1].split(" ", 1)[1], told[2]) == ("nothing of TapStack/staging stands", WEST)
    assert EAST not in out.split(WEST, 2)[2]
    assert "  database                  missing" in out
    code, out, err = stage.run("status", "-o", "json", environ={"ENVIRONMENT": "staging"})
    rows = json.loads(out)
    assert code == 0
    assert {tuple(row) for row in rows} == {("key", "state", "id", "drift", "serves")}
    assert {"key": f"{EAST}/database", "state": "missing", "id": "", "drift": "", "serves": "no"} in rows
    assert "tapctl status TapStack/staging" in err


def test_status_of_all(stage: Stage) -> None:
    assert stage.run("status") == (0, "No stack shows by its tags.\n", "")
    assert stage.run("status", "-o", "json") == (0, "{}\n", "")
    stage.wires.raw("secretsmanager", WEST).create_secret(
        Name="one", SecretString="x", Tags=[{"Key": "tapctl:stack", "Value": "TapStack/[dev]"}])
    assert stage.run("status") == (0, f"TapStack/[dev]  {WEST}: 1\n", "")
    assert json.loads(stage.run("status", "-o", "json")[1]) == {"TapStack/[dev]": {WEST: 1}}
    assert {(run["command"], run["stack"]) for run in json.loads(stage.run("log", "-o", "json")[1])} == {
        ("status", "all stacks")}


STANDING = {"stack": "TapStack/staging", "account": "123456789012", "regions": {
    EAST: {"bucket_name": "east", "database_port": 5432}, WEST: {"bucket_name": "we st"}}}


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> None:
    def collect(session: Session) -> dict[str, Any]:
        return {**STANDING, "regions": {region: STANDING["regions"][region]  # type: ignore[index]
                                        for region in session.regions}}

    monkeypatch.setattr(status, "collect", collect)


@pytest.mark.usefixtures("standing")
def test_outputs(stage: Stage) -> None:
    def said(*args: str, **environ: str) -> str:
        code, out, err = stage.run("outputs", "--env", "staging", *args, environ=environ)
        assert (code, err) == (0, "")
        return out

    assert json.loads(said()) == STANDING
    assert list(json.loads(said("-f", "flat")).items())[:2] == [("bucket_name", "east"), ("stack", "TapStack/staging")]
    flat = json.loads(said("--format", "flat", BUCKET_REGION=WEST))
    assert next(iter(flat.items())) == ("bucket_name", "we st")
    assert flat["database_port_us_east_1"] == "5432"
    assert "BUCKET_NAME_US_WEST_2='we st'\n" in said("--format", "env")
    assert said("--format", "github", "--region", EAST) == (
        "bucket_name=east\nstack=TapStack/staging\naccount=123456789012\nbucket_name_us_east_1=east\n"
        "database_port_us_east_1=5432\n")


@pytest.mark.usefixtures("standing")
def test_outputs_to_a_file(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    assert stage.run("outputs", "--env", "staging", "--file", str(file)) == (0, "", "")
    assert json.loads(file.read_text()) == STANDING
    assert S_IMODE(file.stat().st_mode) == 0o600
    code, out, err = stage.run("outputs", "--env", "staging", "--file", str(tmp_path / "no" / "file"))
    assert (code, out) == (2, "")
    assert err.startswith(f"--file {tmp_path}/no/file can't be written\nreason: ")


# ---------------------------------------------------------------- the emulator
@pytest.mark.parametrize(("args", "scale", "told"), [
    ("", 0.04, "25 times as fast as AWS"), ("--speed instant", 0.0, "instant"), ("--speed inf", 0.0, "instant"),
    ("--speed 0.5", 2.0, "0.5 times as fast as AWS")])
def test_local(offline: Stage, monkeypatch: pytest.MonkeyPatch, args: str, scale: float, told: str) -> None:
    running: list[process.Emulator] = []

    def start(scale: float) -> process.Emulator:
        running[:] = running or [process.Emulator("http://127.0.0.1:1", "EMUL", 7, scale, "today")]
        return running[0]

    monkeypatch.setattr(process, "start", start)
    monkeypatch.setattr(process, "running", lambda: running[0] if running else None)
    monkeypatch.setattr(process, "stop", lambda: bool(running and running.pop()))
    described = f"http://127.0.0.1:1, {told}, process 7, since today\n"
    assert offline.run("local", "status") == (0, "not running\n", "")
    assert offline.run("local", "start", *args.split()) == (0, f"started: {described}", "")
    assert offline.run("local", "start", "--speed", "3") == (0, f"already running: {described}", "")
    assert offline.run("local", "status") == (0, f"running: {described}", "")
    assert running[0].scale == scale
    code, out, err = offline.run("local", "env", environ={"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "real"})
    assert (code, err) == (0, "")
    assert "unset AWS_PROFILE\n" in out
    assert "export AWS_ACCESS_KEY_ID=EMUL\n" in out
    assert "real" not in out
    assert offline.run("local", "stop") == (0, "stopped\n", "")
    assert offline.run("local", "stop") == (0, "it was not running\n", "")
    assert offline.run("local", "env") == (1, "", "the emulator does not run\nmend: tapctl local start\n")


@pytest.mark.parametrize("command", ["local start", "up --env staging --local --yes", "status --local"])
def test_without_the_emulator_it_says_how_to_get_it(offline: Stage, monkeypatch: pytest.MonkeyPatch, command: str,
                                                    tmp_path: Path) -> None:
    monkeypatch.setattr(process, "find_spec", lambda name: None)
    code, out, err = offline.run(*command.split(), environ={"TAPCTL_STATE_DIR": str(tmp_path)})
    assert (code, out) == (1, "")
    assert err.splitlines()[0] == "the emulator is not installed"
    assert err.splitlines()[-1].startswith("mend: install tapctl with it")
    assert "uv tool install '.[local]'" in err


@pytest.mark.parametrize("answer", ["y", "YES", "n", ""])
def test_the_plan_is_carried_out_only_after_yes(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(asking, "interactive", lambda *_: None)
    monkeypatch.setattr(asking, "answered", lambda _: answer)
    with nullcontext() if answer in ("y", "YES") else pytest.raises(typer.Abort):
        asking.approve(False, Output.TEXT)


def test_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    asking.approve(True, Output.JSON)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(UsageError, match="nobody to ask"):
        asking.approve(False, Output.TEXT)
