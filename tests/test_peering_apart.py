"""A region that can't be asked, at the other end of a peering connection: the commands work without it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tapctl import down, operations
from tapctl.errors import Exit, UsageError
from tapctl.events import Planned, Problem
from tapctl.naming import tag_list
from tapctl.standing import DISABLED
from tapctl.status import collect, status
from tapctl.view import view
from tests.conformance.meter import Meter
from tests.resources.peering.joined import Close, denied, disabled
from tests.stage import EAST, WEST, Stage, no, stack_role
from tests.vpcs import made

KEY, OUTPUT = f"{EAST}/peering/{WEST}", "peering_connection_id_us_west_2"


def connected(stage: Stage) -> tuple[str, dict[str, Any]]:
    """An active connection of the stack's. Its id, and settings without the other region."""
    vpcs = {region: made(stage.wires.raw("ec2", region), region, at).id for at, region in enumerate((EAST, WEST))}
    tags = tag_list(stage.session().place.tags(KEY))
    name = str(stage.wires.raw("ec2", EAST).create_vpc_peering_connection(
        VpcId=vpcs[EAST], PeerVpcId=vpcs[WEST], PeerRegion=WEST,
        TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": tags}],
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"])
    west = stage.wires.raw("ec2", WEST)
    west.accept_vpc_peering_connection(VpcPeeringConnectionId=name)
    west.create_tags(Resources=[name], Tags=tags)
    table = west.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpcs[WEST]]}])["RouteTables"][0]
    west.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="10.0.10.0/24",
                      VpcPeeringConnectionId=name)
    stack_role(stage, "staging", WEST)
    return name, {"regions": (EAST,), "network.vpc_id": {EAST: vpcs[EAST]}}


def test_a_disabled_region_that_was_taken_out_stops_nothing(stage: Stage) -> None:
    name, settings = connected(stage)
    stage.wires.meter.disabled = (WEST,)
    seen = view(stage.session(**settings))
    assert [line for line in seen.planned.surplus if "peering" in line] == [f"{KEY} ({name})"]
    assert f"{WEST}: not looked at: {DISABLED}, but role TapStack-staging-{WEST} tells of it" in seen.notes
    rows = {row["key"]: row for row in status(stage.session(**settings))}
    assert rows[KEY] == {"key": KEY, "id": name, "drift": "no longer wanted", "serves": "no", "state":
                         f"not visible in {WEST}: DescribeVpcPeeringConnections: AuthFailure"}
    assert collect(stage.session(**settings))["regions"] == {EAST: {OUTPUT: name}}
    session = stage.session(command="down", **settings)
    assert down.down(session, down.find(session), quiet=0) is Exit.LEFT_OVER
    told = {event.key: event.message for event in stage.heard(Problem)}
    assert told[KEY].startswith(f"{name} is left over: routes to it may be left in {WEST}, as black holes: "
                                "DescribeRouteTables: AuthFailure. ")


def without_its_routes(meter: Meter, region: str) -> None:
    meter.sever = lambda call: (call.region, call.operation) == (region, "DescribeRouteTables")


@pytest.mark.parametrize("close", [disabled, denied, without_its_routes])
def test_pruning_names_in_its_plan_the_routes_that_it_cant_see(stage: Stage, close: Close) -> None:
    name, settings = connected(stage)

    def told() -> list[str]:
        with pytest.raises(UsageError):
            operations.up(stage.session(**settings), no, prune=True)
        planned = stage.heard(Planned)[-1]
        assert KEY in {change.key for change in planned.changes if change.what == "delete"}
        return [note for note in planned.notes if "black holes" in note]

    assert told() == []
    close(stage.wires.meter, WEST)
    note, = told()
    assert note.startswith(f"{KEY}: {name}: routes to it may be left in {WEST}, as black holes: ")
    assert f"aws ec2 delete-route --region {WEST}" in note


def test_outputs_of_one_region_do_without_another_that_is_out_of_reach(stage: Stage) -> None:
    name, settings = connected(stage)
    stage.wires.meter.sever = lambda call: call.region == WEST
    settings["regions"] = (EAST, WEST)
    settings["network.vpc_id"] = {}
    assert collect(stage.session(chosen=[EAST], **settings))["regions"] == {EAST: {OUTPUT: name}}
    code, out, _ = stage.run("outputs", "--env", "staging", "--region", EAST, "--format", "json")
    assert (code, json.loads(out)["regions"]) == (0, {EAST: {OUTPUT: name}})
    session = stage.session(command="down", chosen=[EAST], **settings)
    assert down.down(session, down.find(session, [EAST]), quiet=0) is Exit.LEFT_OVER
    told, = stage.heard(Problem)
    assert told.message.startswith(f"{name} is left over: routes to it may be left in {WEST}")
    assert "it can't be asked (Severed)" in told.message
