"""The routes to a peering connection, in the route tables of both regions, and those that a deleted one leaves behind.

A route takes no tags: it is the stack's if it leads to a connection of the stack's. AWS keeps the routes of a deleted
connection as black holes. https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.model import Aws, Found, Gone, Kind, Refused
from tapctl.naming import claims, tag_dict
from tapctl.paging import pages
from tapctl.tags import ours
from tapctl.waiting import absent, code, tolerate

Route = tuple[str, str, str]  # region, route table, destination
NOT_FOUND = ("InvalidVpcPeeringConnectionID.NotFound", "InvalidVpcPeeringConnectionId.NotFound")
LIVE = ("active", "provisioning", "pending-acceptance", "initiating-request", "deleting")  # the best claim first
TARGETS = ("GatewayId", "ConnectionId", "InterfaceId", "Arn")  # how the names of a route's fields of this kind end


# ---------------------------------------------------------------- connections, as either side tells them
def described(aws: Aws, *filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """By filters only: they, unlike an id, answer nothing instead of an error for what isn't there."""
    return pages(aws.client("ec2"), "describe_vpc_peering_connections", "VpcPeeringConnections", Filters=list(filters))


def status(raw: Mapping[str, Any]) -> str:
    return str(raw["Status"]["Code"]) if raw else ""


def claimed(aws: Aws, raw: Mapping[str, Any]) -> str | None:
    """The key that its tags claim, if it was asked for here, in this account, and of the region in the key."""
    sides = [(raw[side].get("OwnerId"), raw[side].get("Region")) for side in ("RequesterVpcInfo", "AccepterVpcInfo")]
    key, account = claims(tag_dict(raw.get("Tags", [])), aws.place), aws.place.account
    peer = key.rpartition("/")[2] if key else ""
    true = key == f"{aws.place.region}/peering/{peer}" and sides == [(account, aws.place.region), (account, peer)]
    return key if true else None


def ends(aws: Aws, it: Found) -> tuple[Aws, Aws]:
    """AWS as the requester and as the accepter have it."""
    return aws, aws.at(it.key.rpartition("/")[2])


# ---------------------------------------------------------------- routes
def read_routes(aws: Aws, it: Found) -> frozenset[Route]:
    """All in both regions that lead to this connection, wherever they start."""
    return frozenset((here.place.region, table["RouteTableId"], route["DestinationCidrBlock"])
                     for here in ends(aws, it) for table in _tables(here, it.id) for route in table["Routes"]
                     if route.get("VpcPeeringConnectionId") == it.id and "DestinationCidrBlock" in route)


def _tables(aws: Aws, connection: str) -> Iterator[Mapping[str, Any]]:
    return pages(aws.client("ec2"), "describe_route_tables", "RouteTables",
                 Filters=[{"Name": "route.vpc-peering-connection-id", "Values": [connection]}])


def put_routes(aws: Aws, it: Found, have: frozenset[Route], want: frozenset[Route]) -> None:
    """Raises Refused: another's route is there already."""
    for region, table, destination in sorted(want - have):
        _lead(aws.at(region), table, destination, it.id)
    for region, table, destination in sorted(have - want):
        absent(partial(aws.at(region).client("ec2").delete_route, RouteTableId=table,
                       DestinationCidrBlock=destination), "InvalidRoute.NotFound", "InvalidRouteTableID.NotFound")


def _lead(aws: Aws, table: str, destination: str, connection: str) -> None:
    """Make the route, or turn the one to it that an earlier connection of this stack has left behind."""
    ec2 = aws.client("ec2")
    route = {"RouteTableId": table, "DestinationCidrBlock": destination, "VpcPeeringConnectionId": connection}
    try:
        tolerate(partial(ec2.create_route, **route), *NOT_FOUND)
    except ClientError as error:
        if code(error) != "RouteAlreadyExists":
            raise
        there = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        target = next((target_of(one) for one in there if one.get("DestinationCidrBlock") == destination), "")
        left = {raw["VpcPeeringConnectionId"] for raw in described(aws, *ours(aws)) if status(raw) not in LIVE}
        if target in left:
            ec2.replace_route(**route)
        elif target != connection:
            raise Refused(taken((aws.place.region, table, destination), target)) from error


def target_of(route: Mapping[str, Any]) -> str:
    """What a route leads to: the id of a gateway, connection or interface, "local", ..."""
    return next((str(value) for name, value in route.items() if name.endswith(TARGETS)), "")


def taken(route: Route, target: str) -> str:
    """What is said where somebody else's route is in the way."""
    region, table, destination = route
    return (f"{region}: the route to {destination} in {table} leads to {target}, which isn't this stack's to change. "
            'Take it away, or set peering = "off" under [network]')


# ---------------------------------------------------------------- what is left
class LeftRoutes(Kind):
    """Routes to a connection of the stack's that somebody deleted by hand; found as long as AWS shows it, two hours."""

    kind: ClassVar[str] = "peering_routes"
    sweep: ClassVar[bool] = True

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        for raw in described(aws, *ours(aws)):
            key = claimed(aws, raw)
            if key and status(raw) not in LIVE:
                it = Found(key, raw["VpcPeeringConnectionId"], raw)
                if read_routes(aws, it):
                    yield it

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        put_routes(aws, it, read_routes(aws, it), frozenset())
        return Gone.NOW
