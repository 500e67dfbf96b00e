from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config

from tapctl.emulator.corrections import ec2_endpoints, ec2_groups, ec2_network, ec2_regions, ec2_templates
from tests.emulator.conftest import EAST, Aws
from tests.emulator.databases import primary
from tests.emulator.proof import proves, refused


def _vpc(aws: Aws, region: str = EAST) -> str:
    return str(aws("ec2", region).describe_vpcs()["Vpcs"][0]["VpcId"])


def _subnets(aws: Aws) -> list[str]:
    found = aws("ec2").describe_subnets()["Subnets"]
    return [subnet["SubnetId"] for subnet in sorted(found, key=lambda one: str(one["AvailabilityZone"]))]


def _group(aws: Aws, name: str = "app") -> str:
    made = aws("ec2").create_security_group(GroupName=name, Description="x", VpcId=_vpc(aws))
    return str(made["GroupId"])


@proves(ec2_groups.names_differ_by_more_than_case)
def test_group_names_differ_by_more_than_case(aws: Aws) -> None:
    _group(aws)
    with refused("InvalidGroup.Duplicate"):
        _group(aws, "App")
    _group(aws, "app-2")


@proves(ec2_groups.group_in_use_stays)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_group_that_a_rule_refers_to_stays(aws: Aws, direction: str) -> None:
    client, group, other = aws("ec2"), _group(aws), _group(aws, "other")
    rule = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": group}]}]
    getattr(client, f"authorize_security_group_{direction}")(GroupId=other, IpPermissions=rule)
    with refused("DependencyViolation", "has a dependent object"):
        client.delete_security_group(GroupId=group)
    getattr(client, f"revoke_security_group_{direction}")(GroupId=other, IpPermissions=rule)
    client.delete_security_group(GroupId=group)
    with refused("InvalidGroup.NotFound"):
        client.delete_security_group(GroupId=group)


@proves(ec2_groups.group_in_use_stays)
@pytest.mark.slow_clock
def test_a_group_of_a_load_balancer_stays_a_little_longer_than_it(aws: Aws) -> None:
    group, client = _group(aws), aws("elbv2")
    arn = client.create_load_balancer(Name="lb", Subnets=_subnets(aws)[:2], SecurityGroups=[group])[
        "LoadBalancers"][0]["LoadBalancerArn"]
    with refused("DependencyViolation"):
        aws("ec2").delete_security_group(GroupId=group)
    client.delete_load_balancer(LoadBalancerArn=arn)
    with refused("DependencyViolation"):
        aws("ec2").delete_security_group(GroupId=group)
    aws.wait(90)
    aws("ec2").delete_security_group(GroupId=group)


@proves(ec2_groups.group_in_use_stays)
def test_a_group_of_an_instance_or_a_database_stays(aws: Aws) -> None:
    one, two, client = _group(aws), _group(aws, "two"), aws("ec2")
    launched = client.run_instances(ImageId="ami-03cf127a", MinCount=1, MaxCount=1, SecurityGroupIds=[one])
    primary(aws, VpcSecurityGroupIds=[two])
    for group in one, two:
        with refused("DependencyViolation"):
            client.delete_security_group(GroupId=group)
    client.terminate_instances(InstanceIds=[launched["Instances"][0]["InstanceId"]])
    client.delete_security_group(GroupId=one)


