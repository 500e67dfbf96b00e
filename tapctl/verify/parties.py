"""The parties of a region as AWS describes them: load balancer, application, database, endpoints; and their VPC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from tapctl import serving
from tapctl.facts import reached
from tapctl.model import Found
from tapctl.naming import OWNERSHIP_STACK, tag_dict
from tapctl.network import table_of
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.resources.database import Database
from tapctl.resources.endpoint import GATEWAYS
from tapctl.resources.load_balancer import LoadBalancer
from tapctl.resources.security_group import Rule, SecurityGroup, read_rules
from tapctl.verify.look import Look
from tapctl.verify.paths import Acl, Party
from tapctl.verify.seen import Missing

Raw = Mapping[str, Any]


# ---------------------------------------------------------------- the VPC
def in_vpc(look: Look, operation: str, member: str) -> list[Raw]:
    """All of a kind in the VPC that the stack's groups stand in."""
    vpc = look.one(SecurityGroup, "app").raw["VpcId"]
    return look.answers("ec2", operation, member, Filters=[{"Name": "vpc-id", "Values": [vpc]}])


def rules(look: Look, groups: Iterable[str]) -> frozenset[Rule]:
    """What the rules of all these groups let pass. Raises Missing."""
    known = {raw["GroupId"]: raw for raw in in_vpc(look, "describe_security_groups", "SecurityGroups")}
    found: set[Rule] = set()
    for group in groups:
        if group not in known:
            raise Missing(f"security group {group} is not in the VPC")
        found |= read_rules(look.aws, Found("", group, known[group]))
    return frozenset(found)


def networks(look: Look, subnets: Iterable[str]) -> tuple[IPv4Network, ...]:
    known = {raw["SubnetId"]: raw["CidrBlock"] for raw in in_vpc(look, "describe_subnets", "Subnets")}
    return tuple(IPv4Network(known[subnet]) for subnet in sorted(subnets))


def acls(look: Look, subnets: Iterable[str]) -> tuple[Acl, ...]:
    wanted = set(subnets)
    return tuple(Acl(raw["NetworkAclId"], raw["Entries"])
                 for raw in in_vpc(look, "describe_network_acls", "NetworkAcls")
                 if wanted & {one["SubnetId"] for one in raw["Associations"]})


def routes(look: Look, subnet: str) -> tuple[str, list[Raw]]:
    """The route table that a subnet uses, and its routes that are in force."""
    used = table_of([{"SubnetId": subnet}], in_vpc(look, "describe_route_tables", "RouteTables"))[subnet]
    return used["RouteTableId"], [route for route in used["Routes"] if route.get("State", "active") == "active"]


def party(look: Look, name: str, groups: Iterable[str], subnets: Sequence[str],
          addresses: Iterable[str] = ()) -> Party:
    """addresses: its own, where they are known; else it may have any of its subnets'."""
    its, own = frozenset(groups), tuple(IPv4Network(address) for address in sorted(addresses))
    return Party(name, its, rules(look, its), own or networks(look, subnets), acls(look, subnets))


# ---------------------------------------------------------------- the parties
def load_balancer(look: Look) -> Party:
    raw = look.one(LoadBalancer).raw
    return party(look, "the load balancer", raw["SecurityGroups"], entrance_subnets(look))


def entrance_subnets(look: Look) -> list[str]:
    return sorted(zone["SubnetId"] for zone in look.one(LoadBalancer).raw["AvailabilityZones"])


def application(look: Look) -> Party:
    """The instances that run. Raises Missing: none does."""
    interfaces = [nic for one in instances(look) for nic in one["NetworkInterfaces"]]
    return party(look, "the application", {group["GroupId"] for nic in interfaces for group in nic["Groups"]},
                 app_subnets(look), {nic["PrivateIpAddress"] for nic in interfaces})


def app_subnets(look: Look) -> list[str]:
    """Every subnet that an instance may be launched into."""
    return sorted(look.one(AutoScalingGroup).raw["VPCZoneIdentifier"].split(","))


def instances(look: Look) -> list[Raw]:
    """The Auto Scaling group's, as EC2 describes them, without those on their way out. Raises Missing."""
    names = sorted(one["InstanceId"] for one in look.one(AutoScalingGroup).raw["Instances"]
                   if not one["LifecycleState"].startswith("Terminat"))
    found = [one for reservation in look.answers(
        "ec2", "describe_instances", "Reservations", Filters=[{"Name": "instance-id", "Values": names}])
        for one in reservation["Instances"]] if names else []
    if not found:
        raise Missing(f"{look.place.name()} has no instance")
    return found


