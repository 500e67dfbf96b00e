"""What stays on the terminal when a run is over."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.text import Text

from tapctl.events import Ahead, Began, Broke, Ended, Finished, Note, Outputs, Problem, Step, Wrote
from tapctl.render.final import lines, onward
from tapctl.render.run import Run
from tests.render.runs import BALANCER, COPY, KEY, MADE, heard
from tests.render.said import DB, EAST, EMULATED

ARGV = ("up", "--env", "staging", "--local", "--yes")
WELL = (*MADE, (250.0, Finished(BALANCER, "create", 149.0)), (300.0, Wrote(DB, "settings")),
        (900.0, Finished(DB, "create", 794.0)), (2000.0, Finished(COPY, "create", 1100.0)))


def said(run: Run, width: int = 80, argv: Sequence[str] = ARGV, verbose: bool = False) -> list[str]:
    return [(line if isinstance(line, Text) else Text.from_markup(line)).plain.rstrip()
            for line in lines(run, width, argv, verbose)]


def test_all_is_well() -> None:
    run = heard(*WELL, (2000, Outputs({EAST: {"table_name": "T[1]"}})), (2001, Ended("up", 0, 1901.0, {"create": 4})))
    assert said(run) == [
        "us-east-1  3 done",
        "  ✓ kms_key  5.0 s   ✓ load_balancer  2 min 29 s   ✓ database ◆  13 min 14 s",
        "us-west-2  1 done",
        "  ✓ database ◆  18 min 20 s",
        "",
        "us-east-1", "  table_name              T[1]",
        "",
        "◆ the whole run waited for us-east-1/database, us-west-2/database",
        "up done in 31 min 41 s: 4 created",
        "next: tapctl verify --env staging --local",
    ]
    assert f"  {DB} settings set" in said(run, verbose=True)
    assert said(run, 30)[1:4] == ["  ✓ kms_key              5.0 s", "  ✓ load_balancer   2 min 29 s",
                                  "  ✓ database ◆     13 min 14 s"]
    assert said(run, 75)[1:3] == ["  ✓ kms_key             5.0 s   ✓ database ◆  13 min 14 s",
                                  "  ✓ load_balancer  2 min 29 s"]


def test_a_failure() -> None:
    run = heard(*MADE, (111, Broke(DB, "full")), (112, Problem(DB, "full", "make [room]", blocks=(COPY,))),
                (113, Note("a [note]")), (114, Ended("up", 1, 14.0)))
    assert said(run) == [
        "us-east-1  1 failed, 1 done, 1 not ready",
        "  ✓ kms_key  5.0 s   ▸ load_balancer  not ready   ✗ database  failed",
        "us-west-2  1 left out",
        "  – database  left out",
        "",
        f"✗ {DB} FAILED: full", "    mend: make [room]", f"    not done because of it: {COPY}",
        "a [note]",
        "",
        "up ended with exit code 1 in 14 s",
    ]


def test_what_nothing_had_to_be_done_to() -> None:
    ahead = (0, Ahead((Step(KEY, "ready", "update"), Step(DB, "ready", "update"))))
    assert said(heard(ahead, (1, Ended("down", 0, 1.0))))[-1] == "down done in 1.0 s"
    assert said(heard(ahead, (1, Ended("up", 0, 1.0))))[1] == "  ✓ kms_key  as it was   ✓ database  as it was"
    assert said(heard(ahead, (1, Began(DB, "update")), (1, Ended("up", 130, 1.0))))[1] == (
        "  · kms_key  not begun   ▸ database  not ready")


def test_broken_off() -> None:
    """It has not come to its end: an error says why."""
    assert said(heard((0, EMULATED), (1, Ahead((Step(KEY, "gone", "delete"),))))) == [
        "us-east-1  1 not begun", "  · kms_key  not begun", ""]


@pytest.mark.parametrize(("command", "code", "argv", "then"), [
    ("up", 0, "up -e a --config=b -r x --region y --wait 3 -y", "tapctl verify -e a --config=b -r x --region y"),
    ("up", 0, "up", "tapctl verify"),
    ("up", 130, "up -e a", ""),
    ("down", 0, "down -e a", ""),
])
def test_the_next_command(command: str, code: int, argv: str, then: str) -> None:
    assert onward(command, code, argv.split()) == then
