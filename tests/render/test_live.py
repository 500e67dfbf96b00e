"""The live view: what is done scrolls up, what goes on stays below and within the terminal."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import time

import pytest
from rich.console import Console

from tapctl.events import Began, Event, Finished, Waits, Wrote
from tapctl.render import renderer
from tapctl.render.live import MARGIN, Live
from tests.render.said import DB, EAST, RUN

LINES, COLUMNS = 24, 80


@pytest.fixture
def live() -> Live:
    """On a terminal of 80 by 24 that is a file."""
    view = Live(io.StringIO())
    view.console = Console(file=view.console.file, highlight=False, emoji=False, force_terminal=True,
                           width=COLUMNS, height=LINES)
    view.live.console = view.console
    return view


def test_nothing_begun_nothing_below(live: Live) -> None:
    with live as emit:
        emit(RUN[0])
    assert "\x1b[?25" not in live.console.file.getvalue()  # type: ignore[attr-defined]


def frame(live: Live) -> list[str]:
    """What stands below now."""
    with live.console.capture() as capture:
        live.console.print(live, end="")
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in capture.get().splitlines()]


def test_a_terminal_gets_it_and_its_cursor_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    here, there = pty.openpty()
    with os.fdopen(there, "w") as stream:
        with renderer("text", stream) as emit:
            assert isinstance(emit, Live)
            for event in RUN[:5]:
                emit(event)
            assert emit.live.is_started
        assert not emit.live.is_started
        seen = ""
        while select.select([here], [], [], 0)[0]:
            seen += os.read(here, 4096).decode()
        os.close(here)
    assert "EMULATOR at http://127.0.0.1:1" in seen
    assert seen.rindex("\x1b[?25h") > seen.rindex("\x1b[?25l")


@pytest.mark.parametrize(("verbose", "writes"), [(False, []), (True, [f"  {DB} settings set"])])
def test_what_scrolls_up(live: Live, verbose: bool, writes: list[str]) -> None:
    live.verbose = verbose
    printed: list[str] = []
    for event in RUN:
        printed += live.took(event)
    with live.console.capture() as capture:
        for line in printed:
            live.console.print(line, soft_wrap=True)
    said = re.sub(r"\x1b\[[0-9;]*m", "", capture.get()).splitlines()
    assert said == [
        f"tapctl up TapStack/staging  account 123456789012  {EAST}",
        "EMULATOR at http://127.0.0.1:1: nothing here is real, nothing reaches AWS",
        f"{EAST}  1 to create", "  + database", "Good to know", "  [s3] is another's",
        "Plan: 1 to create, 0 to change, 0 to delete.",
        *writes,
        f"✓ {DB} created 3 min 07 s",
        f"✓ {EAST}/table ready 10.0 s",
        f"✗ {EAST}/kms_key FAILED: AccessDenied: [no]", "    likely: may not", "    mend: allow it",
        f"    not done because of it: {EAST}/role",
        f"✗ {EAST}/bucket/logs FAILED: LimitExceeded",
        "stays: [a key]",
        EAST, "  table_name              TapStack",
        "up done in 1 min 01 s: 2 created, 1 deleted",
    ]
    assert live.active == {}


def test_it_is_there_from_the_first_beginning_to_the_end(live: Live) -> None:
    started = []
    for event in RUN:
        live(event)
        started.append(live.live.is_started)
    first = next(n for n, event in enumerate(RUN) if isinstance(event, Began))
    assert started == [False] * first + [True] * (len(RUN) - first - 1) + [False]


def test_what_goes_on(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    events: list[Event] = [Began(f"{EAST}/table", "update"), Began(DB, "create"), Waits(DB, "backing-up [1]", 3.0),
                           Waits(f"{EAST}/role", "to be gone", 70.0), Wrote(DB, "x")]
    for event in events:
        live.took(event)
    now += 12
    assert [line.rstrip() for line in frame(live)] == [
        f"  {EAST}/role        1 min 22 s  updating: to be gone",
        f"  {EAST}/table             12 s  updating",
        f"  {DB}          12 s  creating: backing-up [1]",
    ]
    live.took(Finished(DB, "create", 12.0))
    assert len(frame(live)) == 2


def test_it_stays_within_the_terminal(live: Live) -> None:
    many = LINES * 2
    for n in range(many):
        live.took(Began(f"{EAST}/{'long_kind_' * 9}{n:03}", "create"))
    lines = frame(live)
    assert len(lines) == LINES - MARGIN + 1
    assert lines[-1] == f"  and {many - (LINES - MARGIN)} more"
    assert max(map(len, lines)) <= COLUMNS
    live.console.height = 2
    assert frame(live)[-1] == f"  and {many - 1} more"
