"""The VPC endpoints that are there already, and serve where a stack stands. Pure.

https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tapctl.errors import ConfigurationError
from tapctl.handover import mark
from tapctl.naming import OWNERSHIP_STACK, tag_dict
from tapctl.network import Raw
from tapctl.permissions import Statement
from tapctl.resources.endpoint import ENDING, GATEWAYS, OPEN, statements_of


@dataclass(frozen=True)
class Serving:
    """A VPC endpoint that is there already. groups, subnets: an interface's; policy: its statements."""

    id: str
    stack: str  # its tapctl:stack tag; empty if it has none
    groups: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    policy: tuple[Statement, ...] = (OPEN,)


def standing(endpoints: Iterable[Raw], vpc: str, prefix: str) -> list[tuple[str, Raw]]:
    """The VPC's endpoints that are there to stay, each with its service. prefix: of the services' names."""
    return [(one["ServiceName"].removeprefix(prefix), one) for one in endpoints
            if one["VpcId"] == vpc and one["State"].lower() not in ENDING]


def left_over(endpoints: Sequence[tuple[str, Raw]], tables: Collection[str], own: str,
              shared: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """By service that has a gateway, the ones of these route tables that no gateway of others is on: a table has one.

    shared: ids of those that this stack uses as if they were its own.
    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    """
    taken = {service: {table for name, one in endpoints
                       if name == service and serving(one).stack != own and one["VpcEndpointId"] not in shared
                       for table in one.get("RouteTableIds", [])} for service in GATEWAYS}
    return {service: tuple(sorted({*tables} - taken[service])) for service in GATEWAYS}


def endpoints_of(endpoints: Sequence[tuple[str, Raw]], tables: Collection[str], own: str) -> dict[str, Serving]:
    """By service, what serves these route tables, the stack's own before another's, that before somebody else's.

    An interface serves whoever asks for the service's own name in the VPC. Gateways that aren't tapctl's serve if they
    are on all of these tables; another stack's does on any of them: it is put on those of the others that no third
    gateway is on (endpoint_share.py).
    """
    rest = left_over(endpoints, tables, own)
    found: dict[str, Serving] = {}
    for service, endpoint in sorted(endpoints, key=lambda one: distance(one[1], own)):
        one = serving(endpoint)
        if service in GATEWAYS:
            there = {*endpoint.get("RouteTableIds", [])} & {*tables}
            serves = bool(there) and (bool(one.stack) or not rest[service])
        else:
            serves = endpoint["PrivateDnsEnabled"]
        if serves:
            found.setdefault(service, one)
    return found


def distance(endpoint: Raw, own: str) -> tuple[bool, bool, bool, str]:
    """Sorts first what is nearest; of several stacks' the one that is used already, whatever comes to be beside it."""
    tags = tag_dict(endpoint.get("Tags", []))
    stack = tags.get(OWNERSHIP_STACK, "")
    return stack != own, not stack, mark(own) not in tags, endpoint["VpcEndpointId"]


def offered_in(region: str, service: str, zones: Collection[str], subnets: Mapping[str, str]) -> tuple[str, ...]:
    """The ones of these subnets, by zone, that the service's endpoint can stand in. Raises ConfigurationError: none is.

    https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
    """
    if not {*zones} & {*subnets}:
        raise ConfigurationError(
            f"{region}: the service {service} has no endpoint in {', '.join(sorted(subnets))}, where the stack stands",
            reason=f"it has one in {', '.join(sorted(zones)) or 'no zone'}",
            mend="add subnets in such a zone; or do without the endpoint: [endpoints] logs = false, or "
                 "[app] data_access = false for secretsmanager")
    return tuple(subnet for zone, subnet in subnets.items() if zone in zones)


def serving(endpoint: Raw) -> Serving:
    return Serving(endpoint["VpcEndpointId"], tag_dict(endpoint.get("Tags", [])).get(OWNERSHIP_STACK, ""),
                   tuple(sorted(group["GroupId"] for group in endpoint.get("Groups", []))),
                   tuple(sorted(endpoint.get("SubnetIds", []))),
                   statements(endpoint))


def statements(endpoint: Raw) -> tuple[Statement, ...]:
    """The statements of its policy. An endpoint of which none is told has none, and lets all pass."""
    return tuple(statements_of(endpoint)) if "PolicyDocument" in endpoint else (OPEN,)


def on_the_way(endpoints: Iterable[tuple[str, Raw]], tables: Collection[str]) -> list[tuple[str, Raw]]:
    """All that calls from behind these route tables go through: of one service they may be several."""
    return [(service, one) for service, one in endpoints if (
        {*one.get("RouteTableIds", [])} & {*tables} if service in GATEWAYS else one["PrivateDnsEnabled"])]


def passed(endpoints: Iterable[tuple[str, Raw]], tables: Collection[str], own: str) -> tuple[tuple[str, Serving], ...]:
    """Those of them that aren't the stack's."""
    found = [(service, serving(one)) for service, one in on_the_way(endpoints, tables)]
    return tuple((service, one) for service, one in found if one.stack != own)
