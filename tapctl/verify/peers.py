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
from tapctl.verify.paths import hindrances
from tapctl.verify.seen import Saw, saw


def others(look: Look) -> list[Look]:
    return [look.at(region) for region in look.settings.regions if region != look.place.region]


def joined(look: Look) -> list[Look]:
    """The other regions with which an active peering connection exists."""
    vpc = look.one(SecurityGroup, "app").raw["VpcId"]
    ends = set()
    for raw in look.answers("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections",
                            Filters=[{"Name": "status-code", "Values": ["active"]}]):
        sides = (raw["RequesterVpcInfo"], raw["AccepterVpcInfo"])
        if vpc in [side["VpcId"] for side in sides]:
            ends |= {(side["Region"], side["VpcId"]) for side in sides}
    return [other for other in others(look) if ends & {
        (other.place.region, group.raw["VpcId"]) for group in other.all(SecurityGroup)}]


def reached(look: Look) -> Saw:
    """The application reaches the databases of the regions joined with its own, and their answers come back."""
    wrong, told, near = [], [], {there.place.region: there for there in joined(look)}
    for region in (other.place.region for other in others(look)):
        if region not in near:
            told.append(f"not joined with {region}")
            wrong += [f"its VPC is not joined with that of {region}"] * (look.settings.network.peering == "required")
            continue
        there, source = near[region], parties.application(look)
        target = replace(parties.database(there), name=f"the database of {region}")
        told.append(f"application -> {target.name}")
        wrong += [*hindrances(source, target, parties.port_of(there.one(Database))),
                  *unrouted(look, parties.app_subnets(look), target.networks),
                  *unrouted(there, parties.database_subnets(there), source.networks)]
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
