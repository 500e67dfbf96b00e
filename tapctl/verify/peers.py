"""The other regions of the stack: whose VPC is joined with this one's, and whether the way there is open.

https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from tapctl.resources.database import Database
from tapctl.resources.security_group import SecurityGroup
from tapctl.settings import Settings
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.parties import Raw
from tapctl.verify.paths import hindrances
from tapctl.verify.seen import Saw, saw


def others(look: Look) -> list[Look]:
    return [look.at(region) for region in look.settings.regions if region != look.place.region]


def connections(look: Look) -> dict[str, Raw]:
    """Another region -> the active peering connection with the stack's VPC there."""
    vpc, ends = look.one(SecurityGroup, "app").raw["VpcId"], dict[tuple[str, str], Raw]()
    for raw in look.answers("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections",
                            Filters=[{"Name": "status-code", "Values": ["active"]}]):
        sides = (raw["RequesterVpcInfo"], raw["AccepterVpcInfo"])
        if vpc in [side["VpcId"] for side in sides]:
            ends |= {(side["Region"], side["VpcId"]): raw for side in sides}
    homes = {(other.place.region, group.raw["VpcId"]) for other in others(look) for group in other.all(SecurityGroup)}
    return {region: ends[region, home] for region, home in homes if (region, home) in ends}


def joined(look: Look) -> list[Look]:
    """The other regions with which an active peering connection exists."""
    there = connections(look)
    return [other for other in others(look) if other.place.region in there]


def reached(look: Look) -> Saw:
    """The application reaches the databases of the regions joined with its own, and their answers come back.

    Somebody else's connection whose routes don't do is used for nothing: no more is asked of it than of none.
    """
    wrong, told, by = list[str](), list[str](), connections(look)
    required, source = look.settings.network.peering == "required", parties.application(look)
    for there in others(look):
        region = there.place.region
        if region not in by:
            told.append(f"not joined with {region}")
            wrong += [f"its VPC is not joined with that of {region}"] * required
            continue
        target = replace(parties.database(there), name=f"the database of {region}")
        ways = [*unrouted(look, parties.app_subnets(look), target.networks),
                *unrouted(there, parties.database_subnets(there), source.networks)]
        if ways and not required and not parties.is_own(look, by[region]):
            told.append(f"not joined with {region} by {by[region]['VpcPeeringConnectionId']}, which is somebody else's "
                        "and lacks routes")
            continue
        told.append(f"application -> {target.name}")
        wrong += [*hindrances(source, target, parties.port_of(there.one(Database))), *ways]
    return saw(", ".join(told), dict.fromkeys(wrong))


def unrouted(look: Look, subnets: Iterable[str], networks: Iterable[IPv4Network]) -> Iterator[str]:
    """The networks to which these subnets' route tables know no way through a peering connection.

    Of all routes that take a network in, the most specific is taken.
    """
    for subnet in subnets:
        table, routes = parties.routes(look, subnet)
        ways = [(IPv4Network(route["DestinationCidrBlock"]), route) for route in routes
                if "DestinationCidrBlock" in route]
        for network in networks:
            fitting = [(block.prefixlen, route) for block, route in ways if network.subnet_of(block)]
            if not fitting or "VpcPeeringConnectionId" not in max(fitting, key=lambda one: one[0])[1]:
                yield f"{look.place.region}: route table {table} leads to {network} through no peering connection"


def may_be_joined(settings: Settings, region: str) -> bool:
    return len(settings.regions) > 1 and settings.network.peering != "off"


CHECKS = (
    Check("reachability.peers", "The application reaches the databases of the regions whose VPCs are joined with its "
          "own; where peering is required, all are.", reached, applies=may_be_joined),
)
