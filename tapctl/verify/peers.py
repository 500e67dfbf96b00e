"""The other regions of the stack whose VPC is joined with this one's.

https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
"""

from __future__ import annotations

from tapctl.resources.security_group import SecurityGroup
from tapctl.verify.look import Look


def peers(look: Look) -> list[Look]:
    """The other regions, as the checks see them, with which an active peering connection exists."""
    vpc = look.one(SecurityGroup, "app").raw["VpcId"]
    joined = set()
    for raw in look.answers("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections",
                            Filters=[{"Name": "status-code", "Values": ["active"]}]):
        sides = (raw["RequesterVpcInfo"], raw["AccepterVpcInfo"])
        if vpc in [side["VpcId"] for side in sides]:
            joined |= {(side["Region"], side["VpcId"]) for side in sides if side["VpcId"] != vpc}
    others = [look.at(region) for region in look.settings.regions if region != look.place.region]
    return [other for other in others if joined & {
        (other.place.region, group.raw["VpcId"]) for group in other.all(SecurityGroup)}]
