"""The live view's screen, drawn at fixed sizes."""

from __future__ import annotations

import pytest
from rich.text import Text

from tapctl.durations import Durations
from tapctl.events import Ahead, Began, Broke, Finished, Note, Step, Waits
from tapctl.render.frame import frame
from tapctl.render.moment import moment
from tapctl.render.rows import fitting, rough
from tapctl.render.run import Row, Run
from tests.render.runs import COPY, KNOWN, MADE, heard, many
from tests.render.said import DB, EAST, EMULATED, STARTED, STRANGE, WEST


def drawn(run: Run, now: float, width: int = 80, height: int = 24, known: Durations = KNOWN) -> list[str]:
    return [line.plain.rstrip() for line in frame(moment(run, known, now), width, height)]


def test_a_run_half_way() -> None:
    assert drawn(heard(*MADE), 130.0) == [
        "tapctl up TapStack/staging                               30 s, about 31 min left",
        "account 123456789012  EMULATOR: nothing here is real                 1 of 4 done",
        "",
        "us-east-1                                                    1 done, 2 under way",
        "  ▸   load_balancer       29 s  creating: provisioning           usually 2.5 min",
        "  ▸ ◆ database            24 s  creating                          usually 13 min",
        "  ✓   kms_key            5.0 s  created",
        "",
        "us-west-2                                                              1 to come",
        "  · ◆ database                  after us-east-1/database",
        "",
        "◆ the whole run waits for us-east-1/database, us-west-2/database",
    ]


def test_made_and_waiting_for_another() -> None:
    lines = drawn(heard(*MADE[:6]), 104.0)
    assert "  ◦   load_balancer             made, waits for kms_key" in lines


def test_what_failed_and_what_that_leaves_out() -> None:
    lines = drawn(heard(*MADE, (131, Broke(DB, "AWS refused CreateDBInstance: full")), (132, Note("a [note]"))), 140.0)
    assert lines[3:] == [
        "us-east-1                                          1 failed, 1 done, 1 under way",
        "  ✗   database                  failed: AWS refused CreateDBInstance: full",
        "  ▸ ◆ load_balancer       39 s  creating: provisioning           usually 2.5 min",
        "  ✓   kms_key            5.0 s  created",
        "",
        "us-west-2                                                             1 left out",
        "  –   database                  left out, needs us-east-1/database",
        "",
        "◆ the whole run waits for us-east-1/load_balancer",
        "✗ us-east-1/database failed: AWS refused CreateDBInstance: full",
        "a [note]",
    ]


@pytest.mark.parametrize(("said", "told"), [
    ("creating", ("creating", "usually 13 min")),
    ("creating: to stay ready", ("to stay ready", "usually 13 min")),
    ("creating: the one before it to go", ("creating: the one before it to go", "")),
    ("creating: the one before it to be gone", ("the one before it to be gone", "")),
    ("creating: what has no room at all in such a line", ("what has no room at all in such a line", ""))])
def test_what_it_waits_for_is_rather_told_whole(said: str, told: tuple[str, str]) -> None:
    text, right = fitting(said, Row(DB, "create"), Text("usually 13 min"), 33)
    assert (text, right.plain) == told


def test_what_has_no_time_yet_may_use_its_space() -> None:
    other, key = f"{WEST}/security_group/app", f"{WEST}/security_group/endpoints"
    run = heard((0, STARTED), (0, Ahead((Step(DB, "ready", "create"), Step(other, "gone", "delete", (f"{DB} ready",)),
                                         Step(f"{EAST}/kms_key", "gone", "delete", (f"{other} gone", f"{DB} ready")),
                                         Step(key, "gone", "delete", (f"{other} gone",))))))
    lines = drawn(run, 1.0)
    assert [line for line in lines if "after" in line] == [
        "  · ◆ kms_key                      after us-west-2/security_group/app and 1 more",
        "  · ◆ security_group/app                   after us-east-1/database",
        "  ·   security_group/endpoints             after security_group/app"]


def test_of_the_whole_way_it_names_what_has_room() -> None:
    lines = drawn(heard(*MADE), 130.0, width=60)
    assert lines[-1] == "◆ the whole run waits for us-east-1/database and 1 more"
    assert drawn(heard(*MADE), 130.0, width=40)[-1] == "◆ the whole run waits for us-east-1/dat…"


