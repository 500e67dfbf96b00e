"""Two operators at once, and one who was killed."""

from __future__ import annotations

import json
import signal
from collections import Counter
from typing import Any

import pytest

from tests.cli.conftest import EAST, WEST, Account
from tests.cli.installed import Installed

pytestmark = pytest.mark.usefixtures("unfollowed_processes")

def locks(account: Account) -> list[dict[str, Any]]:
    found = account.raw("ssm").get_parameters_by_path(Path="/tapctl", Recursive=True)["Parameters"]
    return [{**one, "Value": json.loads(one["Value"])} for one in found]


def test_two_at_once_make_one_stack(account: Account, tapctl: Installed) -> None:
    env = ("--env", "both", "--local", "--yes")
    runs = [tapctl.begin("up", *env, "--wait", "5") for _ in range(2)]
    results = [run.end() for run in runs]
    assert [result.code for result in results] == [0, 0]
    assert sorted("created\n" in result.out for result in results) == [False, True]
    keys = [alias for region in (EAST, WEST) for alias in account.raw("kms", region).list_aliases()["Aliases"]
            if alias["AliasName"].startswith("alias/TapStack-both-")]
    assert len(keys) == 2
    made = Counter(call.split()[-1] for call in account.recorder.mutating)
    assert (made["CreateKey"], made["CreateDBInstance"], made["CreateDBInstanceReadReplica"]) == (2, 1, 1)
    assert locks(account) == []
    assert tapctl("down", *env).code == 0
    assert locks(account) == []


def test_a_killed_run_is_in_nobodys_way_here(slowly: Installed) -> None:
    env = ("--env", "killed", "--local", "--yes")
    up = slowly.begin("up", *env)
    up.until("database waits: creating")
    up.signalled(signal.SIGKILL)
    after = slowly("up", *env)
    assert after.code == 0
    assert "has the lock" not in after.out
    assert slowly("down", *env).code == 0


def test_one_that_is_alive_is_told_of_and_can_be_evicted(slowly: Installed) -> None:
    env = ("--env", "alive", "--local")
    up = slowly.begin("up", *env, "--yes")
    up.until("database waits: creating")
    up.process.send_signal(signal.SIGSTOP)
    nobody = slowly("unlock", *env)
    assert nobody.code == 2
    assert "the lock is held by `tapctl up`" in nobody.out
    assert "--yes evicts without asking" in nobody.err
    evicted = slowly("unlock", *env, "--yes")
    assert evicted.code == 0
    assert "evicted: `tapctl up` (run " in evicted.out
    assert "nobody has the lock of TapStack/alive" in slowly("unlock", *env, "--yes").out
    assert slowly("down", *env, "--yes").code == 0
    up.process.send_signal(signal.SIGCONT)
    up.signalled(signal.SIGKILL)
