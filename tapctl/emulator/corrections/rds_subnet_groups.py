"""Subnet groups of databases that stand: what can't be taken away from them."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory


@corrects("rds", "ModifyDBSubnetGroup",
          page="https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html")
def subnets_in_use_stay(call: Call, ask: Ask) -> Answer:
    """A group keeps to its VPC and to two zones, and keeps the subnets that its databases stand in."""
    rds, ec2 = rds_backends[ACCOUNT][call.region], ec2_backends[ACCOUNT][call.region]
    name = call.params["DBSubnetGroupName"].lower()
    group = rds.subnet_groups.get(name)
    if group is None:
        raise Refusal("DBSubnetGroupNotFoundFault", f"DB subnet group {name} not found.", 404)
    subnets = [ec2.get_subnet(subnet) for subnet in call.params["SubnetIds"]]
    if {subnet.vpc_id for subnet in subnets} != {group.vpc_id}:
        raise Refusal("InvalidParameterValue", "The new Subnets are not in the same Vpc as the existing subnet group")
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise Refusal("DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet Availability Zone (AZ) "
                      "coverage requirement. Current AZ coverage: one. Add subnets to cover at least 2 AZs.")
    for database in rds.databases.values():
        its = getattr(database, "db_subnet_group", None)
        if its is not None and its.name == name and _stands_in(database, group) - {one.id for one in subnets}:
            raise Refusal("SubnetAlreadyInUse", "The DB subnet is already in use in the Availability Zone.")
    return ask()


def _stands_in(database: Any, group: Any) -> set[str]:
    """Where it stands, kept from the first time that its group is to change: the first zones of the group."""
    known = memory("db instance subnets")
    if database.dbi_resource_id not in known:
        by_zone: dict[str, str] = {}
        for subnet in group.subnets:
            by_zone.setdefault(subnet["SubnetAvailabilityZone"]["Name"], subnet["SubnetIdentifier"])
        known[database.dbi_resource_id] = {by_zone[zone] for zone in sorted(by_zone)[:1 + database.multi_az]}
    found: set[str] = known[database.dbi_resource_id]
    return found
