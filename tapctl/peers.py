"""Which regions' VPCs are joined, and which can't be. Pure: facts in, answers out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from itertools import combinations

from tapctl.errors import ConfigurationError
from tapctl.facts import Facts, Network
from tapctl.network import Connection
from tapctl.resources.peering import ACCEPTED
from tapctl.resources.peering_routes import Route
from tapctl.serving import Serving
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


def check(facts: Facts, settings: Settings, stack: str) -> None:
    """Raises ConfigurationError: peering is required and can't be had, or isn't with somebody else's connection."""
    if settings.network.peering != "required":
        return
    if len(settings.regions) < 2:
        raise ConfigurationError(
            f"peering is required, and there is no region beside {settings.primary}",
            mend='add a region to regions, or set peering = "auto" under [network]')
    if without := apart(facts, settings):
        raise ConfigurationError(
            f"peering is required, and can't be had between {named(without)}",
            reason=f"AWS fails a peering of VPCs whose addresses overlap: {'; '.join(without.values())}",
            mend='name VPCs that do not overlap under [network] vpc_id, or set peering = "auto" there')
    if lacking := short(facts, settings, stack):
        raise ConfigurationError(
            f"peering is required, and somebody else's connection does not join {named(lacking)}",
            reason="; ".join(lack.reason for lack in lacking.values()),
            mend="; ".join(lack.mend for lack in lacking.values()))


def named(found: Mapping[Pair, object]) -> str:
    return ", ".join(map(" and ".join, found))


def joined(region: str, facts: Facts, settings: Settings, stack: str) -> dict[str, Network]:
    """The other regions whose VPCs are joined with this one's, or will be by the stack's own connection."""
    without = apart(facts, settings).keys() | short(facts, settings, stack).keys()
    return {other: facts[other] for pair in pairs(settings) if region in pair and pair not in without
            for other in pair if other != region}


# ---------------------------------------------------------------- somebody else's connection
@dataclass(frozen=True)
class Lack:
    """Why a connection doesn't join two regions, and what mends that."""

    reason: str
    mend: str


def others_connection(here: Network, there: Network, stack: str) -> Connection | None:
    """Somebody else's connection between these VPCs, if only asked for. AWS has one of a pair: no other is made."""
    found = here.peered.get(there.vpc)
    return found if found and found.stack != stack else None


def short(facts: Facts, settings: Settings, stack: str) -> dict[Pair, Lack]:
    """The pairs that are not joined because somebody else's connection is in the way, and not enough."""
    others = {pair: others_connection(facts[pair[0]], facts[pair[1]], stack) for pair in pairs(settings)}
    return {pair: lack for pair, other in others.items() if other and (lack := lacks(other, pair, facts))}


def lacks(it: Connection, pair: Pair, facts: Facts) -> Lack | None:
    """What somebody else's connection lacks."""
    if it.status not in ACCEPTED:
        command = f"vpc-peering-connection --region {it.accepter} --vpc-peering-connection-id {it.id}"
        first = f"let the `tapctl up` of {it.stack} end, or " if it.stack else ""
        return Lack(f"{it.id} {whose(it)} is {it.status}, and AWS makes no other beside it",
                    f"{first}accept it (aws ec2 accept-{command}), or reject it, and the stack makes its own "
                    f"(aws ec2 reject-{command})")
    missing = unled(it, pair, facts)
    if not missing:
        return None
    (region, table, destination), keeps = missing[0], ""
    if it.stack:
        keeps = f"; `tapctl up` of {it.stack} takes away what isn't its own: docs/runbook.md says how both can use one"
    verb = "replace" if (table, destination) in facts[region].routes else "create"
    return Lack(f"{it.id} {whose(it)} is used as it is, and these routes do not lead to it: {spelled(missing)}",
                f"make them, the first by: aws ec2 {verb}-route --region {region} --route-table-id {table} "
                f"--destination-cidr-block {destination} --vpc-peering-connection-id {it.id}{keeps}")


def whose(it: Connection | Serving) -> str:
    return f"of {it.stack}" if it.stack else "which is not tapctl's"


# ---------------------------------------------------------------- routes
def routes(here: str, there: str, facts: Facts) -> frozenset[Route]:
    """What is needed on both sides: from the instances' subnets to the instances' subnets, and no more."""
    return frozenset((start, table, destination) for start, end in ((here, there), (there, here))
                     for table in facts[start].route_tables for destination in facts[end].app_cidrs)


def in_the_way(wanted: Collection[Route], facts: Facts) -> tuple[tuple[Route, str], ...]:
    """Routes with the destinations of these that are there already, each with what it leads to."""
    return tuple(((region, table, destination), facts[region].routes[table, destination])
                 for region, table, destination in sorted(wanted) if (table, destination) in facts[region].routes)


def unled(it: Connection, pair: Pair, facts: Facts) -> list[Route]:
    """What is needed on both sides and doesn't lead to this connection."""
    return [(region, table, destination) for region, table, destination in sorted(routes(*pair, facts))
            if way(facts[region], table, destination) != it.id]


def way(net: Network, table: str, destination: str) -> str:
    """Where all of these addresses are led to: of the routes that take them in, the most specific counts."""
    wanted = IPv4Network(destination)
    fitting = {block.prefixlen: target for (start, cidr), target in net.routes.items()
               if start == table and wanted.subnet_of(block := IPv4Network(cidr))}
    return fitting[max(fitting)] if fitting else ""


def spelled(wanted: Collection[Route]) -> str:
    """ "us-east-1 rtb-1 to 10.1.0.0/24, 10.1.1.0/24; us-west-2 ...", a table once."""
    by_table: dict[tuple[str, str], list[str]] = {}
    for region, table, destination in sorted(wanted):
        by_table.setdefault((region, table), []).append(destination)
    return "; ".join(f"{region} {table} to {', '.join(to)}" for (region, table), to in by_table.items())


# ---------------------------------------------------------------- what is said
def notes(facts: Facts, settings: Settings, stack: str, regions: Collection[str]) -> Iterator[str]:
    """Which regions are not joined, and which are by somebody else, in a line each. regions: those worked on."""
    without, lacking = apart(facts, settings), short(facts, settings, stack)
    for one, two in pairs(settings):
        left_out = {one, two} - {*regions}
        if why := without.get((one, two)):
            yield f"{one} and {two} are not peered: AWS fails a peering of VPCs whose addresses overlap ({why})"
        elif lack := lacking.get((one, two)):
            yield (f"{one} and {two} are not joined, and no rules are made for it: {lack.reason}. "
                   f"To join them, {lack.mend}")
        elif other := others_connection(facts[one], facts[two], stack):
            yield (f"{one} and {two}: uses peering connection {other.id} {whose(other)}, "
                   "and routes that its owner has made")
        elif len(left_out) == 1 and not stands((one, two), facts):
            yield (f"{one} and {two} are not joined in this run, which leaves {left_out.pop()} out: name both regions "
                   "to join them")


def stands(pair: Pair, facts: Facts) -> bool:
    """Whether the stack's own connection joins them already."""
    own = facts[pair[0]].peered.get(facts[pair[1]].vpc)
    return own is not None and own.status in ACCEPTED and not unled(own, pair, facts)
