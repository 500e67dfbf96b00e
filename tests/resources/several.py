"""Several stacks' networks in the account's default VPC."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

from tapctl.events import Note
from tapctl.resources import KINDS
from tapctl.teardown import Removal, down
from tests.conformance.meter import Call
from tests.resources.part import NewPart, Part

EAST = "us-east-1"
SERVICES = {"s3", "dynamodb", "logs"}


def stack_of(part: NewPart, environment: str, regions: tuple[str, ...] = (EAST,), without: str = "",
             **more: Any) -> Part:
    """without: a service that it is to have no endpoint for."""
    more |= {f"endpoints.{without}": False} if without else {}
    made = part("endpoint", "endpoint_share", "security_group", regions=regions, environment=environment, **more)
    made.alone = False
    return made


def serving(of: Part, region: str = EAST) -> dict[str, dict[str, Any]]:
    """The endpoints that are available, by service."""
    return {one["ServiceName"].rpartition(".")[2]: one
            for one in of.client("ec2", region).describe_vpc_endpoints()["VpcEndpoints"] if one["State"] == "available"}


def owners(of: Part, region: str = EAST) -> set[str]:
    """The stacks that the endpoints are of."""
    return {tag["Value"] for one in serving(of, region).values() for tag in one["Tags"] if tag["Key"] == "tapctl:stack"}


def users(of: Part, region: str = EAST) -> set[tuple[str, ...]]:
    """The stacks that are said to use an endpoint, of each."""
    return {tuple(sorted(tag["Key"].removeprefix("tapctl:used-by:") for tag in one["Tags"] if "used-by" in tag["Key"]))
            for one in serving(of, region).values()}


def groups(of: Part, region: str = EAST) -> list[str]:
    """The names of the interface's groups."""
    return sorted(group["GroupName"] for group in serving(of, region)["logs"]["Groups"])


def reached(of: Part, region: str = EAST) -> set[str]:
    return reaching(of, region)()


def reaching(of: Part, region: str = EAST) -> Callable[[], set[str]]:
    """Asks which services the stack's application reaches: it is let out, they let it in, its routes lead there."""
    ec2 = of.client("ec2", region)
    tables = {table["RouteTableId"] for table in ec2.describe_route_tables()["RouteTables"]}
    named = {one["PrefixListName"].rpartition(".")[2]: one["PrefixListId"]
             for one in ec2.describe_managed_prefix_lists()["PrefixLists"]}

    def now() -> set[str]:
        everyone = {group["GroupId"]: group for group in ec2.describe_security_groups()["SecurityGroups"]}
        app = next(group for group in everyone.values() if group["GroupName"] == of.place.at(region).name("app"))
        rules = [rule for rule in app["IpPermissionsEgress"] if rule.get("FromPort") == 443]
        ways = {pair["GroupId"] for rule in rules for pair in rule["UserIdGroupPairs"]}
        lists = {one["PrefixListId"] for rule in rules for one in rule["PrefixListIds"]}
        letting_in = {name for name, group in everyone.items() if any(
            pair["GroupId"] == app["GroupId"] for rule in group["IpPermissions"] for pair in rule["UserIdGroupPairs"])}
        return {service for service, one in serving(of, region).items() if (
            {group["GroupId"] for group in one["Groups"]} & ways & letting_in if one["VpcEndpointType"] == "Interface"
            else tables <= {*one["RouteTableIds"]} and named[service] in lists)}

    return now


def gone(of: Part) -> tuple[Removal, list[str]]:
    """`down`, and what it noted."""
    told: list[str] = []
    removal = down(KINDS, of.regions, of.cloud, Event(),
                   lambda event: told.append(event.text) if isinstance(event, Note) else None)
    return removal, sorted(told)


def watching(of: Part, look: Callable[[], object]) -> tuple[Removal, list[str], list[object]]:
    """`down`, what it noted, and what was seen before each call that changes an endpoint."""
    seen: list[object] = []

    def watch(call: Call) -> bool:
        if call.mutating and "SecurityGroup" not in call.operation:
            seen.append(look())
        return False

    of.meter.reset()
    of.meter.kill = watch
    try:
        return *gone(of), seen
    finally:
        of.meter.reset()
