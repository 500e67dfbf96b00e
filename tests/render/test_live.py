"""The live view: lines, then a screen of its own while something is done, then a report."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from rich.console import Console

from tapctl.events import Ahead, Broke, Checked, Finding, Note, Outputs, Planned, Problem, Result
from tapctl.render import renderer
from tapctl.render.live import Live
from tapctl.render.plain import Plain
from tests.render.said import DB, EAST, RUN

LINES, COLUMNS = 24, 80
HOME, AWAY, HIDDEN, SHOWN = "\x1b[?1049l", "\x1b[?1049h", "\x1b[?25l", "\x1b[?25h"
FIRST = next(n for n, event in enumerate(RUN) if isinstance(event, Ahead))


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["tapctl", "up", "--local"])


@pytest.fixture
def live() -> Live:
    """On a terminal of 80 by 24 that is a file."""
    view = Live(io.StringIO())
    view.console = Console(file=view.console.file, highlight=False, emoji=False, force_terminal=True,
                           width=COLUMNS, height=LINES)
    return view


def written(live: Live) -> str:
    assert isinstance(live.console.file, io.StringIO)
    return live.console.file.getvalue()


def lines(text: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).splitlines()


BEFORE = [f"tapctl up TapStack/staging  account 123456789012  {EAST}",
          "EMULATOR at http://127.0.0.1:1: nothing here is real, nothing reaches AWS",
          f"{EAST}  1 to create", "  + database", "Good to know", "  [s3] is another's",
          "Plan: 1 to create, 0 to change, 0 to delete."]


def test_lines_before_and_after_the_screen(live: Live) -> None:
    with live as emit:
        for event in RUN:
            emit(event)
            assert (live.screen is not None) == (FIRST <= RUN.index(event) < len(RUN) - 1)
        emit(Note("said afterwards"))
    before, _, rest = written(live).partition(AWAY)
    assert lines(before) == BEFORE
    assert lines(rest.rpartition(HOME)[2]) == [
        f"{EAST}  1 failed, 2 done",
        "  ✓ database  3 min 07 s   ✓ table  10.0 s   ✗ kms_key  failed",
        "",
        f"✗ {EAST}/kms_key FAILED: AccessDenied: [no]", "    likely: may not", "    mend: allow it",
        f"    not done because of it: {EAST}/role",
        f"✗ {EAST}/bucket/logs FAILED: LimitExceeded",
        "stays: [a key]",
        EAST, "  table_name              TapStack",
        "",
        "up done in 1 min 01 s: 2 created, 1 deleted",
        "next: tapctl verify --local",
        "said afterwards",
    ]
    assert rest.rindex(SHOWN) > rest.rindex(HIDDEN)


def test_another_plan_on_the_way_is_seen(live: Live) -> None:
    """The terminal is given back for it, with what has been done so far: somebody may be asked."""
    with live as emit:
        for event in RUN[:FIRST + 1]:
            emit(event)
        emit(Broke(DB, "another was faster"))
        emit(Note("planned again"))
        emit(Planned(()))
        assert live.screen is None
        for event in RUN[FIRST:]:
            emit(event)
    _, done, rest = (lines(part.rpartition(HOME)[2]) for part in written(live).split(AWAY))
    assert done == [f"{EAST}  1 failed", "  ✗ database  failed", "", "planned again", "", "Nothing to do."]
    assert rest[0] == f"{EAST}  1 failed, 2 done"


def test_what_ends_without_having_begun(live: Live) -> None:
    findings = (Finding("a", "", Result.OK, "fine"), Finding("b", "", Result.PROBLEM, "[bad]"))
    with live as emit:
        for event in (Checked(findings), Problem(DB, "no [way]"), Outputs({}), RUN[-1]):
            emit(event)
    assert AWAY not in written(live)
    assert lines(written(live)) == [
        "account", "  ✗ b  [bad]", "Checked: 1 fine, 1 wrong", f"✗ {DB} FAILED: no [way]",
        "up done in 1 min 01 s: 2 created, 1 deleted"]


def test_it_gives_the_terminal_back_whatever_happens(live: Live) -> None:
    def broken_off() -> None:
        with live as emit:
            for event in RUN[:FIRST + 2]:
                emit(event)
            raise KeyError

    with pytest.raises(KeyError):
        broken_off()
    assert live.screen is None
    assert written(live).rindex(HOME) > written(live).rindex(AWAY)
    assert "not ready" in lines(written(live))[-2]


def test_it_is_suspended_and_goes_on(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-Z: a shell must not find itself on the other screen."""
    before, seen = signal.getsignal(signal.SIGTSTP), tmp_path / "seen"

    def stopped(process: int, number: int) -> None:
        assert (process, number) == (os.getpid(), signal.SIGSTOP)
        assert HOME in seen.read_text()
        seen.write_text("")

    with seen.open("a") as file, live as emit:
        emit(RUN[FIRST])
        assert live.screen
        assert signal.getsignal(signal.SIGTSTP) == live.screen.suspend
        monkeypatch.setattr(os, "kill", stopped)
        monkeypatch.setattr(live.console, "file", file)
        live.screen.suspend(signal.SIGTSTP, None)
        assert AWAY in seen.read_text()
    assert signal.getsignal(signal.SIGTSTP) == before


def test_a_thread_cannot_say_what_a_signal_does(live: Live) -> None:
    before = signal.getsignal(signal.SIGTSTP)
    thread = Thread(target=live, args=(RUN[FIRST],))
    thread.start()
    thread.join()
    assert live.screen
    assert signal.getsignal(signal.SIGTSTP) == before
    live.close()
    assert signal.getsignal(signal.SIGTSTP) == before


def test_more_ahead(live: Live) -> None:
    with live as emit:
        emit(RUN[FIRST])
        emit(RUN[FIRST])
    assert written(live).count(AWAY) == 1


def test_the_screen_is_drawn_at_the_terminals_size_at_any_time(live: Live) -> None:
    with live as emit:
        for event in RUN[:FIRST + 2]:
            emit(event)
        assert live.screen
        for width, height in ((COLUMNS, LINES), (60, 7)):
            terminal = Console(width=width, height=height, file=io.StringIO())
            with terminal.capture() as capture:
                terminal.print(live.screen)
            shown = capture.get().splitlines()
            assert len(shown) == 7
            assert max(map(len, shown)) == width


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """All that a terminal of this name gets of a run."""

    def told(name: str) -> str:
        monkeypatch.setenv("TERM", name)
        here, there = pty.openpty()
        seen = ""
        with os.fdopen(there, "w") as stream, renderer("text", stream) as emit:
            assert isinstance(emit, Plain if name == "dumb" else Live)
            for event in RUN:
                emit(event)
                time.sleep(0.01)  # a terminal takes what it is given
                while select.select([here], [], [], 0)[0]:
                    seen += os.read(here, 4096).decode()
        os.close(here)
        return seen

    return told


def test_a_terminal_gets_it_and_its_cursor_back(on_terminal: Callable[[str], str]) -> None:
    seen = on_terminal("xterm-256color")
    assert "EMULATOR at http://127.0.0.1:1" in seen
    assert seen.index(AWAY) < seen.index(HOME)
    assert seen.rindex(SHOWN) > seen.rindex(HIDDEN)


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(on_terminal: Callable[[str], str]) -> None:
    assert "\x1b" not in on_terminal("dumb")
