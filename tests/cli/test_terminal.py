"""On a terminal: what is asked, and what the screen looks like meanwhile."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import EAST, Account
from tests.cli.installed import COLUMNS, ESCAPE, LINES, Installed

pytestmark = pytest.mark.usefixtures("unfollowed_processes")
OWN = re.compile(r"\x1b\[\?1049h(.*)\x1b\[\?1049l", re.DOTALL)  # the screen that the live view has to itself


def test_asked_and_done(account: Account, tapctl: Installed) -> None:
    env = ("--env", "asked", "--local")
    tapctl.environ["TAPCTL_REGIONS"] = EAST
    refused = tapctl.on_terminal("up", *env)
    refused.shows("Carry this out? [y/N]: ")
    assert "EMULATOR" in refused.text
    assert "to create, 0 to change, 0 to delete" in refused.text
    refused.type("n\n")
    assert refused.end() == 1
    assert "Aborted" in refused.text
    assert not account.recorder.mutating

    stopped = tapctl.on_terminal("up", *env)
    stopped.shows("Carry this out? [y/N]: ")
    stopped.type("\x03")
    assert stopped.end() == 130
    assert "stopped: nothing was changed" in stopped.text
    assert not account.recorder.mutating

    done = tapctl.on_terminal("up", *env)
    done.shows("Carry this out? [y/N]: ")
    done.type("y\n")
    assert done.end() == 0
    assert "up done in" in done.text
    assert account.recorder.mutating
    (own,) = OWN.findall(done.screen)
    for drawn in own.split("\x1b[H")[1:]:
        lines = ESCAPE.sub("", drawn).splitlines()
        assert len(lines) <= LINES
        assert max(map(len, lines), default=0) <= COLUMNS
    assert re.search(r"us-east-1 +\d+ (done|under way)", ESCAPE.sub("", own))
    assert "next: tapctl verify --env asked --local" in done.text.rpartition("up done in")[2]
    assert done.screen.rindex("\x1b[?25h") > done.screen.rindex("\x1b[?25l")  # the cursor is back

    account.recorder.calls.clear()
    wrong = tapctl.on_terminal("down", *env)
    wrong.shows("Type the environment's name (asked) to go on: ")
    wrong.type("staging\n")
    assert wrong.end() == 2
    assert "'staging' is not 'asked': nothing was removed" in wrong.text
    assert not account.recorder.mutating

    right = tapctl.on_terminal("down", *env, NO_COLOR="1")
    right.shows("Type the environment's name (asked) to go on: ")
    right.type("asked\n")
    assert right.end() == 0
    assert "down done in" in right.text
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", right.screen)  # lines come and go, in no colour
