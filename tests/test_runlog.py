"""A run's log: in the file once it is told, for the user alone, and never in a run's way."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from pathlib import Path
from stat import S_IMODE
from typing import Any, NoReturn

import pytest

from tapctl import __version__, runlog
from tapctl.events import Began, Called, Event, Note, Waits
from tapctl.logfiles import logs, name
from tapctl.render.jsonl import VERSION
from tapctl.runlog import RunLog

KEY = "us-east-1/table"
CALL = Called("dynamodb", "CreateTable", "us-east-1", KEY, {"TableName": "t"}, ("Tags",), changes=True, seconds=0.5,
              status=200)


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state/runs"


def silent(event: Event) -> None:
    """Nobody looks at the terminal."""


def written(where: Path) -> list[dict[str, Any]]:
    path, = where.iterdir()
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_event_is_in_the_file_once_it_is_told(where: Path) -> None:
    told: list[Event] = []
    log = RunLog("up", "TapStack/staging", told.append)
    assert not where.exists()
    events: tuple[Event, ...] = CALL, Note("é")
    for n, event in enumerate(events, start=2):
        log(event)
        assert len(written(where)) == n
    log.end(1, ["no", "mend: yes"])
    log(Note("too late"))
    head, call, note, end = written(where)
    assert {line["version"] for line in (head, call, note, end)} == {VERSION}
    assert (head["event"], head["tapctl"], head["command"], head["stack"], head["run"]) == (
        "run", __version__, "up", "TapStack/staging", log.run)
    assert (call["event"], call["operation"], call["names"], call["parameters"]) == (
        "called", "CreateTable", {"TableName": "t"}, ["Tags"])
    assert note["text"] == "é"
    assert (end["event"], end["exit_code"], end["error"]) == ("exit", 1, ["no", "mend: yes"])
    assert end["seconds"] >= 0
    assert told == [CALL, Note("é")]
    path, = where.iterdir()
    assert path.name.endswith(f"Z-up-TapStack-staging-{log.run}.jsonl")
    assert [S_IMODE(one.stat().st_mode) for one in (where, path)] == [0o700, 0o600]


def test_a_run_that_tells_nothing_leaves_none(where: Path) -> None:
    RunLog("up", "TapStack/staging", silent).end(2, ["no environment"])
    assert not where.exists()


def test_what_is_waited_for_is_told_once(where: Path) -> None:
    log = RunLog("up", "TapStack/staging", silent)
    for text in "creating", "creating", "backing-up", "creating":
        log(Waits(KEY, text, 1.0))
    log(Waits("us-east-1/database", "creating", 1.0))
    log.end(0)
    assert [line["text"] for line in written(where)[1:-1]] == ["creating", "backing-up", "creating", "creating"]


def test_lines_are_kept_for_who_asks_even_where_none_can_be_written(where: Path) -> None:
    where.parent.write_text("in the way")
    told: list[Event] = []
    log = RunLog("up", "TapStack/staging", told.append, keep=True)
    log(Began(KEY, "create"))
    log.end(0)
    assert isinstance(log.lost, FileExistsError)
    assert told == [Began(KEY, "create")]
    assert [line["event"] for line in log.lines or ()] == ["run", "began", "exit"]


def test_a_full_disk_ends_the_log_and_not_the_run(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    log = RunLog("up", "TapStack/staging", told.append)
    log(Note("one"))

    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        log(Note("two"))
    log(Note("three"))
    log.end(0)
    assert "No space" in str(log.lost)
    assert len(told) == 3
    assert [line["event"] for line in written(where)] == ["run", "note"]


def test_its_file_is_locked_while_the_run_goes_on(where: Path) -> None:
    log = RunLog("up", "TapStack/staging", silent)
    log(Note("one"))
    path, = where.iterdir()
    with path.open() as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        log.end(0)
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def earlier(where: Path, n: int, size: int) -> Path:
    path = where / name({"at": f"2026-01-01T00:00:{n:02}.000+00:00", "command": "up", "stack": "TapStack/staging",
                         "run": f"{n:012x}"})
    path.write_bytes(b"x" * size)
    return path


@pytest.mark.parametrize(("most", "size", "left"), [(3, 10**6, [5, 4]), (10, 9000, [5, 4, 3]), (10, 1, [])])
def test_the_oldest_are_removed(where: Path, monkeypatch: pytest.MonkeyPatch, most: int, size: int,
                                left: list[int]) -> None:
    """By their number and by their size; the newest, and what is no log, stay."""
    where.mkdir(parents=True)
    before = [earlier(where, n, 2500) for n in range(6)]
    (where / "notes.txt").write_text("mine")
    monkeypatch.setattr(runlog, "MOST", most)
    monkeypatch.setattr(runlog, "BYTES", size)
    log = RunLog("down", "TapStack/staging", silent)
    log(Note("one"))
    log.end(0)
    newest, *rest = logs(where)
    assert log.run in newest.name
    assert rest == [before[n] for n in left]
    assert (where / "notes.txt").exists()
