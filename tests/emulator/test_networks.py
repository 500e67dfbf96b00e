"""What AWS refuses of a VPC's subnets and gateways."""

from __future__ import annotations

from typing import Any

from tapctl.emulator.corrections import elbv2_network, rds_subnet_groups
from tests.emulator.conftest import Aws
from tests.emulator.databases import primary, subnet_group
from tests.emulator.proof import proves, refused


def _vpc(aws: Aws) -> tuple[str, list[str]]:
    """One with a subnet in two zones, and nothing else."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
        "Subnet"]["SubnetId"] for n, zone in enumerate("ab")]


def _balance(aws: Aws, subnets: list[str], **more: Any) -> None:
    aws("elbv2").create_load_balancer(Name="lb", **({} if "SubnetMappings" in more else {"Subnets": subnets}), **more)


@proves(elbv2_network.the_internet_is_reached_by_a_gateway)
def test_a_load_balancer_faces_the_internet_through_a_gateway(aws: Aws) -> None:
    vpc, subnets = _vpc(aws)
    with refused("InvalidSubnet", f"VPC {vpc} has no internet gateway"):
        _balance(aws, subnets)
    with refused("InvalidSubnet"):
        _balance(aws, subnets, SubnetMappings=[{"SubnetId": subnet} for subnet in subnets])
    gateway = aws("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    with refused("InvalidSubnet"):
        _balance(aws, subnets)
    aws("ec2").attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    _balance(aws, subnets)


def test_one_that_faces_the_vpc_needs_none(aws: Aws) -> None:
    _balance(aws, _vpc(aws)[1], Scheme="internal")


def _standing(aws: Aws, group: str) -> list[dict[str, Any]]:
    found = aws("rds").describe_db_subnet_groups(DBSubnetGroupName=group)["DBSubnetGroups"][0]["Subnets"]
    return sorted(found, key=lambda one: str(one["SubnetAvailabilityZone"]["Name"]))


def _modify(aws: Aws, group: str, subnets: list[str]) -> None:
    aws("rds").modify_db_subnet_group(DBSubnetGroupName=group, SubnetIds=subnets)


@proves(rds_subnet_groups.subnets_in_use_stay)
def test_a_subnet_that_a_database_stands_in_is_not_taken_away(aws: Aws) -> None:
    group = subnet_group(aws)
    first, second, third, *_ = [subnet["SubnetIdentifier"] for subnet in _standing(aws, group)]
    primary(aws, DBSubnetGroupName=group, MultiAZ=True)
    primary(aws, DBInstanceIdentifier="elsewhere")
    beside = aws("ec2").create_subnet(
        VpcId=aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"], CidrBlock="172.31.200.0/24",
        AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    for too_few in ([second, third], [first, third], [beside, second, third]):
        with refused("SubnetAlreadyInUse"):
            _modify(aws, group, too_few)
    _modify(aws, group, [beside, first, second])
    with refused("SubnetAlreadyInUse"):
        _modify(aws, group, [beside, second])
    aws("rds").delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    aws("rds").describe_db_instances()
    _modify(aws, group, [beside, third])


@proves(rds_subnet_groups.subnets_in_use_stay)
def test_a_group_stays_in_its_vpc_and_in_two_zones(aws: Aws) -> None:
    group = subnet_group(aws)
    first = _standing(aws, group)[0]["SubnetIdentifier"]
    with refused("DBSubnetGroupDoesNotCoverEnoughAZs"):
        _modify(aws, group, [first])
    with refused("InvalidParameterValue", "not in the same Vpc"):
        _modify(aws, group, _vpc(aws)[1])
    with refused("DBSubnetGroupNotFoundFault"):
        _modify(aws, "nobody", [first])
