"""Quotas: whether what a plan will make still fits into what the account may have.

Left out are those that count in tens of thousands: keys, secrets, log groups, launch templates, alarms, tables.
https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tapctl.doctor.check import Check, Outcome, Question, fine, unknown, warning, wrong
from tapctl.facts import Facts, Network
from tapctl.model import Aws, Resource
from tapctl.paging import pages
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.resources.database import Database
from tapctl.resources.endpoint import GATEWAYS, Endpoint
from tapctl.resources.endpoint_share import EndpointShare
from tapctl.settings import Settings
from tapctl.waiting import absent

VCPUS = ("ec2", "L-1216C47A")
#: Of the families A, C, D, H, I, M, R, T and Z, which have one quota; every other family has one of its own.
#: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
STANDARD = re.compile(r"(?:[acdhimrtz]|im|is)\d")


# ---------------------------------------------------------------- what AWS is asked
def service_quota(aws: Aws, service: str, code: str) -> Question:
    """The quota's value. An account that was never given one of its own has AWS's default.

    https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
    """
    def call() -> float:
        client, named = aws.client("service-quotas"), {"ServiceCode": service, "QuotaCode": code}
        own = absent(lambda: client.get_service_quota(**named), "NoSuchResourceException")
        return float((own or client.get_aws_default_service_quota(**named))["Quota"]["Value"])

    return Question(f"quota {service} {code}", aws.place.region, call)


def security_groups(aws: Aws) -> Question:
    return Question("security groups", aws.place.region, lambda: [*pages(
        aws.client("ec2"), "describe_security_groups", "SecurityGroups", PaginationConfig={"PageSize": 1000})])


def load_balancers(aws: Aws) -> Question:
    return Question("load balancers", aws.place.region, lambda: [*pages(
        aws.client("elbv2"), "describe_load_balancers", "LoadBalancers")])


def target_groups(aws: Aws) -> Question:
    return Question("target groups", aws.place.region, lambda: [*pages(
        aws.client("elbv2"), "describe_target_groups", "TargetGroups")])


def buckets(aws: Aws) -> Question:
    """The account's own, of all regions."""
    return Question("buckets", "", lambda: aws.client("s3").list_buckets()["Buckets"])


def load_balancer_limits(aws: Aws) -> Question:
    return Question("load balancer limits", aws.place.region, lambda: {
        limit["Name"]: int(limit["Max"]) for limit in pages(
            aws.client("elbv2"), "describe_account_limits", "Limits")})


def auto_scaling_limits(aws: Aws) -> Question:
    return Question("Auto Scaling limits", aws.place.region, aws.client("autoscaling").describe_account_limits)


def database_quotas(aws: Aws) -> Question:
    """Name -> (used, most)."""
    return Question("database quotas", aws.place.region, lambda: {
        quota["AccountQuotaName"]: (quota["Used"], quota["Max"])
        for quota in aws.client("rds").describe_account_attributes()["AccountQuotas"]})


def account_summary(aws: Aws) -> Question:
    return Question("account summary", "", lambda: aws.client("iam").get_account_summary()["SummaryMap"])


def running(aws: Aws) -> Question:
    """The vCPUs of standard instances on demand that run or start."""
    states = {"Name": "instance-state-name", "Values": ["pending", "running"]}
    return Question("running instances", aws.place.region, lambda: vcpus(
        instance for reservation in pages(aws.client("ec2"), "describe_instances", "Reservations", Filters=[states],
                                          PaginationConfig={"PageSize": 1000})
        for instance in reservation["Instances"]))


def instance_type(aws: Aws, name: str) -> Question:
    return Question(f"type {name}", aws.place.region, lambda: aws.client("ec2").describe_instance_types(
        InstanceTypes=[name])["InstanceTypes"][0])


def vcpus(instances: Iterable[Mapping[str, Any]]) -> int:
    """What these take of the quota: spot instances and reserved capacity have quotas of their own."""
    counted = (one["CpuOptions"] for one in instances
               if not one.get("InstanceLifecycle") and STANDARD.match(one["InstanceType"]))
    return sum(cpu["CoreCount"] * cpu["ThreadsPerCore"] for cpu in counted)


# ---------------------------------------------------------------- the quotas
@dataclass(frozen=True)
class Quota:
    """service, code: as Service Quotas has it. need: how much of it one resource takes.

    read: (used, most) from the region's facts and the answers.
    """

    name: str
    service: str
    code: str
    need: Callable[[Resource], int]
    asks: tuple[Callable[[Aws], Question], ...]
    read: Callable[..., tuple[float, float]]


def of(kind: str) -> Callable[[Resource], int]:
    return lambda resource: resource.kind == kind


def value(service: str, code: str) -> Callable[[Aws], Question]:
    return lambda aws: service_quota(aws, service, code)


def endpoint(gateway: bool) -> Callable[[Resource], int]:
    return lambda r: isinstance(r, Endpoint) and (r.service in GATEWAYS) is gateway


def storage(resource: Resource) -> int:
    """GiB. A replica has its source's."""
    return resource.storage_gib if isinstance(resource, Database) else 0


def applications(balancers: Iterable[Mapping[str, Any]]) -> int:
    return sum(balancer["Type"] == "application" for balancer in balancers)


def of_groups(endpoint: str, groups: int) -> Quota:
    """Of another stack's interface, which has so many, and gets one of this stack's (endpoint_share.py).

    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
    """
    return Quota(f"security groups of {endpoint}", "vpc", "L-2AFB9258", of("endpoint_share"),
                 (value("vpc", "L-2AFB9258"),), lambda net, most: (groups, most))


