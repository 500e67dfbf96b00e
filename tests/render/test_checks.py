"""Findings as people read them."""

from __future__ import annotations

import io
import json

from tapctl.events import Checked, Finding, Result
from tapctl.render import checks
from tapctl.render.jsonl import JsonLines
from tapctl.render.live import Live
from tapctl.render.plain import Plain, unmarked
from tests.render.said import EAST

FINDINGS = (
    Finding("account", "", Result.OK, "123456789012, as [me]"),
    Finding("clock", "", Result.WARNING, "61 s ahead", "set it"),
    Finding("zones", EAST, Result.UNKNOWN, "can't be checked: not allowed"),
    Finding("names", EAST, Result.PROBLEM, "taken: [table]", "remove [it]"),
)
COUNTS = "Checked: 1 fine, 1 to know, 1 wrong, 1 can't be checked"
COUNTED = "Checked: 1 wrong"
NOT_FINE = [
    "account", "  ! clock  61 s ahead", "           mend: set it",
    EAST, "  ? zones  can't be checked: not allowed", "  ✗ names  taken: [table]", "           mend: remove [it]",
    COUNTS]


def test_a_line_each() -> None:
    markup = list(checks.lines(FINDINGS))
    assert unmarked(markup) == [
        "account", "  ✓ account  123456789012, as [me]", "  ! clock    61 s ahead", "             mend: set it",
        EAST, "  ? zones    can't be checked: not allowed", "  ✗ names    taken: [table]",
        "             mend: remove [it]", COUNTS]
    assert [colour for line in markup for colour in ("green", "yellow", "red") if f"[{colour}]" in line] == [
        "green", "yellow", "yellow", "red"]


def test_only_what_is_not_fine() -> None:
    assert unmarked(checks.lines(FINDINGS, verbose=False)) == NOT_FINE
    assert unmarked(checks.lines(FINDINGS[:1], verbose=False)) == ["Checked: 1 fine"]


def test_lines_hang_at_a_terminals_width() -> None:
    assert unmarked(checks.lines(FINDINGS[3:], width=28)) == [
        EAST, "  ✗ names  taken: [table]", "           mend: remove [it]", COUNTED]
    assert unmarked(checks.lines(FINDINGS[2:3], width=34)) == [
        EAST, "  ? zones  can't be checked: not", "           allowed", "Checked: 1 can't be checked"]


def test_told_by_up() -> None:
    event, stream = Checked(FINDINGS), io.StringIO()
    assert Plain(stream).lines(event) == NOT_FINE
    assert len(Plain(stream, verbose=True).lines(event)) == len(NOT_FINE) + 1
    assert unmarked(Live(stream).said(event)) == NOT_FINE


def test_for_programs() -> None:
    stream = io.StringIO()
    JsonLines(stream)(Checked(FINDINGS))
    line = json.loads(stream.getvalue())
    assert line["event"] == "checked"
    assert line["findings"][1] == {
        "check": "clock", "region": "", "result": "warning", "seen": "61 s ahead", "mend": "set it"}
