"""Who reaches whom, by rules alone."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from tapctl.resources.security_group import Rule
from tapctl.verify.paths import (
    EPHEMERAL,
    EVERYWHERE,
    INTERNET,
    OPEN_ACL,
    Acl,
    Party,
    exactly,
    hindrances,
    lets,
    passing,
    strange,
)

NET = IPv4Network("10.0.0.0/20")


def party(name: str, *rules: Rule, acl: Acl | None = None, networks: tuple[str, ...] = ("10.0.0.0/20",)) -> Party:
    return Party(name, frozenset({f"sg-{name}"}), frozenset(rules), tuple(map(IPv4Network, networks)),
                 (acl,) if acl else ())


B = party("b")


@pytest.mark.parametrize(("rule", "opened"), [
    (Rule("out", "tcp", 5432, 5432, "sg-b"), True),
    (Rule("out", "6", 5000, 6000, "sg-b"), True),
    (Rule("out", "-1", -1, -1, "sg-b"), True),
    (Rule("out", "tcp", 5432, 5432, "0.0.0.0/0"), True),
    (Rule("out", "tcp", 5432, 5432, "10.0.0.0/16"), True),
    (Rule("out", "tcp", 5432, 5432, "10.0.0.0/24"), False),  # a part of its addresses
    (Rule("out", "tcp", 5432, 5432, "::/0"), False),
    (Rule("out", "tcp", 5432, 5432, "sg-c"), False),
    (Rule("out", "tcp", 5433, 5500, "sg-b"), False),
    (Rule("out", "udp", 5432, 5432, "sg-b"), False),
    (Rule("in", "tcp", 5432, 5432, "sg-b"), False),
])
def test_a_rule_lets_out(rule: Rule, opened: bool) -> None:
    assert lets(party("a", rule), "out", 5432, B) is opened


def test_several_rules_together() -> None:
    halves = [Rule("out", "tcp", 80, 80, block) for block in ("10.0.0.0/20", "10.0.16.0/20")]
    b = party("b", networks=("10.0.1.0/24", "10.0.17.0/24"))
    assert lets(party("a", *halves), "out", 80, b)
    assert not lets(party("a", halves[0]), "out", 80, b)


def test_a_prefix_list_and_an_unknown_address() -> None:
    a = party("a", Rule("out", "tcp", 443, 443, "pl-1"), Rule("out", "tcp", 80, 80, "0.0.0.0/0"))
    assert lets(a, "out", 443, Party("s3", lists=frozenset({"pl-1"})))
    assert not lets(a, "out", 443, Party("s3", lists=frozenset({"pl-2"})))
    assert not lets(a, "out", 80, Party("nobody knows where"))


def test_both_sides_must_let_it_pass() -> None:
    a, b = party("a", Rule("out", "tcp", 80, 80, "sg-b")), party("b", Rule("in", "tcp", 80, 80, "sg-a"))
    assert list(hindrances(a, b, 80)) == []
    assert list(hindrances(a, B, 80)) == ["no security group of b (sg-b) lets tcp 80 in from a"]
    assert list(hindrances(party("a"), b, 80)) == ["no security group of a (sg-a) lets tcp 80 out to b"]
    assert list(hindrances(INTERNET, b, 80)) == ["no security group of b (sg-b) lets tcp 80 in from the internet"]
    assert list(hindrances(a, Party("s3", lists=frozenset({"pl-1"})), 443)) == [
        "no security group of a (sg-a) lets tcp 443 out to s3"]


# ---------------------------------------------------------------- network ACLs
def entry(number: int, action: str, egress: bool = True, block: str = "0.0.0.0/0", protocol: str = "6",
          ports: tuple[int, int] | None = None) -> dict[str, Any]:
    return {"RuleNumber": number, "RuleAction": action, "Egress": egress, "CidrBlock": block, "Protocol": protocol,
            **({"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {})}


ALL, SOME, NONE = {True}, {True, False}, {False}


@pytest.mark.parametrize(("entries", "passed"), [
    (OPEN_ACL, ALL),
    ([], NONE),
    ([entry(100, "allow", protocol="-1"), entry(50, "deny", ports=(5432, 5432))], NONE),
    ([entry(50, "allow"), entry(100, "deny", ports=(5432, 5432))], ALL),
    ([entry(50, "deny", ports=(22, 22)), entry(100, "allow")], ALL),
    ([entry(50, "deny", block="10.9.0.0/16"), entry(100, "allow")], ALL),
    ([entry(50, "deny", block="10.0.1.0/24"), entry(100, "allow")], SOME),
    ([entry(50, "allow", block="10.0.1.0/24")], SOME),
    ([entry(50, "allow", block="10.0.1.0/24"), entry(60, "allow", block="10.0.0.0/8")], ALL),
    ([entry(50, "allow", block="10.0.0.0/21"), entry(60, "allow", block="10.0.8.0/21")], ALL),  # halves
    ([entry(50, "allow", block="10.0.1.0/24"), entry(60, "deny", block="10.0.1.0/25"), entry(70, "allow")], ALL),
    ([entry(50, "allow", block="10.0.1.0/25"), entry(60, "deny", block="10.0.1.0/24"), entry(70, "allow")], SOME),
    ([entry(50, "allow", egress=False)], NONE),
    ([entry(50, "allow", protocol="17")], NONE),
    ([{"RuleNumber": 50, "RuleAction": "allow", "Egress": True, "Ipv6CidrBlock": "::/0", "Protocol": "-1"}], NONE),
])
def test_a_network_acl(entries: list[dict[str, Any]], passed: set[bool]) -> None:
    assert passing(Acl("acl-1", entries), True, (5432, 5432), NET) == passed


@pytest.mark.parametrize(("entries", "passed"), [
    ([entry(50, "allow", ports=(1024, 65535))], ALL),
    ([entry(50, "allow", ports=(40000, 50000))], SOME),
    ([entry(50, "allow", ports=(1024, 40000)), entry(60, "allow", ports=(40001, 65535))], ALL),
    ([entry(50, "deny", ports=(40000, 40000)), entry(60, "allow")], SOME),
])
def test_several_ports(entries: list[dict[str, Any]], passed: set[bool]) -> None:
    assert passing(Acl("acl-1", entries), True, EPHEMERAL, NET) == passed


@pytest.mark.parametrize(("entries", "passed"), [
    ([entry(50, "deny", block="203.0.113.7/32"), entry(100, "allow")], ALL),
    ([entry(50, "deny", block="203.0.113.7/32", ports=(5000, 6000)), entry(100, "allow")], ALL),
    ([entry(50, "deny", block="203.0.113.7/32")], NONE),
    ([entry(50, "deny", ports=(5432, 5432)), entry(100, "allow")], NONE),
    ([entry(50, "deny", block="203.0.113.7/32"), entry(100, "allow", block="203.0.113.0/24")], SOME),
])
def test_one_who_is_shut_out_is_not_the_internet(entries: list[dict[str, Any]], passed: set[bool]) -> None:
    assert passing(Acl("acl-1", entries), True, (5432, 5432), EVERYWHERE) == passed


def test_a_part_that_does_not_pass_is_said_to_be_one() -> None:
    blocked = Acl("acl-1", [entry(50, "deny", False, block="10.0.1.0/24"), *OPEN_ACL])
    a, b = party("a", Rule("out", "tcp", 80, 80, "sg-b")), party("b", Rule("in", "tcp", 80, 80, "sg-a"), acl=blocked)
    assert list(hindrances(a, b, 80)) == ["network ACL acl-1 of b lets not all tcp 80 in from 10.0.0.0/20"]
    public = party("b", Rule("in", "tcp", 80, 80, "0.0.0.0/0"), acl=blocked)
    assert list(hindrances(INTERNET, public, 80)) == []


def test_answers_must_come_back_too() -> None:
    one_way = Acl("acl-1", [entry(1, "allow", True, protocol="-1"), entry(1, "allow", False, ports=(443, 443))])
    a = party("a", Rule("out", "tcp", 80, 80, "sg-b"), acl=one_way)
    b = party("b", Rule("in", "tcp", 80, 80, "sg-a"))
    assert list(hindrances(a, b, 80)) == ["network ACL acl-1 of a lets no answers in from 10.0.0.0/20"]
    closed = party("b", Rule("in", "tcp", 80, 80, "sg-a"), acl=Acl("acl-2", []))
    a = party("a", Rule("out", "tcp", 80, 80, "sg-b"))
    assert list(hindrances(a, closed, 80)) == [
        "network ACL acl-2 of b lets no tcp 80 in from 10.0.0.0/20",
        "network ACL acl-2 of b lets no answers out to 10.0.0.0/20"]


# ---------------------------------------------------------------- nothing else
@pytest.mark.parametrize(("rule", "fine"), [
    (Rule("in", "tcp", 5432, 5432, "sg-a"), True),
    (Rule("in", "6", 5432, 5432, "sg-a"), True),
    (Rule("in", "tcp", 5432, 5432, "10.0.1.0/24"), True),
    (Rule("in", "tcp", 5432, 5432, "10.0.0.0/8"), False),
    (Rule("in", "tcp", 5432, 5432, "::/0"), False),
    (Rule("in", "tcp", 5432, 5433, "sg-a"), False),
    (Rule("in", "tcp", 5431, 5431, "sg-a"), False),
    (Rule("in", "udp", 5432, 5432, "sg-a"), False),
    (Rule("in", "-1", -1, -1, "sg-a"), False),
    (Rule("in", "tcp", 5432, 5432, "sg-c"), False),
])
def test_exactly_one_port_of_known_peers(rule: Rule, fine: bool) -> None:
    allowed = exactly(5432, ["sg-a", "10.0.0.0/20"])
    assert allowed(rule) is fine
    assert list(strange(party("b", rule), "in", allowed)) == ([] if fine else [
        f"the security groups of b let {rule}"])
    assert list(strange(party("b", rule), "out", allowed)) == []


def test_rules_as_people_read_them() -> None:
    assert str(Rule("in", "tcp", 22, 22, "0.0.0.0/0")) == "tcp 22 in from 0.0.0.0/0"
    assert str(Rule("out", "udp", 1, 9, "sg-a")) == "udp 1-9 out to sg-a"
    assert str(Rule("out", "-1", -1, -1, "::/0")) == "everything out to ::/0"
