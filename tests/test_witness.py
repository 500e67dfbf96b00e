"""What is taken down of looks, and what a certificate makes of it. Of data only."""

from __future__ import annotations

import pytest

from tapctl.attestation import Handed, Left, Region, now
from tapctl.model import Denied, Found
from tapctl.observe import Item
from tapctl.resources.endpoint import Endpoint
from tapctl.resources.table import Table
from tapctl.standing import DISABLED, Clue, Standing
from tapctl.teardown import Removal
from tapctl.witness import OMITTED, Sought, Witness, certified, doubts, left_over, region, search
from tests.stage import EAST, WEST, Stage

TABLE, OTHER = (Item(Table, where, Found(f"{where}/table", f"arn-{where}", {})) for where in (EAST, WEST))
ALL = Standing([EAST, WEST])


def sought(where: Standing = ALL, regions: tuple[str, ...] = (EAST, WEST), *items: Item) -> Sought:
    return Sought(where, regions, now(), now(), items)


@pytest.mark.parametrize(("clue", "in_full", "configured", "looked", "why"), [
    (Clue("x"), True, True, "in full", ()),
    (Clue("x", ("role",), ("tags",)), True, False, "in full", ("tags",)),
    (Clue("x"), False, False, "by index", ()),
    (Clue("x", (), ("tags",)), False, False, "not", ("tags",)),
    (Clue("x", ("role",), (), True), False, False, "not", (DISABLED,)),
    (Clue("x", ("role",)), False, False, "not", (OMITTED,)),
    (Clue("x"), False, True, "not", (OMITTED,)),
])
def test_how_far_a_region_was_looked_at(clue: Clue, in_full: bool, configured: bool, looked: str,
                                        why: tuple[str, ...]) -> None:
    said = region("x", clue, in_full, configured)
    assert said == Region("x", configured, said.looked, clue.told, why)
    assert said.looked == looked


def test_regions_are_told_once_the_configured_ones_first() -> None:
    where = Standing([WEST, EAST], [Clue("ap-south-1"), Clue("eu-west-1", ("role",))], ("iam:ListRoles",))
    said = search(sought(where, (WEST, EAST, "eu-west-1"), TABLE))
    assert [region.region for region in said.regions] == [WEST, EAST, "ap-south-1", "eu-west-1"]
    assert [region.looked for region in said.regions] == ["in full", "in full", "by index", "in full"]
    assert said.unasked == ("iam:ListRoles",)
    assert [thing.id for thing in said.found] == [f"arn-{EAST}"]


def test_doubts() -> None:
    left = left_over(Removal(), sought(ALL, (EAST, WEST), TABLE))
    hidden = Standing([EAST], [Clue(WEST, ("role",), disabled=True)])
    assert list(doubts(False, (), {}, sought(), "")) == []
    assert list(doubts(True, left, {("table", EAST): Denied("dynamodb:DescribeTable")}, sought(hidden, ()), "no")) == [
        "the run was stopped before its end",
        "there was no second look: no",
        "left over: 1",
        f"{EAST}/table: not allowed to look: dynamodb:DescribeTable",
        f"{WEST}: {DISABLED}, and something may stand there",
        f"{EAST}: {OMITTED}"]


def test_what_is_left_is_named_once_with_the_first_reason() -> None:
    removal = Removal(left=[(TABLE, "it waits")])
    assert left_over(removal, sought(ALL, (EAST, WEST), TABLE, OTHER)) == (
        Left("table", EAST, f"{EAST}/table", f"arn-{EAST}", why="it waits"),
        Left("table", WEST, f"{WEST}/table", f"arn-{WEST}", why="it was there at the second look"))
    assert len(left_over(removal, None)) == 1


def test_what_was_handed_over_is_certified_and_no_doubt(offline: Stage) -> None:
    endpoint = Item(Endpoint, EAST, Found(f"{EAST}/endpoint/s3", "vpce-1", {}))
    removal = Removal(removed=[TABLE], handed=[(endpoint, "TapStack/production")])
    said = certified(offline.session(), sought(ALL, (EAST, WEST), TABLE, endpoint), removal, [], sought(), "", 60)
    assert said.clean
    assert said.handed_over == (
        Handed("endpoint", EAST, f"{EAST}/endpoint/s3", "vpce-1", to="TapStack/production"),)
    assert [thing.kind for thing in said.first.found] == ["table", "endpoint"]
    assert [thing.kind for thing in said.removed] == ["table"]


def test_a_look_is_taken_down_with_its_calls(stage: Stage) -> None:
    session = stage.session()
    witness = Witness(session.aws.connections.calls)
    assert witness(Table, session.aws) == []
    stage.wires.meter.denied = ("DescribeTable",)
    assert witness(Table, session.aws.at(WEST)) == Denied("dynamodb:DescribeTable")
    seen, denied = witness.looks
    assert (seen.kind, seen.region, seen.found, seen.denied) == ("table", EAST, 0, "")
    assert seen.calls == {f"dynamodb:DescribeTable:{EAST}": 1}
    assert (denied.region, denied.found, denied.denied) == (WEST, 0, "dynamodb:DescribeTable")
    session.aws.client("dynamodb").list_tables()
    assert len(seen.calls) == 1
