"""Who reaches whom, and who else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tapctl.model import Found
from tapctl.resources.endpoint import OPEN
from tests.stage import WEST
from tests.verify.breakages.table import breaks
from tests.verify.standing import Here

EVERYBODY = [{"CidrIp": "0.0.0.0/0"}]


def within(here: Here) -> list[dict[str, Any]]:
    """The filter for what is in the stack's VPC."""
    return [{"Name": "vpc-id", "Values": [here.found["security_group/app"].raw["VpcId"]]}]


def rule(port: int, **who: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **who}]


def authorized(here: Here, group: str, permissions: list[dict[str, Any]], way: str = "ingress") -> Iterator[None]:
    ec2, name = here("ec2"), here.found[f"security_group/{group}"].id
    getattr(ec2, f"authorize_security_group_{way}")(GroupId=name, IpPermissions=permissions)
    yield
    getattr(ec2, f"revoke_security_group_{way}")(GroupId=name, IpPermissions=permissions)


def revoked(here: Here, group: str, permissions: list[dict[str, Any]], way: str = "ingress") -> Iterator[None]:
    ec2, name = here("ec2"), here.found[f"security_group/{group}"].id
    getattr(ec2, f"revoke_security_group_{way}")(GroupId=name, IpPermissions=permissions)
    yield
    getattr(ec2, f"authorize_security_group_{way}")(GroupId=name, IpPermissions=permissions)


def of(here: Here, group: str) -> dict[str, Any]:
    return {"UserIdGroupPairs": [{"GroupId": here.found[f"security_group/{group}"].id}]}


# ---------------------------------------------------------------- reachability
@breaks("reachability.load-balancer", "lets tcp 80 in from the internet", WEST)
def entrance_closed(here: Here) -> Iterator[None]:
    yield from revoked(here, "alb", rule(80, IpRanges=EVERYBODY))


@breaks("reachability.load-balancer", "has no route to an internet gateway")
def no_way_to_the_internet(here: Here) -> Iterator[None]:
    ec2 = here("ec2")
    table, = (table for table in ec2.describe_route_tables(Filters=within(here))["RouteTables"]
              if any(route.get("DestinationCidrBlock") == "0.0.0.0/0" for route in table["Routes"]))
    gateway, = (route["GatewayId"] for route in table["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0")
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    yield
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


@breaks("reachability.load-balancer", "the load balancer is internal")
def turned_inwards(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeLoadBalancers", lambda answer: [
            one.update(Scheme="internal") for one in answer["LoadBalancers"]]):
        yield


@breaks("reachability.load-balancer", "the load balancer is failed")
def balancer_failed(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeLoadBalancers", lambda answer: [
            one.update(State={"Code": "failed"}) for one in answer["LoadBalancers"]]):
        yield


@breaks("reachability.application", "lets tcp 8080 in from the load balancer")
def application_closed(here: Here) -> Iterator[None]:
    yield from revoked(here, "app", rule(8080, **of(here, "alb")))


@breaks("reachability.application", "lets tcp 8080 out to the application")
def balancer_shut_in(here: Here) -> Iterator[None]:
    yield from revoked(here, "alb", rule(8080, **of(here, "app")), "egress")


@breaks("reachability.application", "does not forward to the stack's target group", WEST)
def answers_by_itself(here: Here) -> Iterator[None]:
    listener, elb = here.found["listener/http"], here("elbv2")
    elb.modify_listener(ListenerArn=listener.id, DefaultActions=[
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}])
    yield
    elb.modify_listener(ListenerArn=listener.id, DefaultActions=[
        {"Type": "forward", "TargetGroupArn": here.found["target_group"].id}])


@breaks("reachability.application", "does not register its instances")
def not_registered(here: Here) -> Iterator[None]:
    with here.answered("autoscaling", "DescribeAutoScalingGroups", lambda answer: [
            one.update(TargetGroupARNs=[]) for one in answer["AutoScalingGroups"]]):
        yield


@breaks("reachability.application", "sends to port 9090, and the application listens on 8080")
def another_port(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeTargetGroups", lambda answer: [
            one.update(Port=9090) for one in answer["TargetGroups"]]):
        yield


