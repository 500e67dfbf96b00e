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


INTERNET = Party("the internet", networks=(IPv4Network("0.0.0.0/0"),))


def lets(party: Party, way: str, port: int, other: Party) -> bool:
    """Whether its security groups let TCP on this port pass, be it by several rules. way: "in" from the other, "out"
    to it."""
    peers = {rule[4] for rule in party.rules if rule[0] == way and of_port(rule, port)}
    if peers & (other.groups | other.lists):
        return True
    return bool(other.networks) and all(inside(str(network), peers) for network in other.networks)


def passes(acl: Acl, egress: bool, ports: tuple[int, int], network: IPv4Network) -> bool:
    """Whether a network ACL lets TCP pass on all of these ports, to or from all of this network.

    The lowest number that fits decides. An allowance of a part is no answer: what is left must be allowed too.
    """
    for entry in sorted(acl.entries, key=lambda entry: int(entry["RuleNumber"])):
        if entry["Egress"] is not egress or entry["Protocol"] not in TCP or "CidrBlock" not in entry:
            continue
        block, limits = IPv4Network(entry["CidrBlock"]), entry.get("PortRange") or {"From": 0, "To": 65535}
        if not network.overlaps(block) or ports[1] < limits["From"] or limits["To"] < ports[0]:
            continue
        allowed: bool = entry["RuleAction"] == "allow"
        whole = network.subnet_of(block) and limits["From"] <= ports[0] and ports[1] <= limits["To"]
        if whole or not allowed:
            return allowed
    return False


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
                there, back = (port, port), EPHEMERAL
                if not passes(acl, egress, there, network):
                    yield f"network ACL {acl.id} of {party.name} lets no {where} {way(egress)} {network}"
                if not passes(acl, not egress, back, network):
                    yield f"network ACL {acl.id} of {party.name} lets no answers {way(not egress)} {network}"


def way(egress: bool) -> str:
    return "out to" if egress else "in from"


Allowed = Callable[[Rule], bool]


def strange(party: Party, direction: str, allowed: Allowed) -> Iterator[str]:
    """Every rule in one direction that is not allowed, a line each."""
    for rule in sorted(party.rules):
        if rule[0] == direction and not allowed(rule):
            yield f"the security groups of {party.name} let {spelled(rule)}"


def exactly(port: int, peers: Iterable[str]) -> Allowed:
    """TCP on this one port, and one of these peers: ids of groups or prefix lists, or networks and what is in them."""
    known = frozenset(peers)

    def allowed(rule: Rule) -> bool:
        _, protocol, low, high, peer = rule
        return protocol in ("tcp", "6") and low == high == port and (peer in known or inside(peer, known))

    return allowed


def spelled(rule: Rule) -> str:
    """ "tcp 22 in from 0.0.0.0/0"."""
    direction, protocol, low, high, peer = rule
    ports = "" if protocol == "-1" else f" {low}" if low == high else f" {low}-{high}"
    return f"{'everything' if protocol == '-1' else protocol}{ports} {way(direction == 'out')} {peer}"


def listed(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)) or "none"