def volumes(look: Look) -> list[Raw]:
    """The instances', as EC2 describes them."""
    names = sorted(mapping["Ebs"]["VolumeId"] for one in instances(look) for mapping in one["BlockDeviceMappings"]
                   if "Ebs" in mapping)
    return look.answers("ec2", "describe_volumes", "Volumes", Filters=[{"Name": "volume-id", "Values": names}])


def database(look: Look) -> Party:
    raw = look.one(Database).raw
    return party(look, "the database", [group["VpcSecurityGroupId"] for group in raw["VpcSecurityGroups"]],
                 database_subnets(look))


def database_subnets(look: Look) -> list[str]:
    """Every subnet that the database may stand in."""
    return sorted(subnet["SubnetIdentifier"] for subnet in look.one(Database).raw["DBSubnetGroup"]["Subnets"])


def port_of(database: Found) -> int:
    """Raises Missing: it has no address yet."""
    if "Endpoint" not in database.raw:
        raise Missing(f"the database has no address: it is {database.raw['DBInstanceStatus']}")
    return int(database.raw["Endpoint"]["Port"])


def endpoints(look: Look) -> dict[str, Raw | None]:
    """Service -> the endpoint through which the region's instances reach it; None: there is none.

    Of interfaces it is the one that has the service's private name. Gateways may be several, each on some route tables.
    """
    serving = [raw for raw in in_vpc(look, "describe_vpc_endpoints", "VpcEndpoints")
               if str(raw["State"]).lower() == "available"]
    standing = sorted(serving, key=lambda raw: (not raw.get("PrivateDnsEnabled"), not is_own(look, raw)))
    return {service: next((raw for raw in standing if raw["ServiceName"].endswith(f".{look.place.region}.{service}")
                           and (raw["VpcEndpointType"] == "Gateway") is (service in GATEWAYS)), None)
            for service in reached(look.place.region, look.settings)}


def on_the_way(look: Look) -> list[tuple[str, Raw]]:
    """(service, endpoint) of all that the application's calls go through, by the route tables of its subnets."""
    there = serving.standing(in_vpc(look, "describe_vpc_endpoints", "VpcEndpoints"),
                             look.one(SecurityGroup, "app").raw["VpcId"], f"com.amazonaws.{look.place.region}.")
    tables = {routes(look, subnet)[0] for subnet in app_subnets(look)}
    wanted = reached(look.place.region, look.settings)
    return [(service, raw) for service, raw in serving.on_the_way(there, tables) if service in wanted]


def groups_of_others(look: Look) -> frozenset[str]:
    """The groups of other stacks: where they share an endpoint, these hang on it beside the stack's own."""
    tags = {raw["GroupId"]: tag_dict(raw.get("Tags", [])) for raw in
            in_vpc(look, "describe_security_groups", "SecurityGroups")}
    return frozenset(group for group, its in tags.items() if its.get(OWNERSHIP_STACK, look.place.stack)
                     != look.place.stack)


def is_own(look: Look, raw: Raw) -> bool:
    return tag_dict(raw.get("Tags", [])).get(OWNERSHIP_STACK) == look.place.stack


def behind(look: Look, service: str, raw: Raw) -> Party:
    """An endpoint as a party: an interface has groups and subnets, a gateway the service's prefix list."""
    if raw["VpcEndpointType"] == "Interface":
        return party(look, f"the endpoint of {service}", [group["GroupId"] for group in raw["Groups"]],
                     raw["SubnetIds"])
    return Party(f"the endpoint of {service}", lists=frozenset({prefix_lists(look)[service]}))


def prefix_lists(look: Look) -> dict[str, str]:
    """Service -> the list of its addresses, for those that a gateway serves."""
    start = f"com.amazonaws.{look.place.region}."
    raws = look.answers("ec2", "describe_managed_prefix_lists", "PrefixLists", Filters=[
        {"Name": "prefix-list-name", "Values": [f"{start}{service}" for service in GATEWAYS]}])
    return {raw["PrefixListName"].removeprefix(start): raw["PrefixListId"] for raw in raws}
