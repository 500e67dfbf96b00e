"""Two regions with a VPC each, and what stands between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tapctl.facts import survey
from tests.conformance.lab import Wires
from tests.conformance.meter import Meter
from tests.resources.part import NewPart, Part
from tests.vpcs import made as made_vpc

EAST, WEST = "us-east-1", "us-west-2"
KEY = f"{EAST}/peering/{WEST}"
Joined = Callable[..., Part]
Close = Callable[[Meter, str], object]


def joined(wires: Wires, new: NewPart) -> Joined:
    vpcs: dict[str, str] = {}

    def make(*kinds: str, regions: tuple[str, ...] = (EAST, WEST), **more: Any) -> Part:
        """These kinds, or the peering alone, where each region has a VPC of its own: 10.0.0.0/16, 10.1.0.0/16."""
        for at, region in enumerate((EAST, WEST)):
            vpcs[region] = vpcs.get(region) or made_vpc(wires.raw("ec2", region), region, at).id
        return new(*(kinds or ("peering",)), regions=regions, **{
            "network.vpc_id": {region: vpcs[region] for region in regions}}, **more)

    return make


def vpc(part: Part, region: str) -> str:
    return part.settings.network.vpc_id[region]


def connections(part: Part, region: str = EAST) -> dict[str, dict[str, Any]]:
    found = part.client("ec2", region).describe_vpc_peering_connections()["VpcPeeringConnections"]
    return {one["VpcPeeringConnectionId"]: one for one in found}


def said(part: Part, region: str = EAST) -> dict[str, Any]:
    """The one that isn't over."""
    one, = (one for one in connections(part, region).values() if one["Status"]["Code"] not in ("deleted", "rejected"))
    return one


def led(part: Part, region: str) -> dict[tuple[str, str], str]:
    """(route table, destination) -> connection, of all routes to connections."""
    tables = part.client("ec2", region).describe_route_tables()["RouteTables"]
    return {(table["RouteTableId"], route["DestinationCidrBlock"]): route["VpcPeeringConnectionId"] for table in tables
            for route in table["Routes"] if "VpcPeeringConnectionId" in route}


def private_tables(part: Part, region: str) -> tuple[str, ...]:
    return survey(part.cloud, part.settings)[region].route_tables


def asked_by_hand(part: Part, tagged: str = KEY, **vpcs: str) -> str:
    """A request for a connection with the stack's tags, as a run leaves it that dies then."""
    tags: Any = [{"Key": name, "Value": value} for name, value in part.place.tags(tagged).items()]
    return str(part.client("ec2").create_vpc_peering_connection(**{
        "VpcId": vpc(part, EAST), "PeerVpcId": vpc(part, WEST), "PeerRegion": WEST,
        "TagSpecifications": [{"ResourceType": "vpc-peering-connection", "Tags": tags}], **vpcs,
    })["VpcPeeringConnection"]["VpcPeeringConnectionId"])


def foreign(part: Part) -> str:
    """Somebody else's connection of the two VPCs, active."""
    made = part.client("ec2").create_vpc_peering_connection(
        VpcId=vpc(part, EAST), PeerVpcId=vpc(part, WEST), PeerRegion=WEST)["VpcPeeringConnection"]
    part.client("ec2", WEST).accept_vpc_peering_connection(VpcPeeringConnectionId=made["VpcPeeringConnectionId"])
    return str(made["VpcPeeringConnectionId"])


# ---------------------------------------------------------------- a region that can't be asked
def disabled(meter: Meter, region: str) -> None:
    meter.disabled = (region,)


def denied(meter: Meter, region: str) -> None:
    meter.denied = (region,)


def out_of_reach(meter: Meter, region: str) -> None:
    meter.sever = lambda call: call.region == region


WAYS: dict[Close, str] = {disabled: "DescribeVpcPeeringConnections: AuthFailure",
                          denied: "not allowed: ec2:DescribeVpcPeeringConnections",
                          out_of_reach: "it can't be asked (Severed)"}
closed = pytest.mark.parametrize(("close", "why"), WAYS.items(), ids=[way.__name__ for way in WAYS])