def _endpoint(aws: Aws, kind: str = "Interface", **more: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {"VpcEndpointType": kind, "VpcId": _vpc(aws)}
    if kind == "Interface":
        wanted |= {"ServiceName": f"com.amazonaws.{EAST}.logs", "SubnetIds": _subnets(aws)[:2]}
    else:
        table = aws("ec2").describe_route_tables()["RouteTables"][0]["RouteTableId"]
        wanted |= {"ServiceName": f"com.amazonaws.{EAST}.s3", "RouteTableIds": [table]}
    made: dict[str, Any] = aws("ec2").create_vpc_endpoint(**{**wanted, **more})["VpcEndpoint"]
    return made


@proves(ec2_endpoints.creation)
def test_an_endpoint_is_a_gateway_unless_said_otherwise(aws: Aws) -> None:
    aws("ec2").create_vpc_endpoint(VpcId=_vpc(aws), ServiceName=f"com.amazonaws.{EAST}.s3")
    assert _states(aws) == {"Gateway": "available"}


def _states(aws: Aws, **query: Any) -> dict[str, str]:
    found = aws("ec2").describe_vpc_endpoints(**query)["VpcEndpoints"]
    return {one["VpcEndpointType"]: one["State"] for one in found}


@proves(ec2_endpoints.creation, ec2_endpoints.states)
@pytest.mark.slow_clock
def test_endpoints_take_time(aws: Aws) -> None:
    assert _endpoint(aws)["State"] == _endpoint(aws, "Gateway")["State"] == "pending"
    aws.wait(1)
    assert _states(aws) == {"Interface": "pending", "Gateway": "pending"}
    aws.wait(6)
    pending = {"Name": "vpc-endpoint-state", "Values": ["pending"]}
    assert _states(aws, Filters=[pending]) == {"Interface": "pending"}
    aws.wait(90)
    assert _states(aws, Filters=[{"Name": "vpc-id", "Values": [_vpc(aws)]}]) == {
        "Interface": "available", "Gateway": "available"}


@proves(ec2_endpoints.creation, ec2_endpoints.states)
def test_an_interface_has_a_group_and_a_gateway_no_private_name(aws: Aws) -> None:
    assert [one["GroupName"] for one in _endpoint(aws)["Groups"]] == ["default"]
    assert _endpoint(aws, "Gateway")["PrivateDnsEnabled"] is False
    found = aws("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert {one["VpcEndpointType"]: one["PrivateDnsEnabled"] for one in found} == {"Interface": True, "Gateway": False}


@proves(ec2_endpoints.creation)
def test_a_client_token_is_one_endpoint(aws: Aws) -> None:
    group = _group(aws)
    first = _endpoint(aws, ClientToken="t", SecurityGroupIds=[group])
    assert _endpoint(aws, ClientToken="t", SecurityGroupIds=[group])["VpcEndpointId"] == first["VpcEndpointId"]
    with refused("IdempotentParameterMismatch"):
        _endpoint(aws, ClientToken="t")


@proves(ec2_endpoints.deletion, ec2_endpoints.deleted_endpoints_go)
@pytest.mark.slow_clock
def test_deleted_endpoints_are_seen_for_a_while_and_then_no_more(aws: Aws) -> None:
    client, group = aws("ec2"), _group(aws)
    made = [_endpoint(aws, SecurityGroupIds=[group])["VpcEndpointId"], _endpoint(aws, "Gateway")["VpcEndpointId"]]
    aws.wait(90)
    assert client.delete_vpc_endpoints(VpcEndpointIds=made)["Unsuccessful"] == []
    assert _states(aws) == {"Interface": "deleting", "Gateway": "deleting"}
    with refused("DependencyViolation"):
        client.delete_security_group(GroupId=group)
    again = client.delete_vpc_endpoints(VpcEndpointIds=[*made, "vpce-00000000"])["Unsuccessful"]
    assert {one["Error"]["Code"] for one in again} == {"InvalidVpcEndpoint.NotFound"}
    assert [one["ResourceId"] for one in again] == [*made, "vpce-00000000"]
    aws.wait(60)
    client.delete_security_group(GroupId=group)
    assert _states(aws) == {}
    with refused("InvalidVpcEndpointId.NotFound"):
        client.describe_vpc_endpoints(VpcEndpointIds=made)


def _routes(aws: Aws, table: str) -> list[str]:
    found = aws("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return [route["GatewayId"] for route in found if "DestinationPrefixListId" in route]


@proves(ec2_endpoints.one_gateway_on_a_route_table)
def test_a_route_table_has_one_gateway_to_a_service(aws: Aws) -> None:
    client = aws("ec2")
    first = _endpoint(aws, "Gateway")
    _endpoint(aws, "Gateway", ServiceName=f"com.amazonaws.{EAST}.dynamodb")
    with refused("RouteAlreadyExists", first["RouteTableIds"][0]):
        _endpoint(aws, "Gateway")
    table = client.create_route_table(VpcId=_vpc(aws))["RouteTable"]["RouteTableId"]
    second = _endpoint(aws, "Gateway", RouteTableIds=[table])["VpcEndpointId"]
    with refused("RouteAlreadyExists"):
        client.modify_vpc_endpoint(VpcEndpointId=second, AddRouteTableIds=first["RouteTableIds"])
    client.modify_vpc_endpoint(VpcEndpointId=second, RemoveRouteTableIds=[table])
    assert _routes(aws, table) == []
    client.modify_vpc_endpoint(VpcEndpointId=second, AddRouteTableIds=[table])
    assert _routes(aws, table) == [second]


def test_an_unknown_endpoint_is_not_modified(aws: Aws) -> None:
    with refused("InvalidVpcEndpointId.NotFound"):
        aws("ec2").modify_vpc_endpoint(VpcEndpointId="vpce-00000000", AddRouteTableIds=["rtb-00000000"])


@proves(ec2_endpoints.one_change_at_a_time)
@pytest.mark.slow_clock
def test_an_interface_is_changed_once_at_a_time(aws: Aws) -> None:
    client, groups = aws("ec2"), [_group(aws), _group(aws, "two")]
    made = _endpoint(aws)["VpcEndpointId"]
    aws.wait(90)
    client.modify_vpc_endpoint(VpcEndpointId=made, AddSecurityGroupIds=[groups[0]])
    with refused("OperationInProgress", "modify operation in progress"):
        client.modify_vpc_endpoint(VpcEndpointId=made, AddSecurityGroupIds=[groups[1]])
    aws.wait(30)
    client.modify_vpc_endpoint(VpcEndpointId=made, AddSecurityGroupIds=[groups[1]])
    gateway = _endpoint(aws, "Gateway")["VpcEndpointId"]
    aws.wait(1)
    for _ in range(2):
        client.modify_vpc_endpoint(VpcEndpointId=gateway, ResetPolicy=True)


@proves(ec2_endpoints.one_private_name_in_a_vpc)
def test_a_private_name_is_one_endpoints(aws: Aws) -> None:
    _endpoint(aws)
    with refused("InvalidParameter", f"conflicting DNS domain for logs.{EAST}.amazonaws.com in the VPC"):
        _endpoint(aws)
    _endpoint(aws, PrivateDnsEnabled=False)
    _endpoint(aws, ServiceName=f"com.amazonaws.{EAST}.ssm")


@proves(ec2_endpoints.one_private_name_in_a_vpc)
def test_a_private_name_needs_a_vpc_that_resolves_names(aws: Aws) -> None:
    aws("ec2").modify_vpc_attribute(VpcId=_vpc(aws), EnableDnsHostnames={"Value": False})
    with refused("InvalidParameter", "requires both enableDnsSupport and enableDnsHostnames"):
        _endpoint(aws)


@proves(ec2_endpoints.one_private_name_in_a_vpc)
def test_a_zone_has_one_subnet_of_an_interface(aws: Aws) -> None:
    second = aws("ec2").create_subnet(VpcId=_vpc(aws), CidrBlock="172.31.200.0/24", AvailabilityZone="us-east-1a")
    with refused("DuplicateSubnetsInSameZone"):
        _endpoint(aws, SubnetIds=[_subnets(aws)[0], second["Subnet"]["SubnetId"]])


@proves(ec2_network.default_vpc_reaches_the_internet)
def test_a_default_vpc_reaches_the_internet(aws: Aws) -> None:
    gateways = aws("ec2").describe_internet_gateways()["InternetGateways"]
    assert [one["Attachments"][0]["VpcId"] for one in gateways] == [_vpc(aws)]
    routes = aws("ec2").describe_route_tables()["RouteTables"][0]["Routes"]
    assert {one["DestinationCidrBlock"]: one["GatewayId"] for one in routes}["0.0.0.0/0"] == gateways[0][
        "InternetGatewayId"]


@proves(ec2_templates.own_tags_are_no_part_of_a_version)
def test_a_templates_own_tags_are_not_in_its_versions(aws: Aws) -> None:
    client = aws("ec2")
    instance = {"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}
    client.create_launch_template(
        LaunchTemplateName="app", LaunchTemplateData={"InstanceType": "t3.micro", "TagSpecifications": [instance]},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "c", "Value": "d"}]}])
    made = client.create_launch_template_version(
        LaunchTemplateName="app", LaunchTemplateData={"InstanceType": "m5.large"})
    assert made["LaunchTemplateVersion"]["LaunchTemplateData"] == {"InstanceType": "m5.large"}
    found = client.describe_launch_template_versions(LaunchTemplateName="app")["LaunchTemplateVersions"]
    assert found[0]["LaunchTemplateData"]["TagSpecifications"] == [instance]


