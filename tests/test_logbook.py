"""The logs of earlier runs: which there are, which one is meant, and how it reads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from tapctl import logbook
from tapctl.errors import ConfigurationError, UsageError
from tapctl.events import Checked, Ended, Event, Finding, Note, Result
from tapctl.logbook import KILLED, LAST, RUNS, Run, find, read, runs
from tapctl.render.calls import fails
from tapctl.render.jsonl import line
from tapctl.render.logs import chosen, revived, run, table
from tapctl.runlog import RunLog
from tests.render.said import RUN
from tests.render.test_calls import AGAIN, MADE, READ, REFUSED
from tests.stage import Stage

CHECKED = Checked((Finding("quotas", "us-east-1", Result.WARNING, "few are left", "ask for more"),))


def kind(event: Event) -> str:
    return type(event).__name__.lower()


HEAD = {"at": "2026-11-29T05:00:00.000+00:00", "event": "run", "tapctl": "0.1.0", "command": "up",
        "stack": "TapStack/staging", "run": "0123456789ab"}


@pytest.fixture(autouse=True)
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path))
    return tmp_path / "runs"


CLOCK = count()


def begun(command: str, *events: Event) -> RunLog:
    """Each a second after the one before."""
    log = RunLog(command, "TapStack/staging", lambda _: None)
    log.head["at"] = (datetime(2026, 11, 29, 5, tzinfo=UTC) + timedelta(seconds=next(CLOCK))).isoformat()
    for event in events or (Note("one"),):
        log(event)
    return log


def ended(command: str, *events: Event, code: int = 0) -> str:
    """Its run."""
    log = begun(command, *events)
    log.end(code, ["it broke"] if code else [])
    return log.run


# ---------------------------------------------------------------- which there are
def test_the_newest_comes_first_with_what_became_of_it() -> None:
    made = [ended("up"), ended("plan", code=4), ended("down", code=1), ended("verify", code=77)]
    alive = begun("status")
    found = runs()
    assert [one.run for one in found] == [alive.run, *reversed(made)]
    assert [one.outcome for one in found] == [RUNS, "exit code 77", "failed", "changes", "done"]
    assert [one.seconds is None for one in found] == [True, False, False, False, False]
    alive.end(0)
    assert runs()[0].outcome == "done"


def test_one_without_an_end_was_killed(where: Path) -> None:
    """Its last line may have been cut off; a line that is too long to be looked at whole is none of an end."""
    killed = begun("up")
    os.close(killed.file)
    path, = where.iterdir()
    for more in b"", b'{"at": "2026', b"x" * logbook.TAIL:
        with path.open("ab") as file:
            file.write(more)
        (one,) = runs()
        assert (one.run, one.outcome, one.seconds) == (killed.run, KILLED, None)


def test_what_is_no_log_is_not_listed(where: Path) -> None:
    where.mkdir()
    for n, text in enumerate(("", "[]\n", '{"at": "now", "event": "note"}\n', "\0\xff\n")):
        (where / f"20261129T050000.00{n}Z-up-TapStack-staging-{n:012}.jsonl").write_text(text)
    (where / "notes.txt").write_text(json.dumps(HEAD))
    assert runs() == []
    with pytest.raises(ConfigurationError, match="is not the log of a run"):
        read(find(LAST))


def test_as_a_table() -> None:
    assert list(table([])) == ["There is no log of any run on this machine."]
    ended("up")
    ended("down", code=5)
    head, down, up = table(runs())
    assert head.split() == ["[bold]began", "command", "stack", "outcome", "took", "run[/]"]
    assert "[yellow]left over[/]" in down
    assert "[green]done     [/]" in up
    assert up.index("TapStack") == down.index("TapStack") == head.index("stack") - len("[bold]")


# ---------------------------------------------------------------- which one is meant
def test_a_run_is_named_by_how_its_id_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc1", "abd2", "def3":
        monkeypatch.setattr("tapctl.runlog.new_run", lambda name=name: f"{name}{'0' * 8}")
        ended("up")
    for wanted, meant in (LAST, "def3"), ("abc", "abc1"), ("abd200000000", "abd2"), ("d", "def3"):
        assert f"-{meant}" in find(wanted).name
    with pytest.raises(UsageError, match="2 runs begin with ab") as raised:
        find("ab")
    assert raised.value.reason == "abd200000000, abc100000000"
    for nothing in "x", "", "abc2":
        with pytest.raises(UsageError, match="there is no log of a run"):
            find(nothing)


# ---------------------------------------------------------------- how it reads
def test_a_run_reads_as_it_was_told() -> None:
    ended("up", *RUN, READ, MADE, REFUSED, AGAIN, code=1)
    lines = read(find(LAST))
    short, full = list(run(lines, calls=False)), list(run(lines, calls=True))
    assert {*short} < {*full}
    text = "\n".join(short)
    for part in ("tapctl 0.1.0, up TapStack/staging, run ", "EMULATOR at", "Plan: 1 to create", "database creating",
                 "database waits: backing-up", "database created after 3 min 07 s", "AccessDenied: [no]",
                 "stays: [a key]",
                 "rds:CreateDBInstance [db]: done in 0.46 s", "kms:CreateKey: LimitExceeded in 1.00 s",
                 "again, attempt 2: ThrottlingException", "it broke", "failed: exit code 1 after"):
        assert part in text
    assert "DescribeDBInstances" not in text
    assert "DescribeDBInstances" in "\n".join(full)
    assert all(one[:9].strip() == "" or float(one[:9]) >= 0 for one in short)
    assert text.replace("\n", "").isprintable()


def test_what_failed_in_it() -> None:
    ended("up", *RUN, READ, MADE, REFUSED, AGAIN, code=1)
    assert [one["event"] for one in chosen(read(find(LAST)), failed=True)] == [
        "run", *(told for told in map(kind, RUN) if told in ("broke", "problem")), "called", "retried", "exit"]
    ended("down", Ended("down", 143, 2.0), code=143)
    assert [one["event"] for one in chosen(read(find(LAST)), failed=True)] == ["run", "ended", "exit"]
    assert len(list(chosen(read(find(LAST)), failed=False))) == 3
    ended("plan", Ended("plan", 0, 1.0))
    assert [one["event"] for one in chosen(read(find(LAST)), failed=True)] == ["run", "exit"]


@pytest.mark.parametrize(("code", "changes", "expected"), [
    ("", True, False), ("NoSuchBucket", False, False), ("404", False, False), ("DBInstanceNotFound", False, False),
    ("NoSuchBucket", True, True), ("AccessDenied", False, True), ("ReadTimeoutError", True, True)])
def test_that_there_is_nothing_is_an_answer_to_who_looks(code: str, changes: bool, expected: bool) -> None:
    assert fails(code, changes) is expected


@pytest.mark.parametrize("event", [*RUN, READ, MADE, AGAIN, CHECKED], ids=kind)
def test_every_event_can_be_told_again(event: Event) -> None:
    again = revived(json.loads(json.dumps(line(event))))
    assert again is not None
    assert type(again) is type(event)
    assert json.dumps({**line(again), "at": ""}) == json.dumps({**line(event), "at": ""})


def test_of_another_version_s_lines_nothing_is_told() -> None:
    """And control characters are spelled out."""
    strange: list[dict[str, Any]] = [
        {**HEAD, "event": "danced"}, {**HEAD, "event": "note", "words": "x"},
        {"at": HEAD["at"], "event": "note", "text": "\x1b[2J"}]
    assert list(run([HEAD, *strange], calls=True))[1:] == ["     0.00  \\x1b[2J"]


# ---------------------------------------------------------------- the command
def test_the_command(offline: Stage) -> None:
    assert offline.run("log") == (0, "There is no log of any run on this machine.\n", "")
    first, second = ended("up", REFUSED, code=1), ended("plan")
    told: Callable[..., tuple[int, str, str]] = offline.run
    code, out, err = told("log")
    assert (code, err, len(out.splitlines())) == (0, "", 3)
    listed = json.loads(told("log", "--output", "json")[1])
    assert [(one["run"], one["outcome"]) for one in listed] == [(second, "done"), (first, "failed")]
    assert f"run {second}" in told("log", "last")[1]
    assert "LimitExceeded" in told("log", first[:6])[1]
    raw = [json.loads(one) for one in told("log", first, "-o", "json")[1].splitlines()]
    assert raw == read(find(first))
    assert told("log", first, "--failed")[1].count("\n") == 4


def test_the_list_fits_80_columns() -> None:
    longest = Run("2026-11-29T05:41:10.000+00:00", "outputs", "TapStack/production", "configuration", 902.0,
                  "0123456789ab")
    assert max(len(Text.from_markup(line).plain) for line in table([longest])) <= 80
