from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.corrections import ec2_peering
from tests.emulator.conftest import EAST, WEST, Aws
from tests.emulator.proof import proves, refused

DNS = {"AllowDnsResolutionFromRemoteVpc": True}
NOBODY = "pcx-00000000000000000"


def vpc(aws: Aws, region: str = EAST, cidr: str = "10.0.0.0/16") -> str:
    return str(aws("ec2", region).create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])


def default(aws: Aws, region: str) -> str:
    return str(aws("ec2", region).describe_vpcs()["Vpcs"][0]["VpcId"])


def ask(aws: Aws, mine: str, theirs: str, region: str = EAST, peer: str = WEST, **more: Any) -> str:
    made = aws("ec2", region).create_vpc_peering_connection(VpcId=mine, PeerVpcId=theirs, PeerRegion=peer, **more)
    assert made["VpcPeeringConnection"]["Status"]["Code"] in ("initiating-request", "pending-acceptance", "active")
    return str(made["VpcPeeringConnection"]["VpcPeeringConnectionId"])


def pending(aws: Aws) -> str:
    return ask(aws, vpc(aws), vpc(aws, WEST, "10.1.0.0/16"))


def accept(aws: Aws, connection: str, region: str = WEST) -> Any:
    return aws("ec2", region).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)["VpcPeeringConnection"]


def delete(aws: Aws, connection: str, region: str = EAST) -> None:
    aws("ec2", region).delete_vpc_peering_connection(VpcPeeringConnectionId=connection)


def look(aws: Aws, connection: str, region: str = EAST) -> dict[str, Any]:
    found = aws("ec2", region).describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])
    said: dict[str, Any] = found["VpcPeeringConnections"][0]
    return said


def state(aws: Aws, connection: str, region: str = EAST) -> str:
    return str(look(aws, connection, region)["Status"]["Code"])


# ---------------------------------------------------------------- asking
@proves(ec2_peering.request)
def test_default_vpcs_overlap_and_are_not_peered(aws: Aws) -> None:
    made = ask(aws, default(aws, EAST), default(aws, WEST))
    assert state(aws, made) == "failed"
    assert "overlapping CIDR range" in look(aws, made)["Status"]["Message"]


@proves(ec2_peering.request)
def test_secondary_addresses_overlap_too(aws: Aws) -> None:
    mine, theirs = vpc(aws), vpc(aws, WEST, "10.1.0.0/16")
    aws("ec2", WEST).associate_vpc_cidr_block(VpcId=theirs, CidrBlock="10.0.128.0/20")
    assert state(aws, ask(aws, mine, theirs)) == "failed"


