"""The routes to a peering connection, in the route tables of both regions, and those that a deleted one leaves behind.

A route takes no tags: it is the stack's if it leads to a connection of the stack's. AWS keeps the routes of a deleted
connection as black holes. https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html

That the accepter's region can't be asked is no error of the requester's, where everything else goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from tapctl.explain import BAD_CREDENTIALS
from tapctl.model import Aws, Found, Gone, Kept, Kind, Refused, Unknown
from tapctl.naming import claims, tag_dict
from tapctl.observe import DENIED, refusal
from tapctl.paging import pages
from tapctl.tags import ours
from tapctl.waiting import absent, code, tolerate

T = TypeVar("T")
Route = tuple[str, str, str]  # region, route table, destination
NOT_FOUND = ("InvalidVpcPeeringConnectionID.NotFound", "InvalidVpcPeeringConnectionId.NotFound")
LIVE = ("active", "provisioning", "pending-acceptance", "initiating-request", "deleting")  # the best claim first
# what EC2 answers where the account, or this caller, has no business: credentials are not known in a disabled region
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
CLOSED = DENIED | BAD_CREDENTIALS | {"OptInRequired"}
TARGETS = ("GatewayId", "ConnectionId", "InterfaceId", "Arn")  # how the names of a route's fields of this kind end


# ---------------------------------------------------------------- connections, as either side tells them
def described(aws: Aws, *filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """By filters only: they, unlike an id, answer nothing instead of an error for what isn't there."""
    return pages(aws.client("ec2"), "describe_vpc_peering_connections", "VpcPeeringConnections", Filters=list(filters))


def named(connection: str) -> dict[str, Any]:
    """The filter of a describe call."""
    return {"Name": "vpc-peering-connection-id", "Values": [connection]}


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
    return aws, aws.at(peer_of(it))


def peer_of(it: Found) -> str:
    """The accepter's region."""
    return it.key.rpartition("/")[2]


def answered(call: Callable[[], T]) -> T:
    """What the accepter's region answers. Raises Unknown, with the reason: it can't be asked."""
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and code(error) not in CLOSED:
            raise
        raise Unknown(refusal(error)) from error


def with_peer(aws: Aws, it: Found) -> dict[str, Any]:
    """What both regions say of it: under "Peer" the accepter's word, which is none for the first seconds, or else under
    "PeerUnseen" why it can't be asked for it."""
    try:
        return {**it.raw, "Peer": answered(lambda: next(described(ends(aws, it)[1], named(it.id)), {}))}
    except Unknown as unknown:
        return {**it.raw, "Peer": {}, "PeerUnseen": str(unknown)}


def peer(it: Found) -> Mapping[str, Any]:
    """The accepter's word. Raises Unknown, with the reason: it couldn't be asked for it."""
    if it.raw.get("PeerUnseen"):
        raise Unknown(it.raw["PeerUnseen"])
    word: Mapping[str, Any] = it.raw["Peer"]
    return word


# ---------------------------------------------------------------- routes
def read_routes(aws: Aws, it: Found) -> frozenset[Route]:
    """All in both regions that lead to this connection, wherever they start. Raises Unknown: as peer() does."""
    peer(it)
    return frozenset().union(*(routes_in(here, it) for here in ends(aws, it)))


def routes_in(aws: Aws, it: Found) -> frozenset[Route]:
    """In one region."""
    return frozenset((aws.place.region, table["RouteTableId"], route["DestinationCidrBlock"])
                     for table in _tables(aws, it.id) for route in table["Routes"]
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


def clear(aws: Aws, it: Found) -> None:
    """Take away all that lead to it. Raises Unknown, once those on its own side are gone: as answered() does."""
    here, there = ends(aws, it)
    put_routes(aws, it, routes_in(here, it), frozenset())
    put_routes(aws, it, answered(partial(routes_in, there, it)), frozenset())


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
    """Routes to a connection of the stack's that is no more: somebody deleted it by hand, or the accepter's region
    couldn't be asked for its own. They are found as long as AWS shows the connection, two hours."""

    kind: ClassVar[str] = "peering_routes"
    sweep: ClassVar[bool] = True

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        for raw in described(aws, *ours(aws)):
            key = claimed(aws, raw)
            if key and status(raw) not in LIVE:
                it = Found(key, raw["VpcPeeringConnectionId"], raw)
                if _some_left(aws, it):
                    yield it

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        try:
            clear(aws, it)
        except Unknown as unknown:
            raise Kept(unseen(it, unknown)) from unknown
        return Gone.NOW


def unseen(it: Found, why: Unknown) -> str:
    """What is said of its routes where the accepter's region can't be asked."""
    region = peer_of(it)
    return (f"routes to it may be left in {region}, as black holes: {why}. Within two hours of its deletion, "
            f"`tapctl down` takes them away where {region} can be asked; or: aws ec2 delete-route --region {region} "
            "--route-table-id rtb-... --destination-cidr-block ...")


def to_be_left(aws: Aws, it: Found) -> str:
    """The same of one that is about to go. Empty: they can be seen, and go with it."""
    try:
        answered(partial(routes_in, ends(aws, it)[1], it))
    except Unknown as unknown:
        return unseen(it, unknown)
    return ""


def _some_left(aws: Aws, it: Found) -> bool:
    """Also where that can't be seen: it is not the same as none."""
    here, there = ends(aws, it)
    try:
        return bool(routes_in(here, it) or answered(partial(routes_in, there, it)))
    except Unknown:
        return True
