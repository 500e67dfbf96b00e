"""Two stacks side by side: what counts as a difference, and which of the two isn't as configured."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from rich.text import Text

from tapctl.compare import DRIFT, KEPT, MISSING, SURPLUS, UNREAD, Row, Side, compare, pairs, unnamed
from tapctl.events import Change
from tapctl.model import Denied, Failed, Found, Hidden, Resource, Unknown
from tapctl.naming import Place
from tapctl.observe import Item, World
from tapctl.plans import Plan
from tapctl.render import comparison
from tapctl.resources.bucket import Bucket
from tapctl.resources.security_group import Rule
from tapctl.view import View
from tests.doctor.wanted import wanted
from tests.memory import PLACE
from tests.stage import EAST, WEST, Stage, stack_table

GROUP, BUCKET, TABLE, ROLE, SCALING = (
    f"{EAST}/{name}" for name in ("log_group", "bucket/logs", "table", "role", "auto_scaling_group"))
RESOURCES = {resource.key: resource for resource in wanted()}
NAMES = ("dev", "live")


def side(environment: str, have: Mapping[tuple[str, str], Any], plan: Plan | None = None,
         surplus: tuple[Item, ...] = (), without: tuple[str, ...] = ()) -> Side:
    """A stack of two things, or less, and of what is read of them."""
    place = replace(PLACE, environment=environment)
    keys: dict[str, Resource] = {key: RESOURCES[key] for key in (GROUP, BUCKET, SCALING) if key not in without}
    found = {key: Found(key, f"{environment}-{key}", {}) for key, _ in have}
    return Side(place, View({}, keys, World(found=found, have=dict(have), surplus=[*surplus]), plan or Plan(), ()))


def rows(one: Side, other: Side) -> list[tuple[str, tuple[str, str], dict[str, str]]]:
    return [(f"{row.key} {row.path}".strip(), row.values, dict(row.because)) for row in compare(one, other)]


def test_what_both_have_so_is_no_difference() -> None:
    assert rows(side("dev", {(GROUP, "tags"): {"Environment": "dev", "Name": "TapStack-dev-x"}}),
                side("live", {(GROUP, "tags"): {"Environment": "live", "Name": "TapStack-live-x"}})) == []


def test_whose_fault_a_difference_is() -> None:
    name = (GROUP, "retention_days")
    drifted = Plan({name: Change(*name, 7, 30)})
    held, refused = Plan(held=[Change(*name, 7, 30)]), Plan(refused={GROUP: Failed("no")})
    for plan, because in ((Plan(), {}), (drifted, {"dev": DRIFT}), (held, {"dev": KEPT}), (refused, {"dev": DRIFT})):
        assert rows(side("dev", {name: 7}, plan), side("live", {name: 14})) == [
            (f"{GROUP} retention_days", ("7", "14"), because)]
    assert rows(side("dev", {name: 7}), side("live", {name: Denied("logs:Describe")})) == [
        (f"{GROUP} retention_days", ("7", "? (logs:Describe)"), {"live": UNREAD})]
    assert rows(side("dev", {name: 7}), side("live", {name: Unknown("x")}))[0][1] == ("7", "?")


def test_a_version_of_the_stacks_own_is_told_only_if_it_drifted() -> None:
    name = (SCALING, "refresh")
    old, new = frozenset({"lt-1 version 1"}), frozenset({"lt-1 version 2"})
    assert rows(side("dev", {name: old}), side("live", {name: new})) == []
    drifted = Plan({name: Change(*name, old, new)})
    assert [because for *_, because in rows(side("dev", {name: old}, drifted), side("live", {name: new}))] == [
        {"dev": DRIFT}]


def test_members_are_compared_by_their_names() -> None:
    def tagged(name: str, value: str) -> dict[str, Any]:
        return {"ResourceType": name, "Tags": [{"Key": "Owner", "Value": value}]}

    name = (BUCKET, "encryption")
    assert rows(side("dev", {name: {"it": [tagged("instance", "web")]}}),
                side("live", {name: {"it": [tagged("instance", "app"), tagged("volume", "x")]}})) == [
        (f"{BUCKET} encryption.it[instance].Tags[Owner].Value", ("web", "app"), {}),
        (f"{BUCKET} encryption.it[volume]", ("none", "ResourceType=volume, Tags.Owner=x"), {})]
    policy = [{"Sid": "A", "Effect": "Allow", "Action": "s3:*"}]
    assert rows(side("dev", {name: policy}), side("live", {name: []})) == [
        (f"{BUCKET} encryption", ("A: Allow s3:*", "-"), {})]


def test_only_the_field_that_drifted_is_so() -> None:
    name = (BUCKET, "encryption")
    one = side("dev", {name: {"key": "a", "size": 1}}, Plan({name: Change(*name, {"key": "a"}, {"key": "b"})}))
    assert rows(one, side("live", {name: {"key": "b", "size": 2}})) == [
        (f"{BUCKET} encryption.key", ("a", "b"), {"dev": DRIFT}),
        (f"{BUCKET} encryption.size", ("1", "2"), {})]
    whole = side("dev", {name: {"size": 1}}, Plan({name: Change(*name, None, Unknown("x"))}))
    assert [because for *_, because in rows(whole, side("live", {name: {"size": 2}}))] == [{"dev": DRIFT}]


def test_what_only_one_has() -> None:
    stray = Item(Bucket, WEST, Found(f"{WEST}/bucket/x", "x", {}))
    have = {(GROUP, "retention_days"): 7, (BUCKET, "tags"): {}}
    one, other = side("dev", have, surplus=(stray,)), side("live", {(GROUP, "retention_days"): 7}, surplus=(stray,))
    assert rows(one, other) == [
        (BUCKET, ("ready", "missing"), {"live": MISSING}),
        (f"{WEST}/bucket/x (x)", ("ready", "-"), {"dev": SURPLUS}),
        (f"{WEST}/bucket/x (x)", ("-", "ready"), {"live": SURPLUS})]
    unwanted = side("live", {(GROUP, "retention_days"): 7}, without=(BUCKET,))
    assert rows(side("dev", have), unwanted) == [(BUCKET, ("ready", "-"), {})]
    assert rows(side("dev", {}), side("live", {})) == []


@pytest.mark.parametrize(("one", "other", "found"), [
    (1, 1, []), (True, False, [("", "yes", "no")]), (None, "x", [("", "none", "x")]),
    ({"a": {"b": 1}, "c": 2}, {"a": {"b": 2}}, [("a.b", "1", "2"), ("c", "2", "none")]),
    (frozenset("ab"), frozenset("bc"), [("", "a", "c")]), (["a", "b"], ["a"], [("", "b", "-")]),
    ({"Statement": [{"Sid": "A", "Effect": "Allow"}]}, {"Statement": []}, [("", "A: Allow", "-")])])
def test_pairs(one: Any, other: Any, found: list[tuple[str, str, str]]) -> None:
    assert [*pairs(one, other)] == found


def test_names_and_ids_are_taken_out() -> None:
    place = Place("TapStack", "a-very-long-environment", "platform", "123456789012", EAST, "aws")
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/7"
    key = "arn:aws:kms:us-east-1:123456789012:key/1-2"
    ids = {"lb": arn, "kms": key, "sg": "sg-1", GROUP: place.name()}
    found = {name: Found(name, it, {}) for name, it in ids.items()}
    without = unnamed(Side(place, View({}, {GROUP: RESOURCES[GROUP]}, World(found=found), Plan(), ())))
    for value, left in (
        (place.stack, "<stack>"), ("a-very-long-environment", "<environment>"), (place.name("x"), "<name>-us-east-1-x"),
        (place.database_id, "<name>-us-east-1"), (place.load_balancer_name, "<name>-us-east-1"),
        (place.bucket_name("logs"), "<bucket logs>"), (arn, "<lb>"), ("app/x/7", "<lb>"), (key, "<kms>"),
        ("key/1-2", "<kms>"), ({"sg-1": ["sg-1"]}, {"<sg>": ["<sg>"]}), (7, 7),
        ("2058bebc-efe6-4050-bbdb-2d50777115a4", "<id>"),
        (frozenset([Rule("in", "tcp", 1, 2, "sg-1")]), frozenset([Rule("in", "tcp", 1, 2, "<sg>")])),
        (Hidden(b64encode(place.stack.encode()).decode()), "<stack>"), (Hidden("no base64: sg-1"), "no base64: <sg>"),
    ):
        assert without(value) == left
    assert type(without(Hidden("x"))) is Hidden


# ---------------------------------------------------------------- told
ROWS = [Row(GROUP, "retention_days", ("7", "30"), {"dev": DRIFT}), Row(TABLE, "", ("ready", "-")),
        Row(f"{WEST}/role", "policies.app", ("-", "Allow " + "x " * 50))]


def test_as_text() -> None:
    lines = [Text.from_markup(line).plain for line in comparison.text(NAMES, ROWS, 80)]
    assert all(len(line) <= 80 for line in lines)
    assert lines[:6] == [f"{'':42}{'dev':19}live", EAST, f"  ~ {'log_group retention_days':38}{'7':19}30",
                         "      dev is not as configured", f"  = {'table ':38}{'ready':19}-", WEST]
    assert [Text.from_markup(line).plain for line in comparison.text(
        NAMES, [replace(ROWS[0], key=f"{EAST}/{name}") for name in ("a", "b")], 80)][1:4] == [
            EAST, "  ~ a, b", f"      {'retention_days':36}{'7':19}30"]
    assert lines[6:9] == ["  = role policies.app", "      dev   -", "      live  Allow" + " x" * 31]
    assert lines[-1] == "3 differences: = 2 as configured, ~ 1 not."
    assert [*comparison.text(NAMES, [], 80)] == ["[bold]No difference[/] but in names and ids."]


def test_as_a_document() -> None:
    document = json.loads(comparison.document(("T/dev", "T/live"), NAMES, ROWS[:1]))
    assert document == {"stacks": ["T/dev", "T/live"], "differences": [
        {"key": GROUP, "path": "retention_days", "values": {"dev": "7", "live": "30"}, "as_configured": False,
         "because": {"dev": DRIFT}}]}


# ---------------------------------------------------------------- the command
def test_the_command(stage: Stage) -> None:
    code, out, err = stage.run("diff", "staging", "production")
    assert (code, out) == (1, "")
    assert err.startswith("nothing of TapStack/staging stands\nmend: ")
    for region, environment in ((EAST, "staging"), (WEST, "staging"), (WEST, "production")):
        stack_table(stage, region, environment)
    code, out, err = stage.run("diff", "staging", "production", "-r", EAST)
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == [EAST, f"  ~ {'table':38}{'ACTIVE':19}missing",
                                    "1 difference: = 0 as configured, ~ 1 not."]
    code, out, _ = stage.run("diff", "production", "staging", "-o", "json", "--detailed-exitcode")
    assert (code, [row["key"] for row in json.loads(out)["differences"]]) == (4, [TABLE])
    assert stage.run("diff", "staging", "staging")[0] == 2
    assert not stage.wires.meter.mutating
