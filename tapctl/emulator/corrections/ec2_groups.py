"""Security groups: unlike names, and what keeps one from going."""

from __future__ import annotations

from collections.abc import Iterator

from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from tapctl.emulator import lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory
from tapctl.emulator.corrections.elbv2 import LINGERING, balancers

_API = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"


@corrects("ec2", "CreateSecurityGroup", page=_API + "API_CreateSecurityGroup.html")
def names_differ_by_more_than_case(call: Call, ask: Ask) -> Answer:
    """In a VPC "web" is taken when there is a "Web"."""
    name, vpc = call.params["GroupName"], call.params.get("VpcId")
    for group in ec2_backends[ACCOUNT][call.region].groups.get(vpc, {}).values():
        if group.name.lower() == name.lower():
            raise Refusal("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc}'")
    return ask()


@corrects("ec2", "DeleteSecurityGroup", page=_API + "API_DeleteSecurityGroup.html")
def group_in_use_stays(call: Call, ask: Ask) -> Answer:
    """Not while another group's rule, or a network interface of whatever kind, still refers to it."""
    group = call.params.get("GroupId")
    if group and any(group in used for used in _in_use(call.region, group)):
        raise Refusal("DependencyViolation", f"resource {group} has a dependent object")
    return ask()


def _in_use(region: str, group: str) -> Iterator[list[str]]:
    """The groups that each thing there refers to."""
    ec2 = ec2_backends[ACCOUNT][region]
    for other in [one for groups in ec2.groups.values() for one in groups.values() if one.id != group]:
        for rule in [*other.ingress_rules, *other.egress_rules]:
            yield [rule.source_group.get("GroupId")] if rule.source_group else []
    for endpoint in ec2.vpc_end_points.values():
        yield endpoint.security_group_ids
    for interface in ec2.enis.values():
        yield [one.id for one in interface.group_set]
    for instance in ec2.all_instances():
        if instance.state != "terminated":
            yield [one.id for nic in instance.nics.values() for one in nic.group_set]
    for balancer in balancers(region).values():
        yield balancer.security_groups or []
    for database in rds_backends[ACCOUNT][region].databases.values():
        yield database.vpc_security_group_ids
    yield from _lingering(region)


def _lingering(region: str) -> Iterator[list[str]]:
    for key in list(memory(LINGERING)):
        where, _, groups = key
        if where == region and lifecycle.state(LINGERING, key):
            yield list(groups)

