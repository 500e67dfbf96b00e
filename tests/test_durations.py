"""What steps usually take: as shipped, and as this machine remembers it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tapctl import durations
from tapctl.durations import FILE, KEPT, USUAL, Durations, here, names, remember, remembered
from tapctl.emulator import durations as aws
from tapctl.emulator import statefile
from tapctl.emulator.statefile import Emulator
from tapctl.events import Step
from tapctl.resources import KINDS
from tests.render.runs import BALANCER, COPY, STEPS
from tests.render.said import DB, EMULATED, STARTED, STRANGE


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path))
    return tmp_path


def test_what_times_are_kept_under() -> None:
    named = names(STEPS)
    assert named[f"{DB} ready"] == "database create ready"
    assert named[f"{COPY} ready"] == "database second create ready"
    assert named[f"{BALANCER} exists"] == "load_balancer create exists"
    down = names((Step(DB, "gone", "delete", (f"{COPY} gone",)), Step(COPY, "gone", "delete")))
    assert down == {f"{DB} gone": "database second delete gone", f"{COPY} gone": "database delete gone"}
    assert list(names((Step(DB, "ready", "wait"),)).values()) == ["database create ready"]


def test_as_shipped() -> None:
    known = Durations("aws", 0.5)
    assert known.usual("database create ready") == aws.DB_MULTI_ZONE / 2
    assert known.usual("database second create ready") == aws.DB_REPLICA / 2
    assert known.usual("database second update ready") == aws.DB_MODIFY / 2
    assert known.usual("endpoint/s3 create ready") == aws.GATEWAY_ENDPOINT / 2
    assert known.usual("endpoint/logs create ready") == aws.INTERFACE_ENDPOINT / 2
    assert known.usual("log_group create exists") == durations.BRIEF / 2


def test_only_of_kinds_that_there_are() -> None:
    kinds = {kind.kind for kind in KINDS}
    assert {name.split()[0].partition("/")[0] for name in USUAL} <= kinds
    assert {(*name.split()[-2:],) for name in USUAL} <= {
        ("create", "exists"), ("create", "ready"), ("update", "ready"), ("delete", "gone")}


def test_remembered(state: Path) -> None:
    for n in range(KEPT + 2):
        remember(here(STARTED), {"table create ready": float(n), f"bucket/{n} create ready": 1.0})
    known = here(STARTED)
    assert known.learned["table create ready"] == (2.0, 3.0, 4.0, 5.0, 6.0)
    assert known.usual("table create ready") == 4.0
    assert known.usual("bucket/0 create ready") == 1.0
    assert (state / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in state.iterdir()] == [FILE]


def test_each_clock_apart(state: Path) -> None:
    remember(here(STARTED), {"table create ready": 9.0})
    assert here(EMULATED) == Durations("emulator 1", 1.0)
    statefile.write(Emulator("http://127.0.0.1:1", "token", 1, 0.04, "now"), state / "emulator.json")
    remember(here(EMULATED), {"table create ready": 0.5})
    assert here(EMULATED) == Durations("emulator 0.04", 0.04, {"table create ready": (0.5,)})
    assert here(STARTED).usual("table create ready") == 9.0


def test_what_is_neither_is_not_remembered(state: Path) -> None:
    assert here(STRANGE) == Durations()
    remember(here(STRANGE), {"table create ready": 9.0})
    remember(here(STARTED), {})
    assert not list(state.iterdir())


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"aws": 3}', '{"aws": {"x": 3}}', '{"aws": {"x": ["a"]}}',
                                  '{"aws": {"x": [NaN]}}', '{"aws": {"x": [-1]}}', '{"aws": {"x": []}}',
                                  '{"aws": {"x": [[]]}}', "[" * 100_000])
def test_what_is_broken_is_as_if_it_were_not_there(state: Path, text: str) -> None:
    (state / FILE).write_text(text)
    assert not here(STARTED).learned
    remember(here(STARTED), {"table create ready": 9.0})
    assert json.loads((state / FILE).read_text())["aws"] == {"table create ready": [9.0]}


def test_where_nothing_can_be_written(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError("no space left")

    (state / FILE).mkdir()
    assert not remembered()
    remember(Durations("aws"), {"table create ready": 9.0})
    monkeypatch.setattr("builtins.open", full)
    remember(Durations("aws"), {"table create ready": 9.0})
    monkeypatch.setenv("TAPCTL_STATE_DIR", "/dev/null/none")
    assert here(STARTED) == Durations("aws", 1.0)
