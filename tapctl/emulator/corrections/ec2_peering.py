"""Peering connections: their states, their two sides, and what is refused of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from moto.ec2.models import ec2_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects
from tapctl.emulator.dispatch import plain

_API = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
_BASICS = "https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html"
_STATES = "peering states"
_OVER = ("deleting", "deleted", "failed", "rejected", "expired")


def _connections(region: str) -> Mapping[str, Any]:
    """moto keeps one object for both sides."""
    found: Mapping[str, Any] = ec2_backends[ACCOUNT][region].vpc_pcxs
    return found


def _state(connection: Any) -> str:
    return str(lifecycle.state(_STATES, connection.id) or connection._status.code)


def _seen(region: str, identifier: str) -> bool:
    """The accepter's region learns of a request only when it is no longer being initiated."""
    connection = _connections(region).get(identifier)
    return connection is not None and (region == connection.vpc.region or _state(connection) != "initiating-request")


def _named(params: Mapping[str, Any]) -> Iterator[str]:
    yield from (params[name] for name in ("VpcPeeringConnectionId",) if name in params)
    yield from params.get("VpcPeeringConnectionIds", ())
    yield from (name for name in params.get("Resources", ()) if name.startswith("pcx-"))


@corrects("ec2", "AcceptVpcPeeringConnection", "CreateRoute", "CreateTags", "DeleteVpcPeeringConnection",
          "DescribeVpcPeeringConnections", "ModifyVpcPeeringConnectionOptions",
          page="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html")
def unknown_connection(call: Call, ask: Ask) -> Answer:
    """What a region doesn't know, or doesn't know yet, is said in AWS's spelling, by a describe call too."""
    for identifier in _named(call.params):
        if not _seen(call.region, identifier):
            raise Refusal("InvalidVpcPeeringConnectionID.NotFound",
                          f"The vpcPeeringConnection ID '{identifier}' does not exist")
    return ask()


@corrects("ec2", "CreateVpcPeeringConnection", page=_API + "API_CreateVpcPeeringConnection.html")
def request(call: Call, ask: Ask) -> Answer:
    """With overlapping addresses, secondary ones too, the call succeeds and the connection turns out to be failed;
    asked for once more in the same direction, the one that is there is answered."""
    params = call.params
    mine = ec2_backends[ACCOUNT][call.region].get_vpc(params["VpcId"])
    theirs = ec2_backends[ACCOUNT][params.get("PeerRegion", call.region)].get_vpc(params["PeerVpcId"])
    for other in _connections(call.region).values():
        # measured by others: https://github.com/hashicorp/terraform-provider-aws/issues/27750
        if (other.vpc.id, other.peer_vpc.id) == (mine.id, theirs.id) and _state(other) not in _OVER:
            return {"VpcPeeringConnection": _described(call.region, other.id)}
    answer = ask()
    made = _connections(call.region)[answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]]
    lifecycle.begin(_STATES, made.id, ("initiating-request", durations.PEERING_REQUEST))
    if any(one.overlaps(other) for one in _blocks(mine) for other in _blocks(theirs)):
        made._status.code = "failed"
        made._status.message = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
    return answer


def _blocks(vpc: Any) -> list[IPv4Network | IPv6Network]:
    return [ip_network(one["cidr_block"]) for ipv6 in (False, True)
            for one in vpc.get_cidr_block_association_set(ipv6=ipv6)]


def _described(region: str, identifier: str) -> dict[str, Any]:
    found = plain("ec2", "DescribeVpcPeeringConnections", region, {"VpcPeeringConnectionIds": [identifier]})
    return _as_seen(region, found["VpcPeeringConnections"][0])


def _as_seen(region: str, said: dict[str, Any]) -> dict[str, Any]:
    """In the state of now, with the tags that this side has."""
    ec2, identifier = ec2_backends[ACCOUNT][region], said["VpcPeeringConnectionId"]
    passing = lifecycle.state(_STATES, identifier)
    if passing:
        said["Status"] = {"Code": passing, "Message": passing.replace("-", " ").capitalize()}
    said["Tags"] = [{"Key": tag["key"], "Value": tag["value"]}
                    for tag in ec2.describe_tags(filters={"resource-id": [identifier]})]
    return said