@proves(ec2_templates.tags_are_todays)
def test_a_template_tells_its_tags_of_today(aws: Aws) -> None:
    client = aws("ec2")
    made = client.create_launch_template(
        LaunchTemplateName="app", LaunchTemplateData={"InstanceType": "t3.micro"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "old"}]}])
    identifier = made["LaunchTemplate"]["LaunchTemplateId"]
    client.create_tags(Resources=[identifier], Tags=[{"Key": "a", "Value": "new"}])
    found = client.describe_launch_templates(Filters=[{"Name": "tag:a", "Values": ["new"]}])["LaunchTemplates"]
    assert found[0]["Tags"] == [{"Key": "a", "Value": "new"}]
    assert client.describe_launch_templates(Filters=[{"Name": "tag:a", "Values": ["old"]}])["LaunchTemplates"] == []
    client.delete_tags(Resources=[identifier], Tags=[{"Key": "a"}])
    assert client.describe_launch_templates(LaunchTemplateIds=[identifier])["LaunchTemplates"][0].get("Tags", []) == []


@proves(ec2_templates.unknown_template)
@pytest.mark.parametrize(("named", "code"), [
    ({"LaunchTemplateName": "nobody"}, "InvalidLaunchTemplateName.NotFoundException"),
    ({"LaunchTemplateId": "lt-00000000000000000"}, "InvalidLaunchTemplateId.NotFound"),
])
def test_an_unknown_template_is_not_deleted(aws: Aws, named: dict[str, str], code: str) -> None:
    with refused(code):
        aws("ec2").delete_launch_template(**named)