@breaks("reachability.targets", "0 healthy targets, and at least 1 must be")
def no_target(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeTargetHealth", lambda answer: answer["TargetHealthDescriptions"].clear()):
        yield


@breaks("reachability.targets", "is unhealthy: Health checks failed")
def one_unhealthy(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeTargetHealth", lambda answer: answer["TargetHealthDescriptions"][0].update(
            TargetHealth={"State": "unhealthy", "Description": "Health checks failed"})):
        yield


@breaks("reachability.database", "lets tcp 5432 in from the application")
def database_closed(here: Here) -> Iterator[None]:
    yield from revoked(here, "rds", rule(5432, **of(here, "app")))


@breaks("reachability.database", "lets no tcp 5432 out to")
def denied_by_the_subnet(here: Here) -> Iterator[None]:
    ec2 = here("ec2")
    acl, = ec2.describe_network_acls(Filters=within(here))["NetworkAcls"]
    entry = {"NetworkAclId": acl["NetworkAclId"], "RuleNumber": 50, "Egress": True}
    ec2.create_network_acl_entry(**entry, Protocol="6", RuleAction="deny", CidrBlock="10.0.0.0/16",
                                 PortRange={"From": 5432, "To": 5432})
    yield
    ec2.delete_network_acl_entry(**entry)


@breaks("reachability.endpoints", "lets tcp 443 out to the endpoint of logs", WEST)
def endpoint_beyond_reach(here: Here) -> Iterator[None]:
    yield from revoked(here, "app", rule(443, **of(here, "endpoints")), "egress")


@breaks("reachability.endpoints", "has no route to s3")
def off_the_route_table(here: Here) -> Iterator[None]:
    endpoint = here.found["endpoint/s3"]
    here("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint.id, RemoveRouteTableIds=endpoint.raw["RouteTableIds"])
    yield
    here("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint.id, AddRouteTableIds=endpoint.raw["RouteTableIds"])


@breaks("reachability.endpoints", "out to pl-")
def no_rule_for_the_gateway(here: Here) -> Iterator[None]:
    group = here("ec2").describe_security_groups(GroupIds=[here.found["security_group/app"].id])["SecurityGroups"][0]
    lists = [one for permission in group["IpPermissionsEgress"] for one in permission["PrefixListIds"]]
    yield from revoked(here, "app", rule(443, PrefixListIds=lists[:1]), "egress")


@breaks("reachability.endpoints", "does not answer for the private name of logs")
def private_name_off(here: Here) -> Iterator[None]:
    endpoint = here.found["endpoint/logs"].id
    here("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=False)
    yield
    here("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True)


@breaks("reachability.endpoints", "no endpoint of dynamodb that serves")
def endpoint_pending(here: Here) -> Iterator[None]:
    with here.answered("ec2", "DescribeVpcEndpoints", lambda answer: [
            one.update(State="pending") for one in answer["VpcEndpoints"] if "dynamodb" in one["ServiceName"]]):
        yield


def narrowed(here: Here, service: str, *statements: dict[str, Any]) -> Iterator[None]:
    name = here.found[f"endpoint/{service}"].id
    here("ec2").modify_vpc_endpoint(VpcEndpointId=name, PolicyDocument=json.dumps({"Statement": statements}))
    yield
    here("ec2").modify_vpc_endpoint(VpcEndpointId=name, ResetPolicy=True)


@breaks("reachability.endpoints", "refuses s3:PutObject on arn:aws:s3:::")
def policy_denies_all(here: Here) -> Iterator[None]:
    yield from narrowed(here, "s3", {**OPEN, "Effect": "Deny"})


@breaks("reachability.endpoints", "refuses logs:CreateLogStream, logs:DescribeLogStreams, logs:PutLogEvents on", WEST)
def policy_for_others(here: Here) -> Iterator[None]:
    yield from narrowed(here, "logs", {**OPEN, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}})


# ---------------------------------------------------------------- the other region
def across(here: Here, group: str, way: str) -> list[dict[str, Any]]:
    """The rule of a group that is about the other region's addresses."""
    said = here("ec2").describe_security_groups(GroupIds=[here.found[f"security_group/{group}"].id])
    permission, = (one for one in said["SecurityGroups"][0][way] if one.get("FromPort") == 5432 and one["IpRanges"])
    return rule(5432, IpRanges=permission["IpRanges"])


@contextmanager
def without_routes(here: Here, region: str) -> Iterator[None]:
    """In this region, none leads to the other one."""
    ec2 = here.lab.raw("ec2", region)
    taken = [(table["RouteTableId"], route) for table in ec2.describe_route_tables()["RouteTables"]
             for route in table["Routes"] if "VpcPeeringConnectionId" in route]
    assert taken
    for table, route in taken:
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock=route["DestinationCidrBlock"])
    yield
    for table, route in taken:
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=route["DestinationCidrBlock"],
                         VpcPeeringConnectionId=route["VpcPeeringConnectionId"])


@breaks("reachability.peers", "lets tcp 5432 out to the database of us-west-2")
def not_let_out_to_the_other_region(here: Here) -> Iterator[None]:
    yield from revoked(here, "app", across(here, "app", "IpPermissionsEgress"), "egress")


@breaks("reachability.peers", "of the database of us-west-2 (sg-")
def not_let_in_by_the_other_region(here: Here) -> Iterator[None]:
    name = here.lab.place.at(WEST).name("rds")
    group, = here.lab.raw("ec2", WEST).describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])[
        "SecurityGroups"]
    there = Here(here.lab, WEST, {"security_group/rds": Found("", group["GroupId"], group)})
    yield from revoked(there, "rds", across(there, "rds", "IpPermissions"))


