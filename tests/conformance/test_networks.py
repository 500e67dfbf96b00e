"""VPCs of the user's own, with public and private subnets; and private ones that are added to what stands."""

from __future__ import annotations

from typing import Any

from tests.conformance.checks import assert_as_before, assert_at_rest, assert_stands
from tests.conformance.lab import Lab, settings
from tests.conformance.labs import EAST, WEST, Labs
from tests.vpcs import added, made


def where(lab: Lab, region: str) -> dict[str, Any]:
    """The subnets, and of gateways the route tables, that everything of the region stands in."""
    name = lab.place.at(region)
    endpoints = {one["ServiceName"].rpartition(".")[2]: one for one in lab.raw("ec2", region).describe_vpc_endpoints()[
        "VpcEndpoints"]}
    balancer = lab.raw("elbv2", region).describe_load_balancers(Names=[name.load_balancer_name])["LoadBalancers"][0]
    group = lab.raw("autoscaling", region).describe_auto_scaling_groups(AutoScalingGroupNames=[name.name()])
    subnets = lab.raw("rds", region).describe_db_subnet_groups(DBSubnetGroupName=name.db_subnet_group_name)
    return {
        "load balancer": {zone["SubnetId"] for zone in balancer["AvailabilityZones"]},
        "instances": {*group["AutoScalingGroups"][0]["VPCZoneIdentifier"].split(",")},
        "database": {one["SubnetIdentifier"] for one in subnets["DBSubnetGroups"][0]["Subnets"]},
        "interface": {*endpoints["logs"]["SubnetIds"]},
        "gateways": {*endpoints["s3"]["RouteTableIds"], *endpoints["dynamodb"]["RouteTableIds"]},
    }


def test_a_stack_in_vpcs_with_private_subnets(new_lab: Labs) -> None:
    lab = new_lab()
    vpcs = {region: made(lab.raw("ec2", region), region, net) for net, region in enumerate((EAST, WEST))}
    more: dict[str, Any] = {"network.vpc_id": {region: vpc.id for region, vpc in vpcs.items()}}
    lab.settings = settings(EAST, WEST, **more)
    lab.before = lab.account()

    assert_stands(lab.up())
    for region, vpc in vpcs.items():
        private = {*vpc.private}
        assert where(lab, region) == {
            "load balancer": {*vpc.public}, "instances": private, "database": private, "interface": private,
            "gateways": {*vpc.tables}}
    assert_at_rest(lab)

    vpc = vpcs[WEST]
    gateway = lab.look()[1].found[f"{WEST}/endpoint/s3"].id
    lab.raw("ec2", WEST).modify_vpc_endpoint(VpcEndpointId=gateway, RemoveRouteTableIds=vpc.tables[:1])
    lab.raw("autoscaling", WEST).update_auto_scaling_group(
        AutoScalingGroupName=lab.place.at(WEST).name(), VPCZoneIdentifier=",".join(vpc.public))
    repair = lab.up()
    assert_stands(repair)
    assert set(repair.plan.changes) == {(f"{WEST}/endpoint/s3", "settings"), (f"{WEST}/auto_scaling_group", "settings")}
    assert_at_rest(lab)
    assert_as_before(lab)


def test_private_subnets_that_are_added_to_the_vpc_of_what_stands(new_lab: Labs) -> None:
    """All moves that AWS lets move. The database stays; and the gateways stay with the instances of before too."""
    lab = new_lab(EAST)
    lab.alone = False
    assert_stands(lab.up())
    before, ec2 = where(lab, EAST), lab.raw("ec2", EAST)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    zones = {f"{EAST}b": "172.31.201.0/24", f"{EAST}c": "172.31.202.0/24"}
    subnets, tables = added(ec2, vpc, zones, tables=1)
    at = {one["AvailabilityZone"]: one["SubnetId"] for one in ec2.describe_subnets()["Subnets"] if one["DefaultForAz"]}

    moved = lab.up()
    assert_stands(moved)
    assert {key.removeprefix(f"{EAST}/") for key, _ in moved.plan.changes} == {
        "endpoint/s3", "endpoint/dynamodb", "endpoint/logs", "load_balancer", "auto_scaling_group", "db_subnet_group"}
    assert where(lab, EAST) == {
        "load balancer": {at[zone] for zone in zones}, "instances": {*subnets}, "interface": {*subnets},
        "database": before["database"] | {*subnets}, "gateways": before["gateways"] | {*tables}}
    assert_at_rest(lab)
    assert {held.key.removeprefix(f"{EAST}/") for held in lab.look()[2].held} == {
        "endpoint/s3", "endpoint/dynamodb", "db_subnet_group"}
    assert lab.down().complete
