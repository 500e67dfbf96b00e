"""One emulator for all tests of a process, each with an environment's name of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from tapctl.emulator import process, statefile
from tests.cli.installed import Installed
from tests.cli.recorder import Recorder
from tests.conformance.account import inventory
from tests.tracing import unfollowed_processes

EAST, WEST = "us-east-1", "us-west-2"
FAST = 0.004  # of the clock on which states pass: the database of several zones takes three seconds


@dataclass(frozen=True)
class Account:
    """The emulated account, and the way to it that writes down every call."""

    emulator: process.Emulator
    recorder: Recorder

    def raw(self, service: str, region: str = EAST) -> Any:
        make: Any = boto3.client
        return make(service, region_name=region, endpoint_url=self.emulator.url, aws_secret_access_key="any",
                    aws_access_key_id=self.emulator.access_key)

    def inventory(self) -> frozenset[str]:
        return inventory(self.raw, (EAST, WEST))


@pytest.fixture(scope="session")
def start_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[float], process.Emulator]]:
    """Emulators with one clock or another, which end with the tests."""
    homes: list[Path] = []

    def start(scale: float) -> process.Emulator:
        homes.append(tmp_path_factory.mktemp("emulator"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TAPCTL_STATE_DIR", str(homes[-1]))
            unfollowed_processes(patch)  # moto is followed in a few other tests' emulators
            return process.start(scale)

    yield start
    for home in homes:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TAPCTL_STATE_DIR", str(home))
            process.stop()


@pytest.fixture(scope="session")
def account(start_emulator: Callable[[float], process.Emulator]) -> Iterator[Account]:
    emulator = start_emulator(0)
    recorder = Recorder(emulator)
    yield Account(emulator, recorder)
    recorder.close()


@pytest.fixture
def tapctl(account: Account, tmp_path: Path) -> Installed:
    """The command, for which the emulator is where the recorder is."""
    state = tmp_path / "state"
    state.mkdir()
    statefile.write(replace(account.emulator, url=account.recorder.url), state / "emulator.json")
    account.recorder.calls.clear()
    return Installed(tmp_path, {"TAPCTL_STATE_DIR": str(state)})


@pytest.fixture(scope="session")
def fast(start_emulator: Callable[[float], process.Emulator]) -> process.Emulator:
    """One whose states pass, quickly."""
    return start_emulator(FAST)


@pytest.fixture
def slowly(fast: process.Emulator, tmp_path: Path) -> Installed:
    """The command, for which states pass."""
    state = tmp_path / "state"
    state.mkdir()
    statefile.write(fast, state / "emulator.json")
    return Installed(tmp_path, {"TAPCTL_STATE_DIR": str(state), "TAPCTL_REGIONS": EAST})
