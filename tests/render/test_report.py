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
        EAST,
        "  + kms_key",
        "  ~ bucket/logs",
        "      versioning: Suspended -> Enabled",
        "      tags.Owner: [me] -> platform",
        "      rules[x].Days: 1 -> 2",
        WEST,
        "  ~ database",
        f"      source: old -> (known after {EAST}/database)",
        "  - listener/https  arn:listener",
        "  - listener/https  arn:another",
        "Plan: 1 to create, 2 to change, 2 to delete.",
    ]


def test_a_plan_with_every_property() -> None:
    assert plan(PLANNED, verbose=True)[1:3] == ["  + kms_key", "      rotation: yes"]


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
    said = ["Can't be done, so nothing is", f"  {EAST}/database: [storage] can't shrink"]
    assert plan(Planned((), refused=refused)) == said
    assert plan(Planned(PLANNED.changes[:1], refused=refused)) == [
        EAST, "  + kms_key", *said, "Plan: 1 to create, 0 to change, 0 to delete."]


def test_a_plan_that_leaves_something_out() -> None:
    omitted = {f"{EAST}/database": "it needs [x]"}
    said = ["Left out", f"  {EAST}/database: it needs [x]"]
    assert plan(Planned((), omitted=omitted)) == [*said, "Nothing to do; 1 left out."]
    assert plan(Planned(PLANNED.changes[:1], omitted=omitted)) == [
        EAST, "  + kms_key", *said, "Plan: 1 to create, 0 to change, 0 to delete; 1 left out."]


def test_a_status() -> None:
    rows = [{"key": f"{EAST}/database", "state": "ready", "id": "db", "drift": ""},
            {"key": f"{EAST}/bucket/logs", "state": "ready", "id": "b", "drift": "tags, [x]"},
            {"key": f"{WEST}/database", "state": "creating", "id": "db2", "drift": ""},
            {"key": f"{WEST}/role", "state": "missing", "id": "", "drift": ""}]
    markup = list(report.status(rows))
    assert lines(markup) == [
        EAST, "  database     ready  db", "  bucket/logs  ready  b  drift: tags, [x]",
        WEST, "  database  creating  db2", "  role      missing"]
    colours = [colour for line in markup for colour in ("green", "yellow", "red")
               if f"[{colour}]" in line.split("drift")[0]]
    assert colours == ["green", "yellow", "yellow", "red"]
    assert lines(report.status([])) == []


def test_stacks() -> None:
    assert lines(report.stacks({})) == ["No stack shows by its tags."]
    assert lines(report.stacks({"T/a": {EAST: 2, WEST: 1}, "T/[b]": {WEST: 1}})) == [
        f"T/a  {EAST}: 2, {WEST}: 1", f"T/[b]  {WEST}: 1"]


def test_outputs() -> None:
    values = {EAST: {"table_name": "t", "role_arn": "arn"}, WEST: {"role_arn": "arn"}, "eu-west-1": {}}
    assert lines(report.outputs(values)) == [EAST, "  table_name              t"]
