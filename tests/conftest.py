"""An account in process for the tests of what stands around the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tapctl import waiting
from tapctl.emulator.inprocess import emulated
from tests.conformance.lab import Wires
from tests.stage import Stage


@pytest.fixture(scope="session")
def cli_wires() -> Wires:
    return Wires()


@pytest.fixture
def stage(cli_wires: Wires, capsys: pytest.CaptureFixture[str], tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An empty account, commands that run in an empty directory, and nobody who waits."""
    monkeypatch.chdir(tmp_path)
    cli_wires.meter.reset()
    with emulated() as world, patch.object(waiting, "gap", lambda waited: 0.001):
        yield Stage(world, cli_wires, capsys)
    cli_wires.meter.reset()


@pytest.fixture
def offline(cli_wires: Wires, capsys: pytest.CaptureFixture[str], tmp_path: Path,
            monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Commands that are answered before any call is made."""
    monkeypatch.chdir(tmp_path)
    return Stage(None, cli_wires, capsys)
