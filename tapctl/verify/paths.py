"""Who can reach whom: security groups, route tables and network ACLs, evaluated. Pure.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from tapctl.resources.security_group import TCP, Rule, inside, of_port

EPHEMERAL = (32768, 60999)  # the ports that answers go to: those of Linux, which are among everybody else's


@dataclass(frozen=True)
class Acl:
    """A network ACL. entries: as EC2 describes them."""

    id: str
    entries: Sequence[Mapping[str, Any]]


OPEN_ACL: Sequence[Mapping[str, Any]] = tuple(
    {"RuleNumber": 100, "Egress": egress, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
    for egress in (True, False))


@dataclass(frozen=True)
class Party:
    """Network interfaces that are alike. groups, rules: their security groups, and the rules of all of these;
    networks: their addresses; acls: of their subnets; lists: the managed prefix lists that hold their addresses."""

    name: str
    groups: frozenset[str] = frozenset()
    rules: frozenset[Rule] = frozenset()
    networks: tuple[IPv4Network, ...] = ()
    acls: tuple[Acl, ...] = ()
    lists: frozenset[str] = frozenset()


EVERYWHERE = IPv4Network("0.0.0.0/0")
INTERNET = Party("the internet", networks=(EVERYWHERE,))


def lets(party: Party, way: str, port: int, other: Party) -> bool:
    """Whether its security groups let TCP on this port pass, be it by several rules. way: "in" from the other, "out"
    to it."""
    peers = {rule[4] for rule in party.rules if rule[0] == way and of_port(rule, port)}
    if peers & (other.groups | other.lists):
        return True
    return bool(other.networks) and all(inside(str(network), peers) for network in other.networks)


@dataclass(frozen=True)
class Entry:
    """One of a network ACL, about TCP over IPv4. ports: the first and the last."""

    block: IPv4Network
    ports: tuple[int, int]
    allows: bool


def entries_of(acl: Acl, egress: bool) -> list[Entry]:
    """In the order in which they decide."""
    found = sorted((one for one in acl.entries if one["Egress"] is egress and one["Protocol"] in TCP
                    and "CidrBlock" in one), key=lambda one: int(one["RuleNumber"]))
    limits = [one.get("PortRange") or {"From": 0, "To": 65535} for one in found]
    return [Entry(IPv4Network(one["CidrBlock"]), (its["From"], its["To"]), one["RuleAction"] == "allow")
            for one, its in zip(found, limits, strict=True)]


def passing(acl: Acl, egress: bool, ports: tuple[int, int], network: IPv4Network) -> set[bool]:
    """Whether a network ACL lets TCP pass on these ports, to or from this network; both: a part of it.

    Of the whole internet, those whom it shuts out by their addresses don't count: the others are let in or not.
    """
    entries = entries_of(acl, egress)
    if network == EVERYWHERE:
        entries = [one for one in entries if one.allows or one.block == EVERYWHERE]
    return decided(entries, ports, network)


def decided(entries: Sequence[Entry], ports: tuple[int, int], network: IPv4Network) -> set[bool]:
    """The first that fits decides, for the part that it fits; those after it for the rest; none: nothing passes."""
    for n, one in enumerate(entries, 1):
        low, high = one.ports
        if not network.overlaps(one.block) or ports[1] < low or high < ports[0]:
            continue
        both = max(network, one.block, key=lambda block: block.prefixlen)
        rest = [(ports, other) for other in network.address_exclude(both)]
        rest += [((ports[0], low - 1), both)] if ports[0] < low else []
        rest += [((high + 1, ports[1]), both)] if high < ports[1] else []
        return {one.allows}.union(*(decided(entries[n:], *part) for part in rest))
    return {False}


def hindrances(source: Party, target: Party, port: int) -> Iterator[str]:
    """Why TCP to this port doesn't get from one to the other, a line each; nothing: it does."""
    where = f"tcp {port}"
    if source is not INTERNET and not lets(source, "out", port, target):
        yield f"no security group of {source.name} ({listed(source.groups)}) lets {where} out to {target.name}"
    if target.groups and not lets(target, "in", port, source):
        yield f"no security group of {target.name} ({listed(target.groups)}) lets {where} in from {source.name}"
    for party, other, egress in ((source, target, True), (target, source, False)):
        for acl in party.acls:
            for network in other.networks:
                for what, out, ports in ((where, egress, (port, port)), ("answers", not egress, EPHEMERAL)):
                    found = passing(acl, out, ports, network)
                    if False in found:
                        some = "not all" if True in found else "no"
                        yield f"network ACL {acl.id} of {party.name} lets {some} {what} {way(out)} {network}"


def way(egress: bool) -> str:
    return "out to" if egress else "in from"


Allowed = Callable[[Rule], bool]


def strange(party: Party, direction: str, allowed: Allowed) -> Iterator[str]:
    """Every rule in one direction that is not allowed, a line each."""
    for rule in sorted(party.rules):
        if rule[0] == direction and not allowed(rule):
            yield f"the security groups of {party.name} let {rule}"


def exactly(port: int, peers: Iterable[str]) -> Allowed:
    """TCP on this one port, and one of these peers: ids of groups or prefix lists, or networks and what is in them."""
    known = frozenset(peers)

    def allowed(rule: Rule) -> bool:
        _, protocol, low, high, peer = rule
        return protocol in ("tcp", "6") and low == high == port and (peer in known or inside(peer, known))

    return allowed


def listed(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)) or "none"