def test_of_a_long_failure_it_shows_that_there_is_more() -> None:
    lines = drawn(heard(*MADE, (131, Broke(DB, "refused: " + "because of it " * 20))), 140.0)
    assert lines[-2].startswith("✗ us-east-1/database failed: refused: because of it")
    assert lines[-1].startswith("because of it")
    assert lines[-1].endswith("…")
    assert len(lines[-1]) <= 80


def test_side_by_side_with_bars_where_there_is_room() -> None:
    lines = drawn(heard(*MADE), 130.0, 200, 50)
    assert lines[3].startswith("us-east-1")
    assert lines[3].endswith("1 to come")
    assert lines[4].index("▸   load_balancer") == 2
    assert lines[4].index("· ◆ database") == 103
    assert "━┄┄┄┄┄┄┄┄┄┄┄  usually 2.5 min" in lines[4]
    assert max(map(len, lines)) <= 200
    one = drawn(heard(*MADE), 130.0, 100, 50)
    assert one[8].startswith("us-west-2")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50), (40, 10), (20, 5), (1, 1), (300, 3)])
@pytest.mark.parametrize("n", [1, 9, 40])
def test_it_stays_within_the_terminal(width: int, height: int, n: int) -> None:
    for run in many(n), heard(*MADE):
        lines = frame(moment(run, KNOWN, 130.0), width, height)
        assert len(lines) <= height
        assert max(line.cell_len for line in lines) <= width


def test_what_is_under_way_always_shows() -> None:
    for n in (5, 9, 20):
        head, foot = 3, 2
        body = drawn(many(n), 130.0)[head:-foot]
        assert " ".join(body).count("alarm-") == 2 * n
    assert "and in us-east-1: alarm/alarm-10, alarm/alarm-11, alarm/alarm-12," in body


def test_what_is_done_goes_first_then_what_is_to_come() -> None:
    """Nine under way, six to come, and six done in sixteen lines."""
    keys = [f"{EAST}/alarm/{n:02}" for n in range(21)]
    run = heard((0, EMULATED), (0, Ahead(tuple(Step(key, "ready", "create", (f"{keys[0]} ready",) if n > 14 else ())
                                               for n, key in enumerate(keys)))),
                *((1, Began(key, "create")) for key in keys[:15]),
                *((n, Finished(key, "create", 1.0)) for n, key in enumerate(keys[9:15], 2)))
    marks = [line[2] for line in drawn(run, 9.0, height=4 + 16 + 2)[4:20]]
    assert marks == ["▸"] * 9 + ["·"] * 6 + ["✓"]
    assert "✓" not in "".join(drawn(run, 9.0, height=4 + 12 + 2))
    done = [line for line in drawn(run, 9.0, height=40) if "✓" in line]
    assert [line.split()[1] for line in done] == [f"alarm/{n:02}" for n in (14, 13, 12, 11, 10, 9)]


def test_other_words() -> None:
    key = f"{EAST}/table"
    run = heard((0, STRANGE), (0, Ahead((Step(key, "ready", "wait"), Step(DB, "gone", "delete"),
                                         Step(COPY, "ready", "update", (f"{key} ready", f"{DB} gone"))))),
                (1, Began(key, "wait")), (1, Waits(key, "UPDATING", 0.0)), (1, Began(DB, "delete")),
                (2, Waits(DB, "to be gone", 1.0)))
    lines = drawn(run, 9000.0, known=Durations("", 0.001))
    assert lines[1].startswith("account 123456789012  ENDPOINT http://minio")
    assert "  ▸ ◆ table    149 min 59 s  waiting: UPDATING" in lines
    assert "  ▸   database 149 min 59 s  deleting" in lines
    assert "  · ◆ database               after us-east-1/table and 1 more" in lines
    assert drawn(heard((1, Began(key, "update"))), 3.0)[0].startswith("tapctl  ")
    assert drawn(heard((1, STARTED)), 3.0) == [
        "tapctl up TapStack/staging" + "2.0 s".rjust(54), "account 123456789012" + "0 of 0 done".rjust(60), ""]


def test_when_nearly_done_it_says_nothing_of_what_is_left() -> None:
    assert "left" not in drawn(heard(*MADE), 110.0, known=Durations("", 0.0))[0]


@pytest.mark.parametrize(("seconds", "told"), [(1.2, "1 s"), (42, "40 s"), (90, "90 s"), (150, "2.5 min"),
                                               (179, "3 min"), (780, "13 min")])
def test_as_much_as_an_estimate_is_worth(seconds: float, told: str) -> None:
    assert rough(seconds) == told