@proves(ec2_peering.request)
def test_the_same_request_again_is_the_same_connection(aws: Aws) -> None:
    mine, theirs = vpc(aws), vpc(aws, WEST, "10.1.0.0/16")
    tags = {"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "whose", "Value": "the first's"}]}
    first = ask(aws, mine, theirs, TagSpecifications=[tags])
    assert ask(aws, mine, theirs) == first
    accept(aws, first)
    assert ask(aws, mine, theirs) == first
    assert look(aws, first)["Tags"] == tags["Tags"]
    delete(aws, first)
    assert ask(aws, mine, theirs) != first


@proves(ec2_peering.acceptance)
def test_a_pair_is_peered_once(aws: Aws) -> None:
    mine, theirs = vpc(aws), vpc(aws, WEST, "10.1.0.0/16")
    first = ask(aws, mine, theirs)
    again = ask(aws, theirs, mine, WEST, EAST)
    accept(aws, first)
    with refused("VpcPeeringConnectionAlreadyExists", again):
        accept(aws, again, EAST)
    delete(aws, first)
    accept(aws, again, EAST)


# ---------------------------------------------------------------- states
@proves(ec2_peering.request, ec2_peering.sides, ec2_peering.unknown_connection)
@pytest.mark.slow_clock
def test_the_other_region_hears_of_it_later(aws: Aws) -> None:
    made = pending(aws)
    assert state(aws, made) == "initiating-request"
    assert aws("ec2", WEST).describe_vpc_peering_connections()["VpcPeeringConnections"] == []
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        accept(aws, made)
    with refused("InvalidStateTransition", "from initiating-request to deleting"):
        delete(aws, made)
    aws.wait(2)
    assert state(aws, made) == state(aws, made, WEST) == "pending-acceptance"


@proves(ec2_peering.acceptance)
@pytest.mark.slow_clock
def test_in_one_region_a_request_is_seen_before_it_can_be_accepted(aws: Aws) -> None:
    made = ask(aws, vpc(aws), vpc(aws, cidr="10.1.0.0/16"), peer=EAST)
    with refused("InvalidStateTransition", "from initiating-request to provisioning"):
        accept(aws, made, EAST)


@proves(ec2_peering.acceptance, ec2_peering.sides)
@pytest.mark.slow_clock
def test_an_accepted_one_is_provisioned_first(aws: Aws) -> None:
    made = pending(aws)
    aws.wait(2)
    assert accept(aws, made)["Status"]["Code"] == "provisioning"
    assert state(aws, made) == state(aws, made, WEST) == "provisioning"
    aws.wait(8)
    assert state(aws, made) == state(aws, made, WEST) == "active"


def test_it_is_accepted_where_the_accepter_is_and_once(aws: Aws) -> None:
    made = pending(aws)
    with refused("OperationNotPermitted", f"must be accepted in region {WEST}"):
        accept(aws, made, EAST)
    accept(aws, made)
    with refused("InvalidStateTransition"):
        accept(aws, made)


@proves(ec2_peering.unknown_connection)
def test_an_unknown_one_is_said(aws: Aws) -> None:
    for call in look, accept, delete:
        with refused("InvalidVpcPeeringConnectionID.NotFound", NOBODY):
            call(aws, NOBODY)
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        aws("ec2").create_tags(Resources=[NOBODY], Tags=[{"Key": "a", "Value": "b"}])


# ---------------------------------------------------------------- two sides
@proves(ec2_peering.sides)
def test_each_side_has_its_own_tags(aws: Aws) -> None:
    mine, theirs = [{"Key": "side", "Value": "mine"}], [{"Key": "side", "Value": "theirs"}]
    made = pending(aws)
    aws("ec2").create_tags(Resources=[made], Tags=mine)
    assert (look(aws, made)["Tags"], look(aws, made, WEST)["Tags"]) == (mine, [])
    aws("ec2", WEST).create_tags(Resources=[made], Tags=theirs)
    assert (look(aws, made)["Tags"], look(aws, made, WEST)["Tags"]) == (mine, theirs)


@proves(ec2_peering.sides)
@pytest.mark.parametrize(("name", "found"), [
    ("tag:side", "mine"), ("status-code", "active"), ("vpc-peering-connection-id", ""),
    ("requester-vpc-info.vpc-id", ""), ("accepter-vpc-info.vpc-id", "")])
def test_connections_are_filtered(aws: Aws, name: str, found: str) -> None:
    made, other = pending(aws), pending(aws)
    aws("ec2").create_tags(Resources=[made], Tags=[{"Key": "side", "Value": "mine"}])
    accept(aws, made)
    said = look(aws, made)
    value = found or {"vpc-peering-connection-id": made, "requester-vpc-info.vpc-id": said["RequesterVpcInfo"]["VpcId"],
                      "accepter-vpc-info.vpc-id": said["AccepterVpcInfo"]["VpcId"]}[name]
    seen = aws("ec2").describe_vpc_peering_connections(Filters=[{"Name": name, "Values": [value]}])
    assert [one["VpcPeeringConnectionId"] for one in seen["VpcPeeringConnections"]] == [made]
    assert other != made


def test_a_filter_that_nobody_needs_is_refused(aws: Aws) -> None:
    pending(aws)
    with refused("NotImplemented"):
        aws("ec2").describe_vpc_peering_connections(Filters=[{"Name": "expiration-time", "Values": ["x"]}])


@proves(ec2_peering.options)
def test_options_are_of_an_active_one_and_each_sides_in_its_region(aws: Aws) -> None:
    made, east, west = pending(aws), aws("ec2"), aws("ec2", WEST)
    with refused("OperationNotPermitted", "only to active peerings"):
        east.modify_vpc_peering_connection_options(VpcPeeringConnectionId=made, RequesterPeeringConnectionOptions=DNS)
    accept(aws, made)
    with refused("OperationNotPermitted", f"must be modified in {WEST}"):
        east.modify_vpc_peering_connection_options(VpcPeeringConnectionId=made, AccepterPeeringConnectionOptions=DNS)
    with refused("OperationNotPermitted", f"must be modified in {EAST}"):
        west.modify_vpc_peering_connection_options(VpcPeeringConnectionId=made, RequesterPeeringConnectionOptions=DNS)
    east.modify_vpc_peering_connection_options(VpcPeeringConnectionId=made, RequesterPeeringConnectionOptions=DNS)
    west.modify_vpc_peering_connection_options(VpcPeeringConnectionId=made, AccepterPeeringConnectionOptions=DNS)
    for side, region in ("Requester", EAST), ("Accepter", WEST):
        told = look(aws, made, region)[f"{side}VpcInfo"]["PeeringOptions"]
        assert told["AllowDnsResolutionFromRemoteVpc"] is True


# ---------------------------------------------------------------- the end
@proves(ec2_peering.deletion)
@pytest.mark.slow_clock
def test_a_deleted_one_lingers_with_its_tags(aws: Aws) -> None:
    made = pending(aws)
    aws("ec2").create_tags(Resources=[made], Tags=[{"Key": "a", "Value": "b"}])
    aws.wait(2)
    accept(aws, made)
    aws.wait(8)
    delete(aws, made, WEST)
    assert state(aws, made) == "deleting"
    aws.wait(2)
    assert state(aws, made) == state(aws, made, WEST) == "deleted"
    assert look(aws, made)["Tags"] == [{"Key": "a", "Value": "b"}]
    with refused("InvalidStateTransition", "from deleted to deleting"):
        delete(aws, made)


@proves(ec2_peering.deletion)
def test_a_request_is_deleted_by_the_requester_and_a_failed_one_by_nobody(aws: Aws) -> None:
    made, failed = pending(aws), ask(aws, default(aws, EAST), default(aws, WEST))
    with refused("InvalidStateTransition", "from pending-acceptance"):
        delete(aws, made, WEST)
    delete(aws, made)
    with refused("InvalidStateTransition", "from failed to deleting"):
        delete(aws, failed)


# ---------------------------------------------------------------- routes
@proves(ec2_peering.routes_into_nothing)
def test_a_route_leads_into_a_black_hole_before_and_after(aws: Aws) -> None:
    mine, client = vpc(aws), aws("ec2")
    made = ask(aws, mine, vpc(aws, WEST, "10.1.0.0/16"))
    table = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [mine]}])["RouteTables"][0]
    client.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="10.1.0.0/16",
                        VpcPeeringConnectionId=made)

    def seen() -> dict[str, str]:
        now = client.describe_route_tables(RouteTableIds=[table["RouteTableId"]])["RouteTables"][0]["Routes"]
        return {route["DestinationCidrBlock"]: route["State"] for route in now}

    assert seen() == {"10.0.0.0/16": "active", "10.1.0.0/16": "blackhole"}
    accept(aws, made)
    assert seen() == {"10.0.0.0/16": "active", "10.1.0.0/16": "active"}
    delete(aws, made)
    assert seen() == {"10.0.0.0/16": "active", "10.1.0.0/16": "blackhole"}