@breaks("reachability.peers", "us-west-2: route table rtb-", WEST)
def no_route_to_the_other_region(here: Here) -> Iterator[None]:
    with without_routes(here, WEST):
        yield


@breaks("reachability.peers", "us-west-2: route table rtb-")
def no_route_back(here: Here) -> Iterator[None]:
    with without_routes(here, WEST):
        yield


# ---------------------------------------------------------------- nothing else
@breaks("reachability.closed.load-balancer", "let tcp 22 in from 0.0.0.0/0")
def balancer_opened(here: Here) -> Iterator[None]:
    yield from authorized(here, "alb", rule(22, IpRanges=EVERYBODY))


@breaks("reachability.closed.load-balancer", "let tcp 443 out to 0.0.0.0/0")
def balancer_let_out(here: Here) -> Iterator[None]:
    yield from authorized(here, "alb", rule(443, IpRanges=EVERYBODY), "egress")


@breaks("reachability.closed.application", "let tcp 8080 in from 0.0.0.0/0")
def application_opened(here: Here) -> Iterator[None]:
    yield from authorized(here, "app", rule(8080, IpRanges=EVERYBODY))


@breaks("reachability.closed.ways-out", "let everything out to 0.0.0.0/0")
def application_let_out(here: Here) -> Iterator[None]:
    yield from authorized(here, "app", [{"IpProtocol": "-1", "IpRanges": EVERYBODY}], "egress")


@breaks("reachability.closed.database", "let tcp 5432 in from 10.0.0.0/8")
def database_opened(here: Here) -> Iterator[None]:
    yield from authorized(here, "rds", rule(5432, IpRanges=[{"CidrIp": "10.0.0.0/8"}]))


@breaks("reachability.closed.database", "let everything out to 0.0.0.0/0", WEST)
def database_let_out(here: Here) -> Iterator[None]:
    yield from authorized(here, "rds", [{"IpProtocol": "-1", "IpRanges": EVERYBODY}], "egress")


@breaks("reachability.closed.endpoints", "let tcp 443 in from ::/0")
def endpoints_opened(here: Here) -> Iterator[None]:
    yield from authorized(here, "endpoints", rule(443, Ipv6Ranges=[{"CidrIpv6": "::/0"}]))


@breaks("reachability.closed.addresses", "has the public address")
def address_given(here: Here) -> Iterator[None]:
    ec2 = here("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    link = ec2.associate_address(AllocationId=address, InstanceId=here.instances[0]["InstanceId"])["AssociationId"]
    yield
    ec2.disassociate_address(AssociationId=link)
    ec2.release_address(AllocationId=address)
