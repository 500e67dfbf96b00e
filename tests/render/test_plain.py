"""Plain lines: each with a time, none with an escape code, and whoever stops reading disturbs nothing."""

from __future__ import annotations

import io
import os
import re

import pytest

from tapctl.events import Ended, Waits
from tapctl.render import renderer
from tapctl.render.plain import Plain, duration, ending, heading, tell
from tests.render.said import DB, EAST, RUN, STARTED, STRANGE, WEST


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "0.0 s"), (0.44, "0.4 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.4, "59 s"), (60, "1 min 00 s"),
    (187.9, "3 min 07 s"), (3600, "60 min 00 s")])
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_heading() -> None:
    title = f"tapctl up TapStack/staging  account 123456789012  {EAST}"
    assert heading(STARTED) == [f"{title}, {WEST}"]
    assert heading(STRANGE) == [title, "ENDPOINT http://minio: this is not AWS's own"]


def test_ending() -> None:
    assert ending(Ended("down", 5, 2.0)) == "down ended with exit code 5 in 2.0 s"
    assert ending(Ended("up", 0, 2.0, {"create": 0, "update": 3})) == "up done in 2.0 s: 3 updated"


def test_a_run() -> None:
    stream = io.StringIO()
    with renderer("text", stream) as emit:
        for event in RUN:
            emit(event)
    assert isinstance(emit, Plain)
    said = stream.getvalue().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in said)
    assert "\x1b" not in stream.getvalue()
    assert [line[9:] for line in said] == [
        f"tapctl up TapStack/staging  account 123456789012  {EAST}",
        "EMULATOR at http://127.0.0.1:1: nothing here is real, nothing reaches AWS",
        f"{EAST}  1 to create", "  + database", "Good to know", "  [s3] is another's",
        "Plan: 1 to create, 0 to change, 0 to delete.",
        f"{DB} creating",
        f"{DB} waits: creating",
        f"{DB} waits: backing-up",
        f"{DB} created after 3 min 07 s",
        f"{EAST}/table waiting",
        f"{EAST}/table ready after 10.0 s",
        f"{EAST}/kms_key has failed: AccessDenied: [no]",
        f"✗ {EAST}/kms_key FAILED: AccessDenied: [no]", "    likely: may not", "    mend: allow it",
        f"    not done because of it: {EAST}/role",
        f"✗ {EAST}/bucket/logs FAILED: LimitExceeded",
        "stays: [a key]",
        EAST, "  table_name              TapStack",
        "up done in 1 min 01 s: 2 created, 1 deleted",
    ]


def test_verbose_shows_every_write() -> None:
    stream = io.StringIO()
    with renderer("text", stream, verbose=True) as emit:
        for event in RUN:
            emit(event)
    assert f"{DB} settings set" in stream.getvalue()
    assert f"{DB} made: arn:[db]" in stream.getvalue()


def test_a_reader_that_leaves() -> None:
    """As of `| head -1`: what follows goes nowhere, and nothing is raised, not even at the end."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        emit = Plain(stream)
        emit(RUN[0])
        assert b"EMULATOR" in os.read(reading, 1000)
        os.close(reading)
        emit(Waits(DB, "creating", 1.0))
        emit(RUN[-1])
        assert os.fstat(stream.fileno()).st_rdev == os.stat(os.devnull).st_rdev


def test_told_at_once() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading) as reader:
        tell(stream, "line\n")
        assert reader.readline() == "line\n"


def test_a_wait_is_told_of_once_a_minute() -> None:
    plain = Plain(io.StringIO())
    said = [plain.lines(Waits(DB, text, seconds)) for text, seconds in (
        ("creating", 0.0), ("creating", 59.0), ("creating", 61.0), ("creating", 100.0), ("backing-up", 101.0),
        ("backing-up", 162.0), ("backing-up", 0.0), ("backing-up", 61.0))]  # the last two are another wait
    assert [line for lines in said for line in lines] == [
        f"{DB} waits: creating", f"{DB} waits: creating, for 1 min 01 s now", f"{DB} waits: backing-up",
        f"{DB} waits: backing-up, for 2 min 42 s now", f"{DB} waits: backing-up, for 1 min 01 s now"]
    assert said[1] == said[3] == []
