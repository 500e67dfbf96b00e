"""What is no longer wanted: what a plan says of it, and what `up --prune` removes."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tapctl.down import find
from tapctl.errors import ConfigurationError, Exit, UsageError
from tapctl.events import Change, Ended, Outputs, Planned, Problem
from tapctl.model import Denied, Found, Kind
from tapctl.observe import Item, World
from tapctl.operations import prunable, up, with_deletions
from tapctl.resources.alarm import Alarm
from tapctl.resources.database import Database
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.role import Role
from tapctl.resources.table import Table
from tapctl.session import Session
from tapctl.view import named
from tests.memory import refusal
from tests.stage import EAST, WEST, Stage, no, stack_alarm, stack_parts, yes


def test_what_is_no_longer_wanted(stage: Stage, one: Session) -> None:
    name = stack_alarm(stage, EAST)
    alarm = f"{EAST}/alarm/replica-lag"
    assert up(one, no) is Exit.DONE
    (planned,) = stage.heard(Planned)
    assert len(planned.surplus) == 1
    assert planned.surplus[0].startswith(f"{alarm} (")
    assert not stage.wires.meter.mutating

    with pytest.raises(UsageError):
        up(stage.again(one), no, prune=True)
    (planned,) = stage.heard(Planned)
    assert [(change.key, change.what) for change in planned.changes] == [(alarm, "delete")]
    assert planned.surplus == ()
    assert not stage.wires.meter.mutating

    pruning = stage.again(one)
    stage.wires.meter.denied = ("cloudwatch:DeleteAlarms",)
    assert up(pruning, yes, prune=True) is Exit.FAILED
    (problem,) = stage.heard(Problem)
    assert problem.key == alarm
    assert "AccessDenied" in problem.message
    assert not stage.heard(Outputs)

    assert up(stage.again(one), yes, prune=True) is Exit.DONE
    assert stage.heard(Ended)[0].counts == {"delete": 1}
    assert not stage.wires.raw("cloudwatch", EAST).describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert [call.operation for call in stage.wires.meter.mutating] == [
        "PutParameter", "DeleteAlarms", "DeleteParameter"]


def test_nothing_is_pruned_with_credentials_that_ended(stage: Stage) -> None:
    stack_alarm(stage, EAST)
    expired = refusal("ExpiredTokenException")
    with (patch.object(Table, "create", side_effect=expired),
          pytest.raises(ConfigurationError, match="the run ended half-way")):
        up(stage.session(regions=[EAST]), yes, prune=True)
    assert "DeleteAlarms" not in {call.operation for call in stage.wires.meter.mutating}


def item(kind: type[Kind], region: str = EAST) -> Item:
    return Item(kind, region, Found(f"{region}/{kind.kind}", f"id-{kind.kind}", {}))


def test_what_holds_data_keeps_what_it_uses() -> None:
    role, alarm, database, subnets = item(Role), item(Alarm), item(Database), item(DbSubnetGroup)
    assert prunable(World(surplus=[role, alarm, subnets])) == [role, alarm, subnets]
    assert prunable(World(surplus=[role, alarm, database, subnets])) == [role, alarm]
    assert prunable(World(surplus=[role, alarm, subnets], denied={("database", WEST): Denied("no")})) == [role, alarm]
    assert prunable(World()) == []


def test_deletions_are_shown_in_their_region() -> None:
    east, west, other = item(Role), item(Role, WEST), item(Alarm, WEST)
    table = item(Table)
    assert with_deletions(Planned(()), [table, east]).changes == (
        Change(table.it.key, "delete", table.it.id, loses=Table.holds_data), Change(east.it.key, "delete", east.it.id))
    planned = with_deletions(
        Planned((Change(f"{EAST}/table", "create"), Change(f"{WEST}/table", "create")),
                surplus=tuple(map(named, (east, west, other)))), [west, east])
    assert [(change.key, change.what) for change in planned.changes] == [
        (f"{EAST}/table", "create"), (f"{EAST}/role", "delete"),
        (f"{WEST}/table", "create"), (f"{WEST}/role", "delete")]
    assert planned.surplus == (named(other),)


def test_a_region_that_is_configured_no_longer_is_pruned_but_for_its_data(stage: Stage) -> None:
    keys = stack_parts(stage, WEST)
    session = stage.session(regions=[EAST])
    assert up(session, yes, prune=True) is Exit.DONE
    left = {item.it.key for item in find(stage.again(session)).items if item.region == WEST}
    assert left == {f"{WEST}/table", f"{WEST}/kms_key"} < keys
