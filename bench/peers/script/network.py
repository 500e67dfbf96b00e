"""Security groups, endpoints, load balancer."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from bench.peers.script.here import HEALTH_PATH, PORT, Here, maybe

GROUPS = ("alb", "app", "rds", "endpoints")
POSTGRES = 5432
OPEN = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def security_groups(here: Here) -> None:
    for purpose in GROUPS:
        name = f"{here.name}-{purpose}"
        found = here.ec2.describe_security_groups(Filters=[
            {"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [here.vpc]}])["SecurityGroups"]
        if found:
            here.groups[purpose] = found[0]["GroupId"]
            continue
        made = here.ec2.create_security_group(
            GroupName=name, Description=name, VpcId=here.vpc,
            TagSpecifications=here.specification("security-group", f"security_group/{purpose}"))
        here.groups[purpose] = made["GroupId"]
        here.ec2.revoke_security_group_egress(GroupId=made["GroupId"], IpPermissions=[OPEN])
    anyone = [{"CidrIp": "0.0.0.0/0"}]
    allow(here, "ingress", "alb", tcp(80, IpRanges=anyone), tcp(443, IpRanges=anyone))
    allow(here, "egress", "alb", to(here, PORT, "app"))
    allow(here, "ingress", "app", to(here, PORT, "alb"))
    allow(here, "egress", "app", to(here, POSTGRES, "rds"))
    allow(here, "egress", "app", to(here, 443, "endpoints"))
    for prefix_list in here.prefix_lists:
        allow(here, "egress", "app", tcp(443, PrefixListIds=[{"PrefixListId": prefix_list}]))
    allow(here, "ingress", "rds", to(here, POSTGRES, "app"))
    allow(here, "ingress", "endpoints", to(here, 443, "app"))


def tcp(port: int, **peer: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}


def to(here: Here, port: int, group: str) -> dict[str, Any]:
    return tcp(port, UserIdGroupPairs=[{"GroupId": here.groups[group]}])


def allow(here: Here, direction: str, group: str, *permissions: dict[str, Any]) -> None:
    try:
        getattr(here.ec2, f"authorize_security_group_{direction}")(
            GroupId=here.groups[group], IpPermissions=list(permissions))
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidPermission.Duplicate":
            raise


def endpoints(here: Here) -> None:
    found = here.ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [here.vpc]}])["VpcEndpoints"]
    there = {one["ServiceName"] for one in found if one["State"] not in ("deleted", "deleting")}
    for service in ("s3", "dynamodb", "logs"):
        name = f"com.amazonaws.{here.region}.{service}"
        if name in there:
            continue
        if service == "logs":
            side: dict[str, Any] = {"VpcEndpointType": "Interface", "SubnetIds": here.subnets,
                                    "SecurityGroupIds": [here.groups["endpoints"]], "PrivateDnsEnabled": True}
        else:
            side = {"VpcEndpointType": "Gateway", "RouteTableIds": here.tables}
        here.ec2.create_vpc_endpoint(VpcId=here.vpc, ServiceName=name, **side,
                                     TagSpecifications=here.specification("vpc-endpoint", f"endpoint/{service}"))


def load_balancer(here: Here) -> None:
    elb, name = here.elbv2, here.name
    found = maybe(elb.describe_load_balancers, Names=[name])
    balancer = (found or elb.create_load_balancer(
        Name=name, Type="application", Scheme="internet-facing", Subnets=here.subnets,
        SecurityGroups=[here.groups["alb"]], Tags=here.tag_list("load_balancer")))["LoadBalancers"][0]
    here.balancer = balancer["LoadBalancerArn"]
    elb.modify_load_balancer_attributes(LoadBalancerArn=here.balancer, Attributes=[
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "access_logs.s3.bucket", "Value": here.buckets["alb-logs"]},
        {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}])
    found = maybe(elb.describe_target_groups, Names=[name])
    targets = (found or elb.create_target_group(
        Name=name, Protocol="HTTP", Port=PORT, VpcId=here.vpc, TargetType="instance", HealthCheckProtocol="HTTP",
        HealthCheckPort="traffic-port", HealthCheckPath=HEALTH_PATH, HealthCheckIntervalSeconds=15,
        HealthCheckTimeoutSeconds=5, HealthyThresholdCount=2, UnhealthyThresholdCount=2, Matcher={"HttpCode": "200"},
        Tags=here.tag_list("target_group")))["TargetGroups"][0]
    here.targets = targets["TargetGroupArn"]
    elb.modify_target_group_attributes(TargetGroupArn=here.targets, Attributes=[
        {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}])
    if not elb.describe_listeners(LoadBalancerArn=here.balancer)["Listeners"]:
        elb.create_listener(LoadBalancerArn=here.balancer, Port=80, Protocol="HTTP",
                            DefaultActions=[{"Type": "forward", "TargetGroupArn": here.targets}],
                            Tags=here.tag_list("listener/http"))
    elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[here.balancer])
