"""JSON lines: every event, in full, for programs."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import pytest

from tapctl.events import Change, Event, Planned
from tapctl.model import Unknown
from tapctl.render import renderer
from tapctl.render.jsonl import VERSION, JsonLines, plain
from tests.render.said import DB, RUN


def told(*events: Event) -> list[dict[str, Any]]:
    stream = io.StringIO()
    with renderer("json", stream) as emit:
        for event in events:
            emit(event)
    assert isinstance(emit, JsonLines)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_an_event() -> None:
    lines = told(*RUN)
    assert len(lines) == len(RUN)
    for line, event in zip(lines, RUN, strict=True):
        assert list(line)[:3] == ["version", "at", "event"]
        assert line["version"] == VERSION == 1
        assert datetime.fromisoformat(line["at"]).utcoffset() is not None
        assert line["event"] == type(event).__name__.lower()
        assert list(line)[3:] == list(vars(event))
    assert lines[0]["emulated"] is True
    assert lines[0]["regions"] == ["us-east-1"]
    assert lines[13]["message"] == "AccessDenied: [no]"
    assert lines[-1]["counts"] == {"create": 2, "update": 0, "delete": 1}


def test_changes() -> None:
    script = "#!/bin/sh\n" * 50
    (line,) = told(Planned((
        Change(DB, "create"),
        Change(DB, "settings", {"size": 20, "script": "", "text": script}, {"size": 40, "text": "short"}),
        Change(DB, "source", None, Unknown("us-west-2/database")),
        Change(DB, "rules", frozenset({("tcp", 443), ("tcp", 80)}), frozenset({("tcp", 443)})),
    ), refused={DB: "x" * 400}))
    create, settings, source, rules = line["changes"]
    assert create == {"key": DB, "what": "create", "have": None, "want": None, "loses": ""}
    assert settings["have"]["text"].startswith("(500 characters, sha256 ")
    assert (settings["have"]["size"], settings["have"]["script"]) == (20, "")
    assert settings["want"] == {"size": 40, "text": "short"}
    assert source["want"] == {"unknown_until": "us-west-2/database"}
    assert (rules["have"], rules["want"]) == ([["tcp", 443], ["tcp", 80]], [["tcp", 443]])
    assert line["refused"] == {DB: "x" * 400}


@pytest.mark.parametrize(("value", "said"), [
    (None, None), (True, True), (1.5, 1.5), ({1: {"a"}}, {"1": ["a"]}), ((1, ["b"]), [1, ["b"]]),
    (frozenset({2, 1}), [1, 2]), (Unknown("k"), {"unknown_until": "k"}),
])
def test_plain(value: Any, said: Any) -> None:
    assert plain(value) == said
