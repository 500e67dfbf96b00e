from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.corrections import ec2_groups, ec2_interfaces
from tests.emulator.conftest import EAST, Aws
from tests.emulator.databases import primary
from tests.emulator.proof import proves, refused


def _subnets(aws: Aws) -> list[str]:
    found = aws("ec2").describe_subnets()["Subnets"]
    return [subnet["SubnetId"] for subnet in sorted(found, key=lambda one: str(one["AvailabilityZone"]))]


def _group(aws: Aws) -> str:
    vpc = aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    return str(aws("ec2").create_security_group(GroupName="app", Description="x", VpcId=vpc)["GroupId"])


def _interfaces(aws: Aws, **filters: str) -> list[dict[str, Any]]:
    asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    found: list[dict[str, Any]] = aws("ec2").describe_network_interfaces(Filters=asked)["NetworkInterfaces"]
    return found


@proves(ec2_interfaces.services_have_interfaces)
@pytest.mark.slow_clock
def test_a_load_balancer_has_an_interface_in_each_zone_and_a_while_longer(aws: Aws) -> None:
    group, elb = _group(aws), aws("elbv2")
    arn = elb.create_load_balancer(Name="web", Subnets=_subnets(aws)[:2], SecurityGroups=[group])[
        "LoadBalancers"][0]["LoadBalancerArn"]
    found = _interfaces(aws, group_id=group)
    assert sorted(one["SubnetId"] for one in found) == sorted(_subnets(aws)[:2])
    for one in found:
        assert one["Description"] == f"ELB {arn.partition('loadbalancer/')[2]}"
        assert (one["RequesterId"], one["RequesterManaged"], one["Status"]) == ("amazon-elb", True, "in-use")
        assert one["Attachment"]["InstanceOwnerId"] == "amazon-elb"
        assert [group["GroupId"] for group in one["Groups"]] == [group]
        assert one in _interfaces(aws, subnet_id=one["SubnetId"], vpc_id=one["VpcId"])
    assert len({one["NetworkInterfaceId"] for one in found}) == 2
    elb.delete_load_balancer(LoadBalancerArn=arn)
    left, = _interfaces(aws, description=found[0]["Description"])
    assert left["Groups"][0]["GroupId"] == group
    aws.wait(90)
    assert _interfaces(aws, group_id=group) == []


@proves(ec2_interfaces.services_have_interfaces)
def test_a_database_has_an_interface(aws: Aws) -> None:
    group = _group(aws)
    primary(aws, VpcSecurityGroupIds=[group])
    one, = _interfaces(aws, group_id=group)
    assert (one["Description"], one["RequesterId"]) == ("RDSNetworkInterface", "amazon-rds")


@proves(ec2_interfaces.services_have_interfaces)
def test_an_endpoint_s_interfaces_say_whose_they_are_and_have_its_groups(aws: Aws) -> None:
    group, client = _group(aws), aws("ec2")
    endpoint = client.create_vpc_endpoint(
        VpcEndpointType="Interface", VpcId=client.describe_vpcs()["Vpcs"][0]["VpcId"],
        ServiceName=f"com.amazonaws.{EAST}.logs", SubnetIds=_subnets(aws)[:2], SecurityGroupIds=[group])["VpcEndpoint"]
    found = _interfaces(aws, group_id=group)
    assert {one["NetworkInterfaceId"] for one in found} == set(endpoint["NetworkInterfaceIds"])
    assert {(one["Description"], one["InterfaceType"]) for one in found} == {
        (f"VPC Endpoint Interface {endpoint['VpcEndpointId']}", "vpc_endpoint")}


def test_what_nobody_s_service_has_is_told_as_it_is(aws: Aws) -> None:
    client, group = aws("ec2"), _group(aws)
    made = client.create_network_interface(SubnetId=_subnets(aws)[0], Groups=[group], Description="mine")[
        "NetworkInterface"]["NetworkInterfaceId"]
    for found in (_interfaces(aws, group_id=group), _interfaces(aws, network_interface_id=made),
                  client.describe_network_interfaces(NetworkInterfaceIds=[made])["NetworkInterfaces"]):
        assert [(one["NetworkInterfaceId"], one["Description"]) for one in found] == [(made, "mine")]


@proves(ec2_groups.group_in_use_stays)
def test_a_group_of_an_interface_stays(aws: Aws) -> None:
    client, group = aws("ec2"), _group(aws)
    made = client.create_network_interface(SubnetId=_subnets(aws)[0], Groups=[group])[
        "NetworkInterface"]["NetworkInterfaceId"]
    with refused("DependencyViolation", "has a dependent object"):
        client.delete_security_group(GroupId=group)
    client.delete_network_interface(NetworkInterfaceId=made)
    client.delete_security_group(GroupId=group)


@proves(ec2_interfaces.primary_interface_goes_with_its_instance)
def test_an_instance_takes_its_first_interface_with_it(aws: Aws) -> None:
    client, group = aws("ec2"), _group(aws)
    own = client.create_network_interface(SubnetId=_subnets(aws)[0], Groups=[group])[
        "NetworkInterface"]["NetworkInterfaceId"]
    stays: list[Any] = [{"DeviceIndex": 0, "NetworkInterfaceId": own}]
    for more in {"NetworkInterfaces": stays}, {"SecurityGroupIds": [group]}:
        launched = client.run_instances(ImageId="ami-03cf127a", MinCount=1, MaxCount=1, **more)["Instances"][0]
        client.terminate_instances(InstanceIds=[launched["InstanceId"]])
    assert [one["NetworkInterfaceId"] for one in _interfaces(aws, group_id=group)] == [own]