REGIONAL = (
    Quota("security groups", "vpc", "L-E79EC296", of("security_group"), (value("vpc", "L-E79EC296"), security_groups),
          lambda net, most, groups: (len(groups), most)),
    Quota("gateway endpoints", "vpc", "L-1B52E74A", endpoint(gateway=True), (value("vpc", "L-1B52E74A"),),
          lambda net, most: (net.gateways, most)),
    Quota("interface endpoints of the VPC", "vpc", "L-29B6F2EB", endpoint(gateway=False),
          (value("vpc", "L-29B6F2EB"),), lambda net, most: (net.interfaces, most)),
    Quota("load balancers", "elasticloadbalancing", "L-53DA6B97", of("load_balancer"),
          (load_balancer_limits, load_balancers),
          lambda net, limits, balancers: (applications(balancers), limits["application-load-balancers"])),
    Quota("target groups", "elasticloadbalancing", "L-B22855CB", of("target_group"),
          (load_balancer_limits, target_groups), lambda net, limits, groups: (len(groups), limits["target-groups"])),
    Quota("Auto Scaling groups", "autoscaling", "L-CDE20ADC", of("auto_scaling_group"), (auto_scaling_limits,),
          lambda net, limits: (limits["NumberOfAutoScalingGroups"], limits["MaxNumberOfAutoScalingGroups"])),
    Quota("databases", "rds", "L-7B6409FD", of("database"), (database_quotas,),
          lambda net, quotas: quotas["DBInstances"]),
    Quota("database storage (GiB)", "rds", "L-7ADDB58A", storage, (database_quotas,),
          lambda net, quotas: quotas["AllocatedStorage"]),
    Quota("database subnet groups", "rds", "L-48C6BF61", of("db_subnet_group"), (database_quotas,),
          lambda net, quotas: quotas["DBSubnetGroups"]),
)
# what all regions together have
GLOBAL = (
    Quota("roles", "iam", "L-FE177D64", of("role"), (account_summary,),
          lambda net, summary: (summary["Roles"], summary["RolesQuota"])),
    Quota("instance profiles", "iam", "L-6E65F664", of("instance_profile"), (account_summary,),
          lambda net, summary: (summary["InstanceProfiles"], summary["InstanceProfilesQuota"])),
    Quota("buckets", "s3", "L-DC2B2D3D", of("bucket"), (value("s3", "L-DC2B2D3D"), buckets),
          lambda net, most, there: (len(there), most)),
)


# ---------------------------------------------------------------- the checks
def checks(aws: Aws, home: Aws, making: Sequence[Resource], facts: Facts, settings: Settings) -> Iterator[Check]:
    """One for each quota of which something is needed. home: where the partition's global quotas are kept."""
    for quota in GLOBAL:
        yield from check(quota, home, making, next(iter(facts.values())), "")
    for region, net in facts.items():
        here = [resource for resource in making if resource.place.region == region]
        for quota in REGIONAL:
            yield from check(quota, aws.at(region), here, net, region)
        for one in here:
            if isinstance(one, AutoScalingGroup):
                yield of_instances(aws, one, settings.sizes.instance_type)
            if isinstance(one, EndpointShare) and one.service not in GATEWAYS:
                yield from check(of_groups(one.endpoint, len(net.endpoints[one.service].groups)), aws.at(region), [one],
                                 net, region)


def check(quota: Quota, aws: Aws, making: Iterable[Resource], net: Network, region: str) -> Iterator[Check]:
    need = sum(map(quota.need, making))
    if need:
        yield Check(f"quota of {quota.name}", region, tuple(ask(aws) for ask in quota.asks),
                    lambda *answers: spare(quota, aws.place.region, need, *quota.read(net, *answers)))


def spare(quota: Quota, region: str, need: float, used: float, most: float) -> Outcome:
    """Pure: whether there is room for so many more."""
    seen = taken(need, used, most)
    return fine(seen) if used + need <= most else wrong(seen, raised(quota.service, quota.code, used + need, region))


def taken(need: float, used: float, most: float) -> str:
    return f"{need:g} needed, {used:g} of {most:g} in use"


def raised(service: str, code: str, to: float, region: str) -> str:
    return (f"remove what isn't used, or: aws service-quotas request-service-quota-increase --service-code {service} "
            f"--quota-code {code} --desired-value {to:g} --region {region}")


def of_instances(aws: Aws, group: AutoScalingGroup, name: str) -> Check:
    """vCPUs of on-demand instances: as many as are wanted now must fit; that its most don't is worth knowing."""
    at, region = aws.at(group.place.region), group.place.region
    return Check("quota of vCPUs", region, (service_quota(at, *VCPUS), running(at), instance_type(aws, name)),
                 lambda most, used, kind: room(group, region, most, used, kind))


def room(group: AutoScalingGroup, region: str, most: float, used: float, kind: Mapping[str, Any]) -> Outcome:
    """Pure. kind: as DescribeInstanceTypes has it."""
    if not STANDARD.match(kind["InstanceType"]):
        return unknown(f"{kind['InstanceType']} is of a family with a quota of its own")
    each = kind["VCpuInfo"]["DefaultVCpus"]
    now, later = group.desired_size * each, group.max_size * each
    if used + now > most:
        return wrong(taken(now, used, most), raised(*VCPUS, used + later, region))
    if used + later > most:
        return warning(f"{taken(now, used, most)}; at max_size = {group.max_size} it needs {later}",
                       raised(*VCPUS, used + later, region))
    return fine(taken(later, used, most))
