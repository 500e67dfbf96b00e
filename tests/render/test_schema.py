"""The schema of `--output json`: it is committed as it is made, and what runs print is valid by it."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tapctl.errors import Exit
from tapctl.events import Change, Checked, Finding, Planned, Result
from tapctl.model import Unknown
from tapctl.render import schema
from tapctl.render.jsonl import line
from tests import tracing
from tests.render.said import DB, EAST, RUN
from tests.stage import Stage

DOCS = Path(__file__).parents[2] / "docs"
ONE = {"TAPCTL_REGIONS": EAST}
SCHEMA = json.loads((DOCS / "events.schema.json").read_text())
LINE = jsonschema.Draft202012Validator(SCHEMA)
#: Of a line whose event is known: to try all of them on each takes long.
ONES = {name.lower(): jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})
        for name in SCHEMA["$defs"]}


def test_the_committed_files_are_what_the_command_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["", str(tmp_path)])
    runpy.run_path(schema.__file__, run_name="__main__")
    for name in "events.schema.json", "events.md":
        assert (tmp_path / name).read_text() == (DOCS / name).read_text(), "python -m tapctl.render.schema docs"
    jsonschema.Draft202012Validator.check_schema(schema.schema())


def test_every_event_is_in_it_and_told() -> None:
    """And says what it is: a page without words is none."""
    of = schema.schema()
    assert len(of["oneOf"]) == len(schema.TYPES)
    for kind in schema.TYPES:
        assert not of["$defs"][kind.__name__]["description"].startswith(f"{kind.__name__}("), kind


@pytest.mark.parametrize("event", [
    *RUN, Checked((Finding("a", "", Result.OK, "fine"),)),
    Planned((Change(DB, "settings", {"size": 1}, Unknown("k")), Change(DB, "delete", "id", loses="all")))],
    ids=lambda event: type(event).__name__)
def test_a_line_is_valid(event: Any) -> None:
    told = json.loads(json.dumps(line(event)))
    LINE.validate(told)
    for wrong in ({**told, "version": 2}, {**told, "more": 1}, {**told, "event": "other"},
                  {name: value for name, value in told.items() if name != "at"}):
        assert not LINE.is_valid(wrong)


def test_all_that_runs_print_is_valid(stage: Stage) -> None:
    heard = set()
    with tracing.unfollowed():
        for args, denied, code in (("up --yes --verbose", ("dynamodb:CreateTable", "kms:GetKeyPolicy"), Exit.FAILED),
                                   ("up --yes", (), Exit.DONE), ("down --yes", (), Exit.DONE)):
            stage.wires.meter.denied = denied
            ended, out, _ = stage.run(*args.split(), "--env", "staging", "--output", "json", environ=ONE)
            assert ended == code
            for told in map(json.loads, out.splitlines()):
                ONES[told["event"]].validate(told)
                heard.add(told["event"])
    assert heard >= {"started", "planned", "checked", "ahead", "began", "made", "wrote", "waits", "finished", "broke",
                     "problem", "outputs", "ended", "called"}