@corrects("ec2", "DescribeVpcPeeringConnections", page=_BASICS)
def sides(call: Call, ask: Ask) -> Answer:
    """In the state that the clock says, and tags are those of the side that is asked; moto knows no filters."""
    filters = call.params.pop("Filters", [])
    answer = ask()
    seen = [_as_seen(call.region, said) for said in answer["VpcPeeringConnections"]
            if _seen(call.region, said["VpcPeeringConnectionId"])]
    return {**answer, "VpcPeeringConnections": [
        said for said in seen if all(_value(said, one["Name"]) in one["Values"] for one in filters)]}


def _value(said: Mapping[str, Any], name: str) -> Any:
    """What a filter compares."""
    if name.startswith("tag:"):
        return {tag["Key"]: tag["Value"] for tag in said["Tags"]}.get(name.removeprefix("tag:"))
    values = {"vpc-peering-connection-id": said["VpcPeeringConnectionId"], "status-code": said["Status"]["Code"],
              "requester-vpc-info.vpc-id": said["RequesterVpcInfo"]["VpcId"],
              "accepter-vpc-info.vpc-id": said["AccepterVpcInfo"]["VpcId"]}
    if name not in values:
        raise NotImplementedError(f"the filter {name}")
    return values[name]


@corrects("ec2", "AcceptVpcPeeringConnection", page=_API + "API_AcceptVpcPeeringConnection.html")
def acceptance(call: Call, ask: Ask) -> Answer:
    """`provisioning` at first. A pair of VPCs is peered once, whoever asked whom."""
    accepted = _connections(call.region)[call.params["VpcPeeringConnectionId"]]
    pair = {accepted.vpc.id, accepted.peer_vpc.id}
    for other in _connections(call.region).values():
        # measured by others: https://github.com/hashicorp/terraform-provider-aws/issues/44315
        if other is not accepted and {other.vpc.id, other.peer_vpc.id} == pair and _state(other) in (
                "provisioning", "active"):
            raise Refusal("VpcPeeringConnectionAlreadyExists",
                          f"The vpc peering connection identified by {accepted.id} already exists.")
    if _state(accepted) == "initiating-request":
        raise _refused(accepted, "provisioning")
    answer = ask()
    lifecycle.begin(_STATES, accepted.id, ("provisioning", durations.PEERING))
    answer["VpcPeeringConnection"]["Status"] = {"Code": "provisioning", "Message": "Provisioning"}
    return answer


def _refused(connection: Any, to: str) -> Refusal:
    return Refusal("InvalidStateTransition", f"Invalid state transition for {connection.id}, attempted to transition "
                   f"from {_state(connection)} to {to}")


@corrects("ec2", "ModifyVpcPeeringConnectionOptions", page=_API + "API_ModifyVpcPeeringConnectionOptions.html")
def options(call: Call, ask: Ask) -> Answer:
    """Only of an active connection, and those of each side only in its own region."""
    connection = _connections(call.region)[call.params["VpcPeeringConnectionId"]]
    if _state(connection) != "active":
        raise Refusal("OperationNotPermitted", f"Peering {connection.id} is not active. Peering options can be added "
                      "only to active peerings.")
    for side, vpc in ("Requester", connection.vpc), ("Accepter", connection.peer_vpc):
        if f"{side}PeeringConnectionOptions" in call.params and vpc.region != call.region:
            raise Refusal("OperationNotPermitted", f"Incorrect region ({call.region}) specified for this request. "
                          f"The {side.lower()}'s options of {connection.id} must be modified in {vpc.region}")
    return ask()


@corrects("ec2", "DeleteVpcPeeringConnection", page=_API + "API_DeleteVpcPeeringConnection.html")
def deletion(call: Call, ask: Ask) -> Answer:
    """Either side deletes an active one, the requester one that is pending; all others are left to AWS."""
    connection = _connections(call.region)[call.params["VpcPeeringConnectionId"]]
    if _state(connection) not in ("active", *(("pending-acceptance",) if call.region == connection.vpc.region else ())):
        raise _refused(connection, "deleting")
    answer = ask()
    lifecycle.begin(_STATES, connection.id, ("deleting", durations.PEERING_DELETE))
    return answer


@corrects("ec2", "DescribeRouteTables", page=_API + "API_Route.html")
def routes_into_nothing(call: Call, ask: Ask) -> Answer:
    """A route to a connection that isn't active, or no longer, leads into a black hole, and stays."""
    answer = ask()
    for table in answer["RouteTables"]:
        for route in table["Routes"]:
            connection = _connections(call.region).get(route.get("VpcPeeringConnectionId", ""))
            if connection is not None and _state(connection) != "active":
                route["State"] = "blackhole"
    return answer
