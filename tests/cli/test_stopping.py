"""Ctrl-C, SIGTERM, a reader that leaves: it ends soon, says what stands, and the next run goes on from there."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter

import pytest

from tests.cli.conftest import EAST, Account
from tests.cli.installed import COMMAND, Installed

pytestmark = pytest.mark.usefixtures("unfollowed_processes")

SOON = 7.0  # seconds


def test_up_stopped_while_a_database_is_made(slowly: Installed) -> None:
    env = ("--env", "stopped", "--local")
    up = slowly.begin("up", *env, "--yes")
    up.until("database waits: creating")
    assert up.signalled(signal.SIGINT) < SOON
    result = up.end()
    assert result.code == 130
    assert "up ended with exit code 130 in" in result.out
    assert "what was begun stands as it is; the same command goes on from there" in result.err

    status = {row["key"]: row["state"] for row in json.loads(slowly("status", *env, "--output", "json").out)}
    assert status["us-east-1/database"] in ("creating", "backing-up", "available")
    converged = slowly("up", *env, "--yes")
    assert converged.code == 0
    assert slowly("plan", *env, "--detailed-exitcode").code == 0

    down = slowly.begin("down", *env, "--yes")
    down.until("database waits: to be gone")
    assert down.signalled(signal.SIGTERM) < SOON
    result = down.end()
    assert result.code == 143
    assert "kms_key FAILED: " in result.out
    assert "is left over: the run was stopped before it was gone" in result.out
    assert slowly("down", *env, "--yes").code == 0


def killed_at(account: Account, tapctl: Installed, nth: int, command: str, *env: str) -> None:
    """Run it, and kill it when its nth change has taken effect, before it hears of that."""
    account.recorder.calls.clear()
    run = tapctl.begin(command, *env)

    def kill() -> None:
        if len(account.recorder.mutating) >= nth:
            run.process.kill()

    account.recorder.upon = kill
    try:
        assert run.end().code == -signal.SIGKILL
    finally:
        account.recorder.upon = int


def test_killed_as_processes_are(account: Account, tapctl: Installed) -> None:
    """A sample, with real processes, of what `make crash-test` tries at every change."""
    before, env, made = account.inventory(), ("--env", "killed", "--local", "--yes"), Counter[str]()
    for nth in (4, 40, 20):
        killed_at(account, tapctl, nth, "up", *env)
        made.update(call.split()[-1] for call in account.recorder.mutating)
    account.recorder.calls.clear()
    assert tapctl("up", *env).code == 0
    made.update(call.split()[-1] for call in account.recorder.mutating)
    assert (made["CreateKey"], made["CreateVpcEndpoint"], made["CreateDBInstance"]) == (2, 6, 1)
    assert tapctl("plan", *env[:-1], "--detailed-exitcode").code == 0
    for nth in (4, 20):
        killed_at(account, tapctl, nth, "down", *env)
    assert tapctl("down", *env).code == 0
    assert account.inventory() == before
    assert account.raw("ssm").get_parameters_by_path(Path="/tapctl", Recursive=True)["Parameters"] == []


def test_a_second_signal_ends_it_at_once(slowly: Installed) -> None:
    env = ("--env", "aborted", "--local")
    up = slowly.on_terminal("up", *env, "--yes")
    up.shows("database")
    up.until(lambda: "creating" in up.text)
    up.process.send_signal(signal.SIGINT)
    up.process.send_signal(signal.SIGTERM)  # two of one kind may arrive as one
    assert up.end() == 143
    assert up.screen.rindex("\x1b[?25h") > up.screen.rindex("\x1b[?25l")  # the cursor is back
    assert slowly("down", *env, "--yes").code == 0


@pytest.mark.parametrize("command", ["up --yes", "doctor", "status", "outputs"])
def test_a_reader_that_leaves(account: Account, tapctl: Installed, command: str) -> None:
    """`| head -1`: what changes something goes on to its end all the same."""
    tapctl.environ["TAPCTL_REGIONS"] = EAST
    run = subprocess.Popen([COMMAND, *command.split(), "--env", "head", "--local"], cwd=tapctl.home, text=True,
                           env=tapctl.variables({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.readline()
    run.stdout.close()
    said = run.stderr.read()
    run.stderr.close()
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    code = run.wait(60)
    if command == "up --yes":
        assert code == 0
        assert account.raw("dynamodb").list_tables()["TableNames"].count("TapStack-head-us-east-1") == 1
        assert account.raw("rds").describe_db_instances(DBInstanceIdentifier="tapstack-head-us-east-1")["DBInstances"]
