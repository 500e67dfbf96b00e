"""The page of a run: what is on it, that text stays text, and that it works in a browser, light, dark, narrow, wide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tapctl.errors import printable
from tapctl.events import (
    Ahead,
    Began,
    Broke,
    Called,
    Change,
    Ended,
    Event,
    Finished,
    Made,
    Note,
    Planned,
    Problem,
    Retried,
    Started,
    Step,
    Waits,
    Wrote,
)
from tapctl.render.jsonl import line
from tapctl.render.timeline import Chart, page
from tapctl.runlog import Line
from tests.browser import CHROMIUM, browser

EAST, WEST = "us-east-1", "us-west-2"
KMS, DB, REPLICA, TABLE = f"{EAST}/kms_key", f"{EAST}/database", f"{WEST}/database", f"{EAST}/table"
HOSTILE = "</script><img src=x onerror=alert(1)>&amp;\u2028'\"" + "x" * 300
READ = Called("rds", "DescribeDBInstances", EAST, DB, {}, (), changes=False, seconds=0.5, status=200)
MADE = Called("rds", "CreateDBInstance", EAST, DB, {"DBInstanceIdentifier": HOSTILE}, ("Tags",), changes=True,
              seconds=2, status=200, request="abc", retries=("ThrottlingException",))
DENIED = replace(MADE, service="dynamodb", operation="CreateTable", key=TABLE, status=400, code="AccessDenied",
                 retries=())
LOCK = replace(READ, service="ssm", operation="GetParametersByPath", key="", code="AccessDenied", status=400)
LIFE: tuple[tuple[float, Event], ...] = (
    (0.5, replace(READ, key="")),
    (1, Started("up", "TapStack/staging", "123456789012", (EAST, WEST), "c0ffee", "http://127.0.0.1:1", emulated=True)),
    (4, Planned((Change(DB, "create"),))),
    (4.5, LOCK),
    (9, Planned((Change(DB, "create"),))),
    (10, Ahead((Step(KMS, "exists", "create"), Step(KMS, "ready", "create", (f"{KMS} exists",)),
                Step(TABLE, "exists", "create"),
                Step(DB, "exists", "create", (f"{KMS} exists", f"{TABLE} nowhere")),
                Step(DB, "ready", "create", (f"{DB} exists",)),
                Step(REPLICA, "exists", "create", (f"{DB} ready", f"{KMS} ready"))))),
    (10, Began(KMS, "create")),
    (12, Made(KMS, "id")),
    (12.5, Wrote(KMS, "policy")),
    (13, Finished(KMS, "create", 3)),
    (13, Began(DB, "create")),
    (13, Began(TABLE, "create")),
    (14, Retried("rds", "CreateDBInstance", EAST, DB, 2, "ThrottlingException")),
    (15, MADE),
    (15, Made(DB, "id")),
    (15, Waits(DB, "creating", 0)),
    (16, DENIED),
    (16, Broke(TABLE, "AccessDenied")),
    (400, READ),
    (600, Waits(DB, "backing-up", 585)),
    (700, Finished(DB, "create", 687)),
    (700, Began(REPLICA, "create")),
    (900, Waits(REPLICA, "creating", 1)),
    (910, Problem(TABLE, HOSTILE, "allow it", blocks=(REPLICA,))),
    (910, Note("a note")),
    (911, Ended("up", 1, 911, {"create": 2})),
)


def lines(told: Iterable[tuple[float, Event]], code: int | None = 1, error: Iterable[str] = ()) -> list[Line]:
    """code: None: the run was killed."""
    began = datetime(2026, 11, 29, 5, tzinfo=UTC)

    def at(seconds: float) -> str:
        return (began + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")

    its: list[dict[str, Any]] = [
        {"version": 1, "at": at(0), "event": "run", "tapctl": "0.1.0", "command": "up", "stack": "TapStack/staging",
         "run": "c0ffee"},
        *({**line(event), "at": at(seconds)} for seconds, event in told),
        {"version": 1, "at": at(950), "event": "danced"}]
    if code is not None:
        its.append({"version": 1, "at": at(1000), "event": "exit", "exit_code": code, "seconds": 1000.0,
                    "error": list(error)})
    return list(json.loads(json.dumps(its)))


def rows(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for region in told["regions"] for row in region["rows"]}


# ---------------------------------------------------------------- what is on it
def test_what_happened_to_each_resource() -> None:
    told = Chart(lines(LIFE)).told()
    its = rows(told)
    assert [(region["name"], [row["name"] for row in region["rows"]]) for region in told["regions"]] == [
        (EAST, ["kms_key", "database", "table", "looks, checks, the lock"]), (WEST, ["database"])]
    assert its[KMS]["bars"] == [{"what": "create", "from": 10, "to": 13, "result": "done"}]
    assert its[TABLE]["bars"] == [{"what": "create", "from": 13, "to": 16, "result": "failed"}]
    assert its[REPLICA]["bars"] == [{"what": "create", "from": 700, "to": 1000, "result": "unfinished"}]
    assert its[DB]["waits"] == [{"text": "creating", "from": 15, "to": 600},
                                {"text": "backing-up", "from": 600, "to": 700}]
    assert its[REPLICA]["waits"] == [{"text": "creating", "from": 900, "to": 1000}]
    assert its[DB]["reads"] == 1
    assert its[DB]["retries"] == [
        {"at": 14, "call": "rds:CreateDBInstance", "attempt": 2, "reason": "ThrottlingException"}]
    assert its[DB]["calls"] == [{"from": 13, "to": 15, "call": "rds:CreateDBInstance", "names": HOSTILE, "code": "",
                                 "fails": False, "passed": False, "retries": ["ThrottlingException"], "request": "abc"}]
    assert (its[TABLE]["calls"][0]["fails"], its[TABLE]["calls"][0]["passed"]) == (True, False)
    assert its[REPLICA]["problem"] == f"{REPLICA} left out: it needs {TABLE}"
    assert its[TABLE]["problem"] == (f"✗ {TABLE} FAILED: {printable(HOSTILE)}\n    mend: allow it\n"
                                     f"    not done because of it: {REPLICA}")
    assert its[f"{EAST}/"]["calls"][0]["code"] == "AccessDenied"
    assert (told["from"], told["seconds"], told["outcome"]) == (10, 1000, "failed")
    assert told["totals"] == [
        ["took", "16 min 40 s"], ["looking", "4.0 s"], ["asking, locking", "6.0 s"], ["resources", 4], ["API calls", 5],
        ["that change", 2], ["failed calls", 2], ["refused at first", 0], ["made again", 1]]
    assert told["facts"] == ["2026-11-29 05:00:00 UTC", "run c0ffee", "tapctl 0.1.0", "account 123456789012",
                             f"{EAST}, {WEST}", "on the emulator: not AWS"]


def test_the_critical_path_is_the_chain_of_what_was_needed_last() -> None:
    """Of the replica, which never came to its end, nothing is known."""
    told = Chart(lines(LIFE)).told()
    assert [(part["key"], part["until"], part["from"], part["to"]) for part in told["path"]] == [
        (KMS, "exists", 10, 12), (DB, "exists", 12, 15), (DB, "ready", 15, 700)]
    assert rows(told)[DB]["path"] == told["path"][1:]
    assert rows(told)[TABLE]["path"] == []


@pytest.mark.parametrize(("ends", "passed"), [
    ([(4, Finished(TABLE, "create", 2))], True), ([(4, Broke(TABLE, "no"))], False), ([], False),
    ([(4, Finished(TABLE, "create", 2)), (5, Problem(TABLE, "not ready"))], False)])
def test_what_was_refused_on_the_way_to_a_good_end_is_no_failure(ends: list[tuple[float, Event]], passed: bool) -> None:
    told = Chart(lines([(1, Began(TABLE, "create")), (2, DENIED), *ends])).told()
    (call,) = rows(told)[TABLE]["calls"]
    assert (call["passed"], call["fails"]) == (passed, not passed)
    assert ["failed calls", not passed] in told["totals"]
    assert ["refused at first", passed] in told["totals"]


def test_what_has_no_beginning_starts_with_the_run() -> None:
    told = Chart(lines([(3, Ahead((Step(DB, "gone", "delete"),))), (7, Finished(DB, "delete", 1))])).told()
    assert told["path"] == [{"key": DB, "until": "gone", "from": 0, "to": 7}]


def test_a_run_without_work_has_no_chart() -> None:
    told = Chart(lines([(1, replace(READ, key="")), (2, Planned(()))], code=0)).told()
    assert (told["path"], told["regions"], told["from"], told["outcome"]) == ([], [], 0, "done")
    assert ["looking", "2.0 s"] in told["totals"]
    assert not any(name == "asking, locking" for name, _ in told["totals"])


def test_things_of_one_key_share_a_row() -> None:
    told = Chart(lines([(1, Began(DB, "delete")), (2, Finished(DB, "delete", 1)), (3, Began(DB, "delete")),
                        (5, Finished(DB, "delete", 2))])).told()
    assert [(bar["from"], bar["to"]) for bar in rows(told)[DB]["bars"]] == [(1, 2), (3, 5)]


def test_a_run_that_was_killed() -> None:
    told = Chart(lines(LIFE, code=None)).told()
    assert (told["outcome"], told["exit_code"], told["seconds"], told["error"]) == ("killed", None, 950, [])


def test_text_stays_text_and_nothing_is_loaded() -> None:
    html = page(lines(LIFE, error=[HOSTILE]))
    head, _, rest = html.partition('<script type="application/json" id="run">')
    data, _, script = rest.partition("</script>")
    assert not set("<>&\u2028") & set(data)
    assert json.loads(data)["error"] == [HOSTILE]
    assert "onerror" not in head + script
    assert "{" + "run}" not in html
    assert "{policy}" not in html
    assert not re.findall(r"https?:|src=|href=|@import|url\(", head + script)


# ---------------------------------------------------------------- in a browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_in_a_browser(tmp_path: Path) -> None:
    file = tmp_path / "it.html"
    file.write_text(page(lines(LIFE, error=["it broke", HOSTILE])), encoding="utf-8")
    with browser(tmp_path / "profile") as tab:
        grounds = set()
        for width, scheme in (360, "light"), (360, "dark"), (1440, "light"), (1440, "dark"):
            tab.show(file, width, 800, scheme)
            assert tab.value("document.title") == "tapctl up TapStack/staging: failed"
            assert tab.value("document.documentElement.scrollWidth") == width
            columns = tab.value("getComputedStyle(document.querySelector('.axis')).gridTemplateColumns")
            assert len(columns.split()) == (1 if width == 360 else 2)
            ground, ink = tab.value("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
            grounds.add(ground)
            assert contrast(ground, ink) > 7
            assert contrast(*tab.value("['.soft', 'body'].map(one => getComputedStyle(document.querySelector(one)))"
                                       ".map((s, n) => n ? s.backgroundColor : s.color)")) > 4.5
            tab.value("document.querySelectorAll('details').forEach(one => { one.open = true })")
            assert tab.value("document.documentElement.scrollWidth") == width
            assert tab.complaints() == []
        assert len(grounds) == 2
        chart_can_be_read(tab)
        file.write_text(page(lines([(1, Planned(()))], code=0)), encoding="utf-8")
        tab.show(file, 360, 800, "dark")
        assert "Nothing was changed" in tab.value("document.body.innerText")
        assert tab.complaints() == []


def chart_can_be_read(tab: Any) -> None:
    """By eye, by keyboard, by pointer, and as a table; hostile names are text."""
    tab.value("document.querySelectorAll('details').forEach(one => { one.open = false })")
    assert tab.value("document.images.length") == 0
    left, width = tab.value("(s => [parseFloat(s.left), parseFloat(s.width)])"
                            "(document.querySelectorAll('.row')[1].querySelector('.bar').style)")
    assert left == pytest.approx(100 * 3 / 990)
    assert width == pytest.approx(100 * 687 / 990)
    tab.value("document.querySelector('input').click()")
    assert tab.value("parseFloat(document.querySelectorAll('.row')[1].querySelector('.bar').style.left)") > 15
    assert tab.value("[...document.querySelectorAll('.axis b')].map(b => b.textContent)")[0].startswith("+")
    label = tab.value("document.querySelector('.row summary').getAttribute('aria-label')")
    assert label == f"{KMS}; created, 3.0 s, from 10 s to 13 s; on the critical path"
    tab.value("document.querySelector('.row summary').focus()")
    tab.key("Enter")
    assert tab.value("document.querySelector('.row').open") is True
    x, y = tab.value("(r => [r.x + 2, r.y + 4])(document.querySelector('.row .bar').getBoundingClientRect())")
    tab.move(x, y)
    tab.move(x + 1, y)
    assert tab.value("document.getElementById('tip').hidden") is False
    assert tab.value("document.getElementById('tip').textContent").startswith(f"{KMS}\ncreated, 3.0 s")
    tab.value("document.querySelector('details:not(.row) summary').focus()")
    tab.key("Enter")
    assert tab.value("document.querySelector('details[open]:not(.row) table').rows[1].innerText").split("\t")[:3] == [
        EAST, "kms_key", "created"]
    assert tab.complaints() == []


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)
