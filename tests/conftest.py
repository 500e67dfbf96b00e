"""An account in process for the tests of what stands around the command line."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from coverage import Coverage

from tapctl import alive, waiting
from tapctl.__main__ import COLLECT_AFTER
from tapctl.emulator.inprocess import emulated
from tapctl.errors import Exit
from tapctl.operations import up
from tapctl.resources import table
from tapctl.session import Session
from tests import tracing
from tests.conformance.lab import Wires
from tests.stage import EAST, Stage, yes


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exhaustive", action="store_true", help="faults at every call, each on its own")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "exhaustive: only with --exhaustive")
    gc.set_threshold(COLLECT_AFTER)  # as the command line does
    tracing.narrow()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--exhaustive"):
        items[:] = [item for item in items if not item.get_closest_marker("exhaustive")]


def pytest_xdist_auto_num_workers() -> int:
    """Two a core: now and then a test waits for its own threads, or for another process."""
    return 2 * (os.cpu_count() or 1)


def pytest_sessionfinish() -> None:
    """A process of pytest-xdist's that takes more than ten seconds to end is killed: what it has followed is kept."""
    if following := Coverage.current():
        following.save()


@pytest.fixture(scope="module")
def unfollowed_processes() -> Iterator[None]:
    """For tests whose commands are followed elsewhere, or in process."""
    with pytest.MonkeyPatch.context() as patch:
        tracing.unfollowed_processes(patch)
        yield


@pytest.fixture(scope="session")
def wires() -> Wires:
    return Wires()


@pytest.fixture
def stage(wires: Wires, capsys: pytest.CaptureFixture[str], tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An empty account, commands that run in an empty directory, and nobody who waits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path.with_name(f"{tmp_path.name}-state")))
    wires.meter.reset()
    with (emulated() as world, patch.object(waiting, "gap", lambda waited: 0.001),
          patch.object(table, "TAGS_LATE", 0.01), patch.object(alive, "LISTED", 0.0)):
        yield Stage(world, wires, capsys)
    wires.meter.reset()


@pytest.fixture
def one(stage: Stage) -> Session:
    """A stack in one region that stands, and the next command on it."""
    session = stage.session(regions=[EAST])
    assert up(session, yes) is Exit.DONE
    return stage.again(session)


@pytest.fixture
def offline(wires: Wires, capsys: pytest.CaptureFixture[str], tmp_path: Path,
            monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Commands that are answered before any call is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path.with_name(f"{tmp_path.name}-state")))
    return Stage(None, wires, capsys)
