"""API calls, for who asks for more words: as text what changes something and what is made again, as JSON all."""

from __future__ import annotations

import io
import json

import pytest

from tapctl.events import Called, Event, Retried
from tapctl.render import renderer
from tapctl.render.calls import lines
from tapctl.render.live import Live
from tests.render.said import DB, EAST

READ = Called("rds", "DescribeDBInstances", EAST, DB, {}, ("Filters",), changes=False, seconds=0.1, status=200)
MADE = Called("rds", "CreateDBInstance", EAST, DB, {"DBInstanceIdentifier": "[db]"}, ("Tags",), changes=True,
              seconds=0.456, status=200)
REFUSED = Called("kms", "CreateKey", EAST, "", {}, (), changes=True, seconds=1.0, status=400, code="LimitExceeded")
AGAIN = Retried("kms", "CreateKey", EAST, f"{EAST}/kms_key", 2, "ThrottlingException")
ALL: tuple[Event, ...] = (READ, MADE, REFUSED, AGAIN)
TOLD = ["us-east-1/database rds:CreateDBInstance [db]: done in 0.46 s",
        "us-east-1 kms:CreateKey: LimitExceeded in 1.00 s",
        "us-east-1/kms_key kms:CreateKey again, attempt 2: ThrottlingException"]


def said(output: str, verbose: bool) -> list[str]:
    stream = io.StringIO()
    with renderer(output, stream, verbose) as emit:
        for event in ALL:
            emit(event)
    return stream.getvalue().splitlines()


def test_what_changes_something_and_what_is_made_again() -> None:
    assert [line for event in (READ, MADE, REFUSED, AGAIN) for line in lines(event)] == TOLD


@pytest.mark.parametrize("output", ["text", "json"])
def test_nobody_else_is_told(output: str) -> None:
    assert said(output, False) == []


def test_as_plain_lines() -> None:
    assert [line[9:] for line in said("text", True)] == TOLD


def test_on_a_terminal() -> None:
    for verbose in True, False:
        stream = io.StringIO()
        with Live(stream, verbose) as view:
            for event in ALL:
                view(event)
        assert [line.strip() for line in stream.getvalue().splitlines()] == TOLD * verbose


def test_as_json_all_of_them() -> None:
    made, read = (json.loads(line) for line in said("json", True)[1::-1])
    assert (read["event"], read["changes"], made["names"]) == ("called", False, {"DBInstanceIdentifier": "[db]"})
    assert len(said("json", True)) == len(ALL)
