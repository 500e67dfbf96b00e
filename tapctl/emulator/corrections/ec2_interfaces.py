"""Network interfaces: those that services have in a VPC, and those of instances that are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha1
from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from tapctl.emulator import lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects, memory
from tapctl.emulator.corrections.elbv2 import LINGERING, balancers

_SERVICES = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html"
# the filters that are understood of an interface that moto doesn't know
_FILTERS: Mapping[str, Callable[[Answer], list[str]]] = {
    "group-id": lambda one: [group["GroupId"] for group in one["Groups"]],
    "subnet-id": lambda one: [one["SubnetId"]],
    "vpc-id": lambda one: [one["VpcId"]],
    "description": lambda one: [one["Description"]],
}


@corrects("ec2", "DescribeNetworkInterfaces", page=_SERVICES)
def services_have_interfaces(call: Call, ask: Ask) -> Answer:
    """A load balancer has one in each zone, a database one; an endpoint's have its groups. They say whose they are."""
    filters = call.params.get("Filters", [])
    if call.params.get("NetworkInterfaceIds") or not all(one["Name"] in _FILTERS for one in filters):
        return ask()
    call.params.pop("Filters", None)
    answer = ask()
    _endpoints_own(call.region, answer["NetworkInterfaces"])
    found = [*answer["NetworkInterfaces"], *_of_services(call.region)]
    return {**answer, "NetworkInterfaces": [one for one in found if all(
        set(_FILTERS[wanted["Name"]](one)) & set(wanted["Values"]) for wanted in filters)]}


def _endpoints_own(region: str, interfaces: list[Answer]) -> None:
    ec2 = ec2_backends[ACCOUNT][region]
    of = {name: endpoint for endpoint in ec2.vpc_end_points.values() for name in endpoint.network_interface_ids}
    for one in interfaces:
        endpoint = of.get(one["NetworkInterfaceId"])
        if endpoint is not None:
            one.update(_marks(f"VPC Endpoint Interface {endpoint.id}", "amazon-aws"), InterfaceType="vpc_endpoint",
                       Groups=[{"GroupId": group, "GroupName": group} for group in endpoint.security_group_ids])


def _of_services(region: str) -> Iterator[Answer]:
    for arn, balancer in balancers(region).items():
        for subnet in balancer.subnets:
            yield _interface(f"{arn} {subnet.id}", subnet, balancer.security_groups or [], f"ELB {_tail(arn)}",
                             "amazon-elb")
    for where, arn, groups in list(memory(LINGERING)):
        if where == region and lifecycle.state(LINGERING, (where, arn, groups)):
            yield _interface(arn, _some_subnet(region), list(groups), f"ELB {_tail(arn)}", "amazon-elb")
    for database in rds_backends[ACCOUNT][region].databases.values():
        yield _interface(database.db_instance_arn, _some_subnet(region), database.vpc_security_group_ids,
                         "RDSNetworkInterface", "amazon-rds")


def _tail(arn: str) -> str:
    """ "app/NAME/ID" of a load balancer's ARN."""
    return arn.partition("loadbalancer/")[2]


def _some_subnet(region: str) -> Any:
    return next(subnet for zone in ec2_backends[ACCOUNT][region].subnets.values() for subnet in zone.values())


def _interface(seed: str, subnet: Any, groups: list[str], description: str, service: str) -> Answer:
    name = f"eni-{sha1(seed.encode(), usedforsecurity=False).hexdigest()[:17]}"
    return {"NetworkInterfaceId": name, "SubnetId": subnet.id, "VpcId": subnet.vpc_id, "OwnerId": ACCOUNT,
            "AvailabilityZone": subnet.availability_zone, "InterfaceType": "interface", "Status": "in-use",
            "Groups": [{"GroupId": group, "GroupName": group} for group in groups], "TagSet": [],
            **_marks(description, service)}


def _marks(description: str, service: str) -> Answer:
    return {"Description": description, "RequesterId": service, "RequesterManaged": True,
            "Attachment": {"InstanceOwnerId": service, "Status": "attached", "DeleteOnTermination": False}}


@corrects("ec2", "RunInstances",
          page="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceSpecification.html")
def primary_interface_goes_with_its_instance(call: Call, ask: Ask) -> Answer:
    """Unless the call says otherwise; moto leaves it behind, and its groups in use."""
    answer = ask()
    said = {one.get("DeviceIndex", 0) for one in call.params.get("NetworkInterfaces", [])
            if "DeleteOnTermination" in one or "NetworkInterfaceId" in one}
    for launched in answer["Instances"]:
        nics = ec2_backends[ACCOUNT][call.region].get_instance(launched["InstanceId"]).nics
        if 0 in nics and 0 not in said:
            nics[0].delete_on_termination = True
    return answer
