"""Security groups. The rules of one group are one aspect: a set of flat tuples, reconciled exactly.

A rule names another group by Ref, which needs only that group's existence; so load balancer and application can name
each other without a cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network
from typing import Any, ClassVar, NamedTuple

from botocore.exceptions import ClientError

from tapctl.model import Aspect, Aws, Blocked, Chain, Found, Gone, Kept, Out, Ref, Resource
from tapctl.naming import claims, tag_dict
from tapctl.resources.holders import of_interfaces, of_rules
from tapctl.tags import ec2_specification, ours, put_ec2_tags, tags_aspect
from tapctl.waiting import absent, code, tolerate


class Rule(NamedTuple):
    """way: "in", "out"; low, high: ports, -1 where there are none; peer: a CIDR, a group id or a prefix list id."""

    way: str
    protocol: str
    low: int
    high: int
    peer: str

    def __str__(self) -> str:
        """As in "tcp 22 in from 0.0.0.0/0"."""
        ports = "" if self.low == -1 else f" {self.low}" if self.low == self.high else f" {self.low}-{self.high}"
        what = "everything" if self.protocol == "-1" else self.protocol + ports
        return f"{what} {'out to' if self.way == 'out' else 'in from'} {self.peer}"


Peer = str | Ref
ALLOW_ALL = frozenset({Rule("out", "-1", -1, -1, "0.0.0.0/0")})
TCP = ("tcp", "6", "-1")
UNSEEN = "InvalidGroup.NotFound"
SIDES = {"in": ("IpPermissions", "ingress"), "out": ("IpPermissionsEgress", "egress")}


def inbound(port: int, peer: Peer) -> tuple[str, str, int, int, Peer]:
    return ("in", "tcp", port, port, peer)


def outbound(port: int, peer: Peer) -> tuple[str, str, int, int, Peer]:
    return ("out", "tcp", port, port, peer)


# ---------------------------------------------------------------- aspects
def want_rules(r: SecurityGroup, out: Out) -> frozenset[Rule]:
    return frozenset(Rule(way, protocol, low, high, out(peer).id if isinstance(peer, Ref) else peer)
                     for way, protocol, low, high, peer in r.rules)


def read_rules(aws: Aws, it: Found) -> frozenset[Rule]:
    return frozenset(rule for way, (side, _) in SIDES.items() for rule in flat(way, it.raw[side]))


def flat(way: str, permissions: Iterable[Mapping[str, Any]]) -> Iterator[Rule]:
    """As EC2 describes them, in one direction."""
    return (Rule(way, permission["IpProtocol"], permission.get("FromPort", -1), permission.get("ToPort", -1), peer)
            for permission in permissions for peer in _peers(permission))


def _peers(permission: Mapping[str, Any]) -> Iterator[str]:
    for field, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId"),
                        ("UserIdGroupPairs", "GroupId")):
        yield from (peer[name] for peer in permission.get(field, []))


def _permission(rule: Rule) -> dict[str, Any]:
    _, protocol, low, high, peer = rule
    ports = {} if protocol == "-1" else {"FromPort": low, "ToPort": high}
    if peer.startswith("sg-"):
        who: dict[str, Any] = {"UserIdGroupPairs": [{"GroupId": peer}]}
    elif peer.startswith("pl-"):
        who = {"PrefixListIds": [{"PrefixListId": peer}]}
    elif ":" in peer:
        who = {"Ipv6Ranges": [{"CidrIpv6": peer}]}
    else:
        who = {"IpRanges": [{"CidrIp": peer}]}
    return {"IpProtocol": protocol, **ports, **who}


def put_rules(aws: Aws, it: Found, have: frozenset[Rule], want: frozenset[Rule]) -> None:
    """Authorise first, then revoke: no moment in which a right rule is absent."""
    for verb, rules, unseen, done in (
            # a group just made may not be visible to a rule that names it yet
            ("authorize", want - have, "", ["InvalidPermission.Duplicate"]),
            # and one that is gone is named by no rule any more: the answer to the call that revoked it was lost
            ("revoke", have - want, it.id, ["InvalidPermission.NotFound", UNSEEN])):
        for way, (_, direction) in SIDES.items():
            permissions = [_permission(rule) for rule in sorted(rules) if rule[0] == way]
            if permissions:
                call = partial(getattr(aws.client("ec2"), f"{verb}_security_group_{direction}"), GroupId=it.id)
                changed = partial(_changed, call, unseen, done)
                if changed(permissions) is None and len(permissions) > 1:
                    for permission in permissions:  # AWS has refused them all for the one that is done already
                        changed([permission])


def _changed(call: Callable[..., Any], unseen: str, done: Sequence[str], permissions: list[dict[str, Any]]) -> Any:
    """unseen: the group that may not be visible yet; empty: any. None: AWS answered that it is done already."""
    return absent(partial(tolerate, partial(call, IpPermissions=permissions), UNSEEN, saying=unseen), *done)


RULES = Aspect("rules", want_rules, read_rules, put_rules, born=ALLOW_ALL)
TAGS = tags_aspect(put_ec2_tags)


# ---------------------------------------------------------------- the group
@dataclass(frozen=True)
class SecurityGroup(Resource):
    """purpose: "alb", "app", "rds" or "endpoints"; rules: see inbound() and outbound()."""

    purpose: str
    vpc: str
    rules: tuple[tuple[str, str, int, int, Peer], ...] = ()
    kind: ClassVar[str] = "security_group"
    aspects: ClassVar[tuple[Aspect[SecurityGroup, Any], ...]] = (TAGS, RULES)

    @property
    def role(self) -> str:
        return self.purpose

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        for page in aws.client("ec2").get_paginator("describe_security_groups").paginate(Filters=ours(aws)):
            for raw in page["SecurityGroups"]:
                tags = tag_dict(raw.get("Tags", []))
                key = claims(tags, aws.place)
                if key and key == f"{aws.place.region}/{cls.kind}/{_purpose(aws, raw['GroupName'])}":
                    yield Found(key, raw["GroupId"], raw, tags)

    @classmethod
    def look(cls, aws: Aws, it: Found) -> Found | None:
        # the filter, unlike GroupIds, answers nothing instead of an error for a group that is gone
        found = aws.client("ec2").describe_security_groups(Filters=[{"Name": "group-id", "Values": [it.id]}])
        return next((Found(it.key, it.id, raw, tag_dict(raw.get("Tags", []))) for raw in found["SecurityGroups"]), None)

    def create(self, aws: Aws, out: Out) -> Found:
        answer = aws.client("ec2").create_security_group(
            GroupName=self.place.name(self.purpose), Description=self.place.name(self.purpose), VpcId=self.vpc,
            TagSpecifications=ec2_specification("security-group", self.tags))
        return Found(self.key, answer["GroupId"], {}, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        now = cls.look(aws, it)
        if now is None:
            return Gone.NOW
        put_rules(aws, now, read_rules(aws, now), frozenset())  # let go of the others first, or none can go
        try:
            absent(lambda: aws.client("ec2").delete_security_group(GroupId=it.id), "InvalidGroup.NotFound")
        except ClientError as error:
            if code(error) in ("DependencyViolation", "InvalidGroup.InUse"):
                raise Blocked("what uses it to let go of it") from error
            raise
        return Gone.NOW

    @classmethod
    def holders(cls, aws: Aws, it: Found) -> Iterable[Chain]:
        yield from of_interfaces(aws, "group-id", it.id)
        yield from of_rules(aws, it.id)


def _purpose(aws: Aws, name: str) -> str:
    """What a group of this name is for in this stack; nothing for a name that is not of the stack's form."""
    start = f"{aws.place.name()}-"
    return name.removeprefix(start) if name.startswith(start) else ""


def require_home(aws: Aws, vpc: str) -> None:
    """A second proof for what has no name. Raises Kept: the stack has groups, and none in this VPC."""
    homes = {group.raw["VpcId"] for group in SecurityGroup.owned(aws)}
    if homes and vpc not in homes:
        raise Kept(f"it stands in {vpc}, where nothing else of this stack does; if its tapctl: tags were copied, take "
                   "them off")


# ---------------------------------------------------------------- what rules let pass
def of_port(rule: Rule, port: int) -> bool:
    """Whether it is about TCP on this port."""
    _, protocol, low, high, _ = rule
    return protocol in TCP and (protocol == "-1" or low <= port <= high)


def inside(peer: str, peers: Iterable[str]) -> bool:
    """Whether this is an IPv4 network, and within one of these."""
    return is_ipv4(peer) and any(IPv4Network(peer).subnet_of(IPv4Network(one)) for one in peers if is_ipv4(one))


def is_ipv4(peer: str) -> bool:
    return "/" in peer and ":" not in peer
