"""A run as text, JSON and JUnit."""

from __future__ import annotations

import json
from xml.etree import ElementTree as Xml

from tapctl.render.plain import unmarked
from tapctl.verify import report
from tapctl.verify.check import Outcome, Verdict
from tapctl.verify.run import Run
from tests.stage import EAST, WEST

PASSED = Verdict("tags.resources", EAST, Outcome.PASSED, "31 resources", seconds=0.25)
FAILED = Verdict("scaling.limits", EAST, Outcome.FAILED, "1 to 50 <instances>", ("it may have 50", "[x] is off"),
                 "tapctl up", seconds=1.5)
SAME = Verdict("role.trust", WEST, Outcome.FAILED, "there is no role", ("there is no role",), "tapctl up")
SKIPPED = Verdict("http.health", WEST, Outcome.SKIPPED, "timed out")
DENIED = Verdict("backups.table", WEST, Outcome.SKIPPED, "not allowed to look: dynamodb:X", denied="dynamodb:X")
RUN = Run("TapStack/staging", "123456789012", [EAST, WEST], [PASSED, FAILED, SAME, SKIPPED, DENIED], 4.2)


def test_lines_hang_at_a_terminals_width() -> None:
    odd = Verdict("a", EAST, Outcome.FAILED, "one two three four five", ("one two three four five six",),
                  "one two three four x")
    run = Run("s", "1", [EAST], [odd], 1)
    assert unmarked(report.text(run, 26)) == [
        "us-east-1", "  ✗ a  one two three four", "       five", "      one two three four", "        five six",
        "      mend: one two three", "        four x", "0 passed, 1 failed, 0 not checked in 1.0 s"]


def test_text() -> None:
    assert unmarked(report.text(RUN)) == [
        "us-east-1",
        "  ✓ tags.resources  31 resources",
        "  ✗ scaling.limits  1 to 50 <instances>",
        "      it may have 50",
        "      [x] is off",
        "      mend: tapctl up",
        "us-west-2",
        "  ✗ role.trust      there is no role",
        "      mend: tapctl up",
        "  - http.health     not checked: timed out",
        "  - backups.table   not checked: not allowed to look: dynamodb:X",
        "1 passed, 2 failed, 2 not checked in 4.2 s",
        "Not allowed to read, so not checked: dynamodb:X",
    ]


def test_text_where_all_is_well() -> None:
    assert unmarked(report.text(Run("s", "1", [EAST], [PASSED], 1))) == [
        "us-east-1", "  ✓ tags.resources  31 resources", "1 passed, 0 failed, 0 not checked in 1.0 s"]


def test_json() -> None:
    told = json.loads(report.document(RUN))
    assert {name: value for name, value in told.items() if name != "checks"} == {
        "stack": "TapStack/staging", "account": "123456789012", "regions": [EAST, WEST], "seconds": 4.2, "passed": 1,
        "failed": 2, "skipped": 2, "denied": ["dynamodb:X"]}
    assert told["checks"][1] == {
        "check": "scaling.limits", "region": EAST, "outcome": "failed", "saw": "1 to 50 <instances>",
        "wrong": ["it may have 50", "[x] is off"], "mend": "tapctl up", "denied": "", "seconds": 1.5}
    assert len(told["checks"]) == 5


def test_junit() -> None:
    text = report.junit(RUN)
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n')
    root = Xml.fromstring(text)
    assert (root.tag, root.attrib) == ("testsuites", {
        "name": "tapctl verify TapStack/staging", "tests": "5", "failures": "2", "errors": "0", "skipped": "2",
        "time": "4.200"})
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped"), suite.get("time"))
            for suite in root] == [(EAST, "2", "1", "0", "1.750"), (WEST, "3", "1", "2", "0.000")]
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert cases["tags.resources"].attrib == {
        "classname": "us-east-1.tags", "name": "tags.resources", "time": "0.250"}
    assert [(part.tag, part.text) for part in cases["tags.resources"]] == [("system-out", "31 resources")]
    failure, = cases["scaling.limits"]
    assert (failure.tag, failure.get("message")) == ("failure", "it may have 50; [x] is off")
    assert failure.text == "saw: 1 to 50 <instances>\nmend: tapctl up"
    skipped, = cases["http.health"]
    assert (skipped.tag, skipped.get("message")) == ("skipped", "timed out")