def test_a_template_is_deleted_by_either_name(aws: Aws) -> None:
    client = aws("ec2")
    for _ in range(2):
        made = client.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={"InstanceType": "m5.large"})
        client.delete_launch_template(LaunchTemplateName="app")
    with refused("InvalidLaunchTemplateId.NotFound"):
        client.delete_launch_template(LaunchTemplateId=made["LaunchTemplate"]["LaunchTemplateId"])


@proves(ec2_templates.images_of_amazon_linux_2023)
def test_the_image_of_the_public_parameter(aws: Aws) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    image = aws("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    found = aws("ec2").describe_images(ImageIds=[image])["Images"][0]
    root = next(one for one in found["BlockDeviceMappings"] if one["DeviceName"] == found["RootDeviceName"])
    assert (root["Ebs"]["VolumeSize"], root["Ebs"]["VolumeType"], found["ImdsSupport"]) == (8, "gp3", "v2.0")
    assert "ImdsSupport" not in aws("ec2").describe_images(ImageIds=["ami-03cf127a"])["Images"][0]


@proves(ec2_endpoints.modification)
def test_an_endpoint_s_private_name_and_policy_can_be_changed(aws: Aws) -> None:
    client, first = aws("ec2"), _endpoint(aws)["VpcEndpointId"]
    second = _endpoint(aws, PrivateDnsEnabled=False)["VpcEndpointId"]

    def look(identifier: str) -> tuple[bool, int]:
        found = client.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"][0]
        return found["PrivateDnsEnabled"], len(found["PolicyDocument"])

    with refused("InvalidParameter", "conflicting DNS domain"):
        client.modify_vpc_endpoint(VpcEndpointId=second, PrivateDnsEnabled=True)
    client.modify_vpc_endpoint(VpcEndpointId=first, PrivateDnsEnabled=True)
    client.modify_vpc_endpoint(VpcEndpointId=first, PrivateDnsEnabled=False, PolicyDocument="{}")
    assert look(first) == (False, 2)
    client.modify_vpc_endpoint(VpcEndpointId=second, PrivateDnsEnabled=True)
    client.modify_vpc_endpoint(VpcEndpointId=first, ResetPolicy=True)
    assert look(first)[1] > 2
    assert look(second)[0] is True
    gateway = _endpoint(aws, "Gateway")["VpcEndpointId"]
    with refused("InvalidParameter"):
        client.modify_vpc_endpoint(VpcEndpointId=gateway, PrivateDnsEnabled=True)


@proves(ec2_endpoints.groups_are_limited)
def test_an_endpoint_has_so_many_groups_and_no_more(aws: Aws) -> None:
    client, groups = aws("ec2"), [_group(aws, f"group-{n}") for n in range(6)]
    endpoint = _endpoint(aws, SecurityGroupIds=groups[:4])["VpcEndpointId"]
    client.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSecurityGroupIds=groups[3:5])
    with refused("SecurityGroupsPerInterfaceLimitExceeded"):
        client.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSecurityGroupIds=groups[5:])
    client.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSecurityGroupIds=groups[5:],
                               RemoveSecurityGroupIds=groups[:1])
    with refused("SecurityGroupsPerInterfaceLimitExceeded"):
        _endpoint(aws, PrivateDnsEnabled=False, SecurityGroupIds=groups)


@proves(ec2_regions.only_enabled_regions)
def test_regions_are_the_enabled_ones_of_the_partition(aws: Aws) -> None:
    ec2 = aws("ec2")
    regions = ec2.describe_regions()["Regions"]
    assert {one["OptInStatus"] for one in regions} == {"opt-in-not-required"}
    assert len(regions) == 17
    every = {one["RegionName"]: one["OptInStatus"] for one in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert every["me-south-1"] == "not-opted-in"
    assert "cn-north-1" not in every


@pytest.mark.slow_clock
@proves(ec2_endpoints.few_at_a_time)
def test_endpoints_are_made_few_at_a_time(aws: Aws) -> None:
    vpc = aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    once = boto3.client("ec2", region_name=EAST, aws_access_key_id="x", aws_secret_access_key="x",
                        config=Config(retries={"total_max_attempts": 1}))

    def make() -> None:
        once.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{EAST}.s3")

    for _ in range(4):
        make()
    with refused("RequestLimitExceeded"):
        make()
    aws.wait(3.4)
    make()
    with refused("RequestLimitExceeded"):
        make()
