"""Security groups, endpoints, load balancers with what hangs on them."""

from __future__ import annotations

import json

from tapctl.model import Found
from tests.conformance.drifts.table import TAG, Here, drifts

SSH = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]


@drifts("security_group", "tags")
@drifts("endpoint", "tags")
@drifts("peering", "tags")
@drifts("launch_template", "tags")
def tagged_by_ec2(here: Here, it: Found) -> None:
    here("ec2").create_tags(Resources=[it.id], Tags=[TAG])


@drifts("security_group", "tags")
def untagged_by_ec2(here: Here, it: Found) -> None:
    here("ec2").delete_tags(Resources=[it.id], Tags=[{"Key": "Project"}])


@drifts("security_group", "rules")
def rule_added(here: Here, it: Found) -> None:
    here("ec2").authorize_security_group_ingress(GroupId=it.id, IpPermissions=SSH)


@drifts("security_group", "rules")
def egress_opened(here: Here, it: Found) -> None:
    here("ec2").authorize_security_group_egress(
        GroupId=it.id, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])


@drifts("security_group", "rules")
def every_way_in_closed(here: Here, it: Found) -> None:
    now = here("ec2").describe_security_groups(GroupIds=[it.id])["SecurityGroups"][0]
    here("ec2").revoke_security_group_ingress(GroupId=it.id, IpPermissions=now["IpPermissions"])


# ---------------------------------------------------------------- endpoints
def policy() -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]})


@drifts("endpoint", "settings")
def endpoint_policy(here: Here, it: Found) -> None:
    here("ec2").modify_vpc_endpoint(VpcEndpointId=it.id, PolicyDocument=policy())


@drifts("endpoint", "settings", only="/logs")
def fewer_subnets(here: Here, it: Found) -> None:
    here("ec2").modify_vpc_endpoint(VpcEndpointId=it.id, RemoveSubnetIds=[it.raw["SubnetIds"][0]])


@drifts("endpoint", "settings", only="/logs")
def another_group(here: Here, it: Found) -> None:
    ec2 = here("ec2")
    default = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]
    ec2.modify_vpc_endpoint(VpcEndpointId=it.id, AddSecurityGroupIds=[default["GroupId"]])


@drifts("endpoint", "settings", only="/s3")
def off_the_route_table(here: Here, it: Found) -> None:
    here("ec2").modify_vpc_endpoint(VpcEndpointId=it.id, RemoveRouteTableIds=it.raw["RouteTableIds"])


@drifts("endpoint_share", "use", only="/logs")
def put_off_the_endpoint(here: Here, it: Found) -> None:
    group = next(value for name, value in it.tags.items() if name.startswith("tapctl:used-by:"))
    here("ec2").modify_vpc_endpoint(VpcEndpointId=it.id, RemoveSecurityGroupIds=[group])


@drifts("endpoint_share", "use")
def known_by_another_group(here: Here, it: Found) -> None:
    mark = next(name for name in it.tags if name.startswith("tapctl:used-by:"))
    here("ec2").create_tags(Resources=[it.id], Tags=[{"Key": mark, "Value": "sg-00000000"}])


# ---------------------------------------------------------------- load balancers
@drifts("load_balancer", "tags")
@drifts("target_group", "tags")
@drifts("listener", "tags")
def tagged_by_elb(here: Here, it: Found) -> None:
    here("elbv2").add_tags(ResourceArns=[it.id], Tags=[TAG])


@drifts("load_balancer", "subnets", only="us-east-1/load_balancer")  # the other region's has but two
def balancer_in_fewer_subnets(here: Here, it: Found) -> None:
    subnets = sorted(zone["SubnetId"] for zone in it.raw["AvailabilityZones"])
    here("elbv2").set_subnets(LoadBalancerArn=it.id, Subnets=subnets[:2])


@drifts("load_balancer", "security_groups")
def balancer_in_the_default_group(here: Here, it: Found) -> None:
    default = here("ec2").describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]
    here("elbv2").set_security_groups(LoadBalancerArn=it.id, SecurityGroups=[default["GroupId"]])


@drifts("load_balancer", "attributes")
def access_logs_off(here: Here, it: Found) -> None:
    here("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=it.id, Attributes=[{"Key": "access_logs.s3.enabled", "Value": "false"}])


@drifts("load_balancer", "attributes")
def balancer_protected(here: Here, it: Found) -> None:
    here("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=it.id, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}])


@drifts("target_group", "health_check")
def another_health_check(here: Here, it: Found) -> None:
    here("elbv2").modify_target_group(TargetGroupArn=it.id, HealthCheckPath="/else", HealthyThresholdCount=9)


@drifts("target_group", "deregistration_delay")
def slow_to_deregister(here: Here, it: Found) -> None:
    here("elbv2").modify_target_group_attributes(
        TargetGroupArn=it.id, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "600"}])


@drifts("listener", "settings")
def answers_by_itself(here: Here, it: Found) -> None:
    here("elbv2").modify_listener(ListenerArn=it.id, DefaultActions=[
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}])
