"""Which regions' VPCs are joined, and which can't be. Pure: facts in, answers out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from ipaddress import ip_network
from itertools import combinations

from tapctl.errors import ConfigurationError
from tapctl.facts import Facts, Network
from tapctl.network import Serving
from tapctl.resources.peering_routes import Route
from tapctl.settings import Settings

Pair = tuple[str, str]  # the requester's region and the accepter's: by name, so that another order changes nothing


def pairs(settings: Settings) -> Iterator[Pair]:
    """Every two regions that may be peered."""
    if settings.network.peering != "off":
        yield from combinations(sorted(settings.regions), 2)


def overlaps(one: Collection[str], other: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The address ranges that overlap, IPv4 or IPv6. AWS fails a peering for any, whether it would be used or not.

    https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html#vpc-peering-limitations
    """
    return tuple((mine, theirs) for mine in one for theirs in other if ip_network(mine).overlaps(ip_network(theirs)))


def apart(facts: Facts, settings: Settings) -> dict[Pair, str]:
    """The pairs that can't be peered, and why."""
    found = {pair: overlaps(facts[pair[0]].cidrs, facts[pair[1]].cidrs) for pair in pairs(settings)}
    return {pair: "; ".join(f"{mine} in {pair[0]} overlaps {theirs} in {pair[1]}" for mine, theirs in overlapping)
            for pair, overlapping in found.items() if overlapping}


def check(facts: Facts, settings: Settings) -> None:
    """Raises ConfigurationError: peering is required and can't be had."""
    if settings.network.peering != "required":
        return
    if len(settings.regions) < 2:
        raise ConfigurationError(
            f"peering is required, and there is no region beside {settings.primary}",
            mend='add a region to regions, or set peering = "auto" under [network]')
    if without := apart(facts, settings):
        raise ConfigurationError(
            f"peering is required, and can't be had between {', '.join(map(' and '.join, without))}",
            reason=f"AWS fails a peering of VPCs whose addresses overlap: {'; '.join(without.values())}",
            mend='name VPCs that do not overlap under [network] vpc_id, or set peering = "auto" there')


def joined(region: str, facts: Facts, settings: Settings) -> dict[str, Network]:
    """The other regions whose VPCs are joined with this one's."""
    without = apart(facts, settings)
    return {other: facts[other] for pair in pairs(settings) if region in pair and pair not in without
            for other in pair if other != region}


def others_connection(here: Network, there: Network, stack: str) -> Serving | None:
    """Somebody else's connection between these VPCs. AWS has one of a pair: it is used, not made."""
    found = here.peered.get(there.vpc)
    return found if found and found.stack != stack else None


def routes(here: str, there: str, facts: Facts) -> frozenset[Route]:
    """What is needed on both sides: from the instances' subnets to the instances' subnets, and no more."""
    return frozenset((start, table, destination) for start, end in ((here, there), (there, here))
                     for table in facts[start].route_tables for destination in facts[end].app_cidrs)


def in_the_way(wanted: Collection[Route], facts: Facts) -> tuple[tuple[Route, str], ...]:
    """Routes with the destinations of these that are there already, each with what it leads to."""
    return tuple(((region, table, destination), facts[region].routes[table, destination])
                 for region, table, destination in sorted(wanted) if (table, destination) in facts[region].routes)


def notes(facts: Facts, settings: Settings, stack: str) -> Iterator[str]:
    """Which regions are not joined, and which are by somebody else, in a line each."""
    without = apart(facts, settings)
    for one, two in pairs(settings):
        if why := without.get((one, two)):
            yield f"{one} and {two} are not peered: AWS fails a peering of VPCs whose addresses overlap ({why})"
        elif other := others_connection(facts[one], facts[two], stack):
            whose = f"of {other.stack}" if other.stack else "which is not tapctl's"
            yield f"{one} and {two}: uses peering connection {other.id} {whose}, and routes that its owner has made"
