"""`tapctl local`: started by itself or by `--local`, found again by every command, gone when told."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.cli.installed import Installed


def test_its_life(tmp_path: Path) -> None:
    tapctl = Installed(tmp_path, {"TAPCTL_STATE_DIR": str(tmp_path / "state")})
    assert tapctl("local", "status").out == "not running\n"
    started = tapctl("local", "start", "--speed", "instant")
    try:
        described = re.fullmatch(r"started: (http://127\.0\.0\.1:\d+, instant, process (\d+), since \S+)\n",
                                 started.out)
        assert described
        assert tapctl("local", "start").out == f"already running: {described[1]}\n"
        assert tapctl("local", "status").out == f"running: {described[1]}\n"
        stacks = tapctl("status", "--local")
        assert (stacks.code, stacks.out) == (0, "No stack shows by its tags.\n")
        assert stacks.err.startswith(f"EMULATOR at {described[1].split(',')[0]}: nothing here is real")
    finally:
        stopped = tapctl("local", "stop").out
    assert stopped == "stopped\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int(described[2]), 0)
    assert tapctl("local", "stop").out == "it was not running\n"
