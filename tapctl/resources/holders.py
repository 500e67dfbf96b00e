"""Who holds a thing of the stack, by what EC2, RDS and ELB tell of network interfaces, rules and databases.

Whose a holder is, its tags say: that is enough here, where nothing is done to it but to name it.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tapctl.model import Aws, Chain, Link
from tapctl.naming import OWNERSHIP_STACK, tag_dict
from tapctl.paging import pages
from tapctl.waiting import absent

THEIRS = "not this stack's"
GOING = "(AWS is clearing it away)"
Raw = Mapping[str, Any]


def whose(aws: Aws, tags: Mapping[str, str]) -> str:
    """Empty for this stack's own; else whose it is, as a Link says it."""
    stack = tags.get(OWNERSHIP_STACK, "")
    if stack == aws.place.stack:
        return ""
    return f"of {stack}" if stack else THEIRS


def tagged(aws: Aws, what: str, tags: Mapping[str, str]) -> Link:
    """The link, with the name that its owner gave it."""
    return Link(f'{what} "{tags["Name"]}"' if tags.get("Name") else what, whose(aws, tags))


def named(name: str, value: str) -> list[dict[str, Any]]:
    """The Filters of an EC2 describe call."""
    return [{"Name": name, "Values": [value]}]


# ---------------------------------------------------------------- network interfaces
def of_interfaces(aws: Aws, name: str, value: str) -> Iterator[Chain]:
    """A chain for each owner of network interfaces that this filter leaves: "group-id" or "subnet-id", and an id."""
    owners: dict[tuple[str, str], list[Raw]] = {}
    for raw in pages(aws.client("ec2"), "describe_network_interfaces", "NetworkInterfaces", Filters=named(name, value)):
        owners.setdefault(owner(raw), []).append(raw)
    for (kind, which), raws in owners.items():
        ids = ", ".join(sorted(raw["NetworkInterfaceId"] for raw in raws))
        between = f"network interface{'s' if len(raws) > 1 else ''} {ids}"
        if kind:
            yield from ((Link(between), link) for link in OWNERS[kind](aws, which, raws))
        else:
            yield (tagged(aws, between, tag_dict(raws[0].get("TagSet", []))),)


# what services write into the description of an interface: (kind of the owner, with its name)
DESCRIPTIONS = (
    ("load balancer", re.compile(r"ELB ((?:app|net|gwy)/.+)")),
    ("classic load balancer", re.compile(r"ELB ([^/]+)")),
    ("endpoint", re.compile(r"VPC Endpoint Interface (vpce-\w+)")),
    ("database", re.compile(r"(RDSNetworkInterface)")),
    ("function", re.compile(r"AWS Lambda VPC ENI-(.+?)(?:-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?")),
)


def owner(raw: Raw) -> tuple[str, str]:
    """(kind, name) of an interface's owner; ("", its id): it is on its own."""
    attachment = raw.get("Attachment", {})
    if attachment.get("InstanceId"):
        return "instance", attachment["InstanceId"]
    said = raw.get("Description", "")
    for kind, pattern in DESCRIPTIONS:
        if found := pattern.fullmatch(said):
            return kind, found[1]
    if raw.get("RequesterManaged") or attachment.get("InstanceOwnerId", "").startswith("amazon-"):
        return "service", said or raw.get("RequesterId") or "of AWS"
    return "", raw["NetworkInterfaceId"]


def instance(aws: Aws, which: str, raws: Sequence[Raw]) -> Iterator[Link]:
    account = raws[0]["Attachment"].get("InstanceOwnerId", aws.place.account)
    if account != aws.place.account:  # in a shared VPC: it can't be asked for
        yield Link(f"instance {which} of account {account}", THEIRS)
        return
    found = [one for reservation in pages(aws.client("ec2"), "describe_instances", "Reservations",
                                          Filters=named("instance-id", which)) for one in reservation["Instances"]]
    yield from [tagged(aws, f"instance {which}", tag_dict(one.get("Tags", []))) for one in found] or [
        Link(f"instance {which} {GOING}")]


def load_balancer(aws: Aws, which: str, raws: Sequence[Raw]) -> Iterator[Link]:
    """which: "app/NAME/ID", as its ARN ends."""
    elb, name = aws.client("elbv2"), which.split("/")[1]
    answer = absent(lambda: elb.describe_load_balancers(Names=[name]), "LoadBalancerNotFound")
    arns = [one["LoadBalancerArn"] for one in (answer["LoadBalancers"] if answer else [])]
    yield from of_arns(aws, [arn for arn in arns if arn.endswith(f"/{which}")]) or [
        Link(f"load balancer {name} {GOING}")]


def of_arns(aws: Aws, arns: Sequence[str]) -> list[Link]:
    """Of load balancers, by their ARNs."""
    answer = aws.client("elbv2").describe_tags(ResourceArns=arns)["TagDescriptions"] if arns else []
    return [Link(f"load balancer {one['ResourceArn'].split('/')[2]}", whose(aws, tag_dict(one["Tags"])))
            for one in answer]


def endpoint(aws: Aws, which: str, raws: Sequence[Raw]) -> Iterator[Link]:
    answer = absent(lambda: aws.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[which]),
                    "InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound")
    found = answer["VpcEndpoints"] if answer else []
    yield from [tagged(aws, f"endpoint {which}", tag_dict(one.get("Tags", []))) for one in found] or [
        Link(f"endpoint {which} {GOING}")]


def database(aws: Aws, which: str, raws: Sequence[Raw]) -> Iterator[Link]:
    """An interface of RDS doesn't say which database has it: those are named that stand in the same groups."""
    groups = {frozenset(group["GroupId"] for group in raw["Groups"]) for raw in raws}
    found = list(databases(aws, lambda one: frozenset(
        group["VpcSecurityGroupId"] for group in one["VpcSecurityGroups"]) in groups))
    yield from found or [Link(f"a database {GOING}")]


def databases(aws: Aws, uses: Callable[[Raw], bool]) -> Iterator[Link]:
    for one in pages(aws.client("rds"), "describe_db_instances", "DBInstances"):
        if uses(one):
            yield Link(f"database {one['DBInstanceIdentifier']}", whose(aws, tag_dict(one.get("TagList", []))))


def someone(kind: str) -> Callable[[Aws, str, Sequence[Raw]], Iterable[Link]]:
    """What no stack of tapctl's has: it isn't asked whose it is."""
    return lambda aws, which, raws: (Link(f"{kind} {which}", THEIRS),)


OWNERS: Mapping[str, Callable[[Aws, str, Sequence[Raw]], Iterable[Link]]] = {
    "instance": instance, "load balancer": load_balancer, "endpoint": endpoint, "database": database,
    "classic load balancer": someone("classic load balancer"), "function": someone("function"),
    "service": someone("service")}


# ---------------------------------------------------------------- rules
def of_rules(aws: Aws, group: str) -> Iterator[Chain]:
    """A chain for each other group with a rule that names this one.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
    """
    found: dict[str, Raw] = {}
    for side in "ip-permission.group-id", "egress.ip-permission.group-id":
        found |= {raw["GroupId"]: raw for raw in pages(
            aws.client("ec2"), "describe_security_groups", "SecurityGroups", Filters=named(side, group))}
    for name, raw in found.items():
        if name != group:
            yield (Link(f"rule of security group {name} \"{raw['GroupName']}\"",
                        whose(aws, tag_dict(raw.get("Tags", [])))),)
