"""Reports: a plan, a status, stacks, outputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tapctl.events import Change, Planned
from tapctl.model import Unknown
from tapctl.render import report
from tapctl.render.plain import unmarked

EAST, WEST = "us-east-1", "us-west-2"
PLANNED = Planned((
    Change(f"{EAST}/kms_key", "create"),
    Change(f"{EAST}/kms_key", "rotation", None, True),
    Change(f"{EAST}/bucket/logs", "versioning", "Suspended", "Enabled"),
    Change(f"{EAST}/bucket/logs", "tags", {"Owner": "[me]"}, {"Owner": "platform"}),
    Change(f"{EAST}/bucket/logs", "rules", [{"ID": "x", "Days": 1}], [{"ID": "x", "Days": 2}]),
    Change(f"{WEST}/database", "source", "old", Unknown(f"{EAST}/database")),
    Change(f"{WEST}/listener/https", "delete", "arn:listener"),
    Change(f"{WEST}/listener/https", "delete", "arn:another"),
))


def lines(markup: Iterable[str]) -> list[str]:
    return unmarked(markup)


def plan(planned: Planned, **more: Any) -> list[str]:
    return lines(report.plan(planned, **more))


def test_a_plan() -> None:
    assert plan(PLANNED) == [
        f"{EAST}  1 to create, 1 to change",
        "  + kms_key",
        "  ~ bucket/logs",
        "      ~ versioning: Suspended -> Enabled",
        "      ~ tags.Owner: [me] -> platform",
        "      ~ rules[x].Days: 1 -> 2",
        f"{WEST}  1 to change, 2 to delete",
        "  ~ database",
        f"      ~ source: old -> (known after {EAST}/database)",
        "  - listener  https (2)",
        "Plan: 1 to create, 2 to change, 2 to delete.",
    ]


def test_a_plan_with_every_property() -> None:
    shown = plan(PLANNED, verbose=True)
    assert shown[1:3] == ["  + kms_key", "      + rotation: yes"]
    assert shown[-4:-1] == ["  - listener  https (2)", "      - arn:listener", "      - arn:another"]
    rules = frozenset({("tcp", 80), ("tcp", 443)})
    assert plan(Planned((Change(f"{EAST}/x", "create"), Change(f"{EAST}/x", "rules", None, rules),
                         Change(f"{EAST}/x", "size", None, Unknown(EAST)), Change(f"{EAST}/x", "note", None, ""))),
                verbose=True)[1:-1] == [
        "  + x", "      + rules: tcp 443", "      + rules: tcp 80", f"      + size: (known after {EAST})",
        "      + note: none"]


def test_what_is_alike_is_told_once() -> None:
    tag = {"Owner": "a"}, {"Owner": "b"}
    assert plan(Planned((
        *(Change(f"{EAST}/{key}", "create") for key in ("alarm/a", "role", "alarm/b")),
        Change(f"{EAST}/kms_key", "tags", *tag),
        Change(f"{EAST}/table", "tags", *tag), Change(f"{EAST}/table", "size", 1, 2),
        Change(f"{EAST}/bucket/logs", "tags", *tag),
        *(Change(f"{WEST}/{key}", "delete", key) for key in ("listener/http", "listener/https", "stray", "stray")),
    ))) == [
        f"{EAST}  3 to create, 3 to change",
        "  + alarm  a, b", "  + role",
        "  ~ kms_key, bucket/logs", "      ~ tags.Owner: a -> b",
        "  ~ table", "      ~ tags.Owner: a -> b", "      ~ size: 1 -> 2",
        f"{WEST}  4 to delete",
        "  - listener  http, https", "  - stray      (2)",
        "Plan: 3 to create, 3 to change, 4 to delete.",
    ]


def test_lost_data_can_not_be_overlooked() -> None:
    """It is told last, by what is lost, with the names by which people know the things."""
    arn = "arn:aws:dynamodb:us-west-2:123456789012:table/t"
    assert plan(Planned((
        Change(f"{EAST}/bucket/logs", "delete", "one", loses="every object"),
        Change(f"{EAST}/bucket/alb-logs", "delete", "two", loses="every object"),
        Change(f"{EAST}/log_group", "retention", None, 30, loses="what is older"),
        Change(f"{WEST}/table", "delete", arn, loses="every item"),
        Change(f"{WEST}/role", "delete", "r")), notes=("a note",)))[-11:] == [
        "Good to know", "  a note",
        "Data that is lost",
        "  ✗ bucket: every object", f"      {EAST}  one", f"      {EAST}  two",
        "  ✗ log_group: what is older", f"      {EAST}  log_group",
        "  ✗ table: every item", f"      {WEST}  table/t",
        "Plan: 0 to create, 1 to change, 4 to delete; 4 lose data."]
    assert plan(Planned((Change(f"{EAST}/table", "delete", arn, loses="every item"),)))[-1].endswith("; 1 loses data.")


def test_long_lines_hang_together_on_a_terminal() -> None:
    planned = Planned((*(Change(f"{EAST}/alarm/{n * 9}", "create") for n in "abcde"),
                       Change(f"{EAST}/role", "text", " ".join("a" * 15), "b")), notes=("word " * 12,))
    assert plan(planned, width=40) == [
        f"{EAST}  5 to create, 1 to change",
        "  + alarm  aaaaaaaaa, bbbbbbbbb,", "           ccccccccc, ddddddddd,", "           eeeeeeeee",
        "  ~ role", "      ~ text: a a a a a a a a a a a a", "          a a a -> b",
        "Good to know", "  word word word word word word word", "    word word word word word",
        "Plan: 5 to create, 1 to change, 0 to", "  delete."]


def test_what_else_a_plan_says() -> None:
    assert plan(Planned(
        (), held=(Change(f"{EAST}/launch_template", "image", "ami-1", "ami-2"),), surplus=(f"{EAST}/alarm (x)",),
        unread={f"{EAST}/role policies": "iam:GetRolePolicy"}, notes=("[s3] is another's",))) == [
        "Stays as it is, though it differs",
        f"  {EAST}/launch_template image: ami-1 -> ami-2",
        "No longer wanted (`tapctl up --prune` removes it; what holds data goes only with `down`)",
        f"  {EAST}/alarm (x)",
        "Not allowed to read, so not compared",
        f"  {EAST}/role policies: iam:GetRolePolicy",
        "Good to know",
        "  [s3] is another's",
        "Nothing to do.",
    ]


def test_a_plan_that_can_not_be_done() -> None:
    refused = {f"{EAST}/database": "[storage] can't shrink"}
    said = ["Can't be done, so nothing is", f"  ✗ {EAST}/database: [storage] can't shrink"]
    assert plan(Planned((), refused=refused)) == said
    assert plan(Planned(PLANNED.changes[:1], refused=refused)) == [
        f"{EAST}  1 to create", "  + kms_key", *said,
        "Plan: 1 to create, 0 to change, 0 to delete; 1 can't be done, so nothing is."]


def test_its_last_line_is_broken_between_words() -> None:
    refused = {f"{EAST}/database": "x"}
    *_, first, second = lines(report.plan(Planned(PLANNED.changes[:1], refused=refused), width=60))
    assert [first, second] == ["Plan: 1 to create, 0 to change, 0 to delete; 1 can't be", "  done, so nothing is."]


def test_a_plan_that_leaves_something_out() -> None:
    omitted = {f"{EAST}/database": "it needs [x]", f"{EAST}/x": "denied", f"{EAST}/table": "it needs [x]"}
    said = ["Left out", f"  ✗ {EAST}/database, {EAST}/table: it needs [x]", f"  ✗ {EAST}/x: denied"]
    assert plan(Planned((), omitted=omitted)) == [*said, "Nothing to do; 3 left out."]
    assert plan(Planned(PLANNED.changes[:1], omitted=omitted)) == [
        f"{EAST}  1 to create", "  + kms_key", *said, "Plan: 1 to create, 0 to change, 0 to delete; 3 left out."]


def test_a_status() -> None:
    rows = [{"key": f"{EAST}/database", "state": "available", "id": "arn:aws:rds:us-east-1:1:db:x", "drift": "",
             "serves": "yes"},
            {"key": f"{EAST}/bucket/logs", "state": "ready", "id": "b", "drift": "tags, [x]", "serves": "yes"},
            {"key": f"{WEST}/database", "state": "creating", "id": "db2", "drift": "", "serves": "no"},
            {"key": f"{WEST}/role", "state": "missing", "id": "", "drift": "", "serves": "no"}]
    markup = list(report.status(rows))
    assert lines(markup) == [
        EAST, "  database     available  db:x", "  bucket/logs  ready      drift: tags, [x]  b",
        WEST, "  database  creating  db2", "  role      missing"]
    assert lines(report.status(rows[:2], 27))[1:] == [
        "  database     available  …", "  bucket/logs  ready      drift: tags, [x]  …"]
    assert lines(report.status(rows[:2], 30))[1] == "  database     available  db:x"
    long = {**rows[0], "key": f"{EAST}/service_linked_role/autoscaling"}
    assert lines(report.status([long, rows[1]], 58))[1:] == [
        "  service_linked_role/autoscaling  available  db:x",
        f"  bucket/logs{' ' * 13}  ready      drift: tags, [x]  b"]
    assert lines(report.status([long, rows[0]], 43))[1:] == [
        "  service_linked_role/autoscaling  available  …", f"  database{' ' * 16}  available  db:x"]
    colours = [colour for line in markup for colour in ("green", "yellow", "red")
               if f"[{colour}]" in line.split("[yellow]drift")[0]]
    assert colours == ["green", "yellow", "yellow", "red"]
    assert lines(report.status([])) == []


def test_stacks() -> None:
    assert lines(report.stacks({})) == ["No stack shows by its tags."]
    assert lines(report.stacks({"T/a": {EAST: 2, WEST: 1}, "T/[b]": {WEST: 1}})) == [
        f"T/a  {EAST}: 2, {WEST}: 1", f"T/[b]  {WEST}: 1"]


def test_outputs() -> None:
    values = {EAST: {"table_name": "t", "role_arn": "arn"}, WEST: {"role_arn": "arn"}, "eu-west-1": {}}
    assert lines(report.outputs(values)) == [EAST, "  table_name              t"]
    assert lines(report.outputs(values, 27)) == [EAST, "  table_name              t"]
    assert lines(report.outputs(values, 26)) == [EAST, "  table_name", "    t"]
