"""Where in a VPC a stack stands, by what EC2 says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tapctl.errors import ConfigurationError
from tapctl.network import (
    ENDING,
    Placement,
    Serving,
    cidrs_of,
    endpoints_of,
    is_private,
    is_public,
    left_over,
    named,
    offered_in,
    placed,
    resolves_names,
    standing,
    table_of,
)
from tests.vpcs import EAST, OUT, PREFIX, endpoint, interface, subnet, table

OTHER_VPC = "vpc-0123456789abcdef0"


# ---------------------------------------------------------------- the VPC
@pytest.mark.parametrize(("chosen", "said"), [
    (None, f"{EAST} has no default VPC"), (OTHER_VPC, f"{EAST} has no VPC {OTHER_VPC}")])
def test_without_a_vpc_there_is_nothing_to_build_in(chosen: str | None, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        named(EAST, [], chosen)
    assert raised.value.message == said
    assert f"aws ec2 create-default-vpc --region {EAST}" in raised.value.mend
    assert "[network] vpc_id" in raised.value.mend


def test_all_address_ranges_are_known_but_those_that_are_no_more() -> None:
    def block(cidr: str, state: str = "associated") -> dict[str, Any]:
        kind = "Ipv6CidrBlock" if ":" in cidr else "CidrBlock"
        return {kind: cidr, f"{kind}State": {"State": state}}

    assert cidrs_of({"CidrBlock": "10.0.0.0/16"}) == ("10.0.0.0/16",)
    assert cidrs_of({
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [block("10.1.0.0/16"), block("10.0.0.0/16"), block("10.2.0.0/16", "disassociated")],
        "Ipv6CidrBlockAssociationSet": [block("2600:1f18::/56"), block("2600:1f19::/56", "disassociating")],
    }) == ("10.0.0.0/16", "10.1.0.0/16", "2600:1f18::/56")


@pytest.mark.parametrize(("support", "hostnames", "said", "mends"), [
    (True, False, "enableDnsHostnames off", ["--enable-dns-hostnames Value=true"]),
    (False, True, "enableDnsSupport off", ["--enable-dns-support Value=true"]),
    (False, False, "enableDnsSupport and enableDnsHostnames off",
     ["--enable-dns-support Value=true", "--enable-dns-hostnames Value=true"]),
])
def test_a_vpc_must_resolve_names(support: bool, hostnames: bool, said: str, mends: list[str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        resolves_names(EAST, {"VpcId": "vpc-1", "enableDnsSupport": support, "enableDnsHostnames": hostnames})
    assert raised.value.message == f"{EAST}: vpc-1 has {said}"
    assert raised.value.mend == "; ".join(
        f"aws ec2 modify-vpc-attribute --region {EAST} --vpc-id vpc-1 {option}" for option in mends)


def test_one_that_does_is_fine() -> None:
    resolves_names(EAST, {"VpcId": "vpc-1", "enableDnsSupport": True, "enableDnsHostnames": True})


# ---------------------------------------------------------------- routes
def test_a_subnet_without_a_route_table_uses_the_main_one() -> None:
    tables = [table("b", "b"), table("main", main=True), table("unused"), table("c", "c", "d")]
    used = table_of([subnet(name, "a") for name in "abcd"], tables)
    assert {name: used[f"subnet-{name}"]["RouteTableId"] for name in "abcd"} == {
        "a": "rtb-main", "b": "rtb-b", "c": "rtb-c", "d": "rtb-c"}


def route(target: str, ident: str, to: str = "0.0.0.0/0", state: str = "active") -> dict[str, Any]:
    return {"DestinationIpv6CidrBlock" if ":" in to else "DestinationCidrBlock": to, target: ident, "State": state}


PRIVATE: list[dict[str, Any]] = [
    route("VpcPeeringConnectionId", "pcx-1", "10.9.0.0/16"), route("TransitGatewayId", "tgw-1", "10.8.0.0/16"),
    {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-1", "State": "active"}]
LEADING_OUT: list[dict[str, Any]] = [
    route("NatGatewayId", "nat-1"), route("NatGatewayId", "nat-1", state="blackhole"),
    route("NatGatewayId", "nat-1", "64:ff9b::/96"), route("EgressOnlyInternetGatewayId", "eigw-1", "::/0"),
    route("NetworkInterfaceId", "eni-1"), route("TransitGatewayId", "tgw-1"),
    route("TransitGatewayId", "tgw-1", "::/0"),
    route("GatewayId", "igw-1", "::/0"), route("GatewayId", "igw-1", "198.51.100.0/24"),
    route("GatewayId", "igw-1", state="blackhole"), route("GatewayId", "vgw-1")]


@pytest.mark.parametrize("way", LEADING_OUT, ids=str)
def test_a_way_to_the_internet_other_than_the_load_balancers_makes_a_subnet_neither(way: dict[str, Any]) -> None:
    assert not is_public(table("x", routes=(way,)))
    assert not is_private(table("x", routes=(way,)))


def test_what_leads_to_an_internet_gateway_is_public_and_what_leads_nowhere_is_private() -> None:
    assert is_public(table("x", routes=(*PRIVATE, OUT)))
    assert not is_private(table("x", routes=(*PRIVATE, OUT)))
    assert is_private(table("x", routes=tuple(PRIVATE)))
    assert not is_public(table("x", routes=tuple(PRIVATE)))


# ---------------------------------------------------------------- subnets
ALL = {"a thing": [f"{EAST}{zone}" for zone in "abcde"]}


def place(public: str = "", private: str = "", neither: str = "", offers: dict[str, list[str]] | None = None,
          more: tuple[dict[str, Any], ...] = ()) -> Placement:
    """In a VPC with a public, a private and another subnet in each of these zones; `more` are public ones."""
    subnets = [*more, *(subnet(f"{kind}-{zone}", zone) for kind, zones in (
        ("public", public), ("private", private), ("nat", neither)) for zone in zones)]
    tables = [table("public", main=True), table("private", *(f"private-{zone}" for zone in private), routes=()),
              table("nat", *(f"nat-{zone}" for zone in neither), routes=(LEADING_OUT[0],))]
    return placed(EAST, "vpc-1", subnets, table_of(subnets, tables), offers or ALL)


def ids(subnets: tuple[Any, ...]) -> list[str]:
    return [one["SubnetId"].removeprefix("subnet-") for one in subnets]


@pytest.mark.parametrize(("public", "private", "neither", "subnets", "app"), [
    ("abcd", "", "", "public-a public-b public-c", "public-a public-b public-c"),
    ("abcd", "abcd", "", "public-a public-b public-c", "private-a private-b private-c"),
    ("ab", "ab", "ab", "public-a public-b", "private-a private-b"),
    ("abcd", "cd", "", "public-c public-d", "private-c private-d"),
    ("abc", "a", "", "public-a public-b public-c", "public-a public-b public-c"),
    ("abc", "ade", "", "public-a public-b public-c", "public-a public-b public-c"),
    ("abc", "", "abc", "public-a public-b public-c", "public-a public-b public-c"),
], ids=["no private ones", "private ones", "private ones beside others", "in some zones", "in one zone",
        "in zones without public ones", "only ones with NAT"])
def test_private_subnets_are_used_where_they_stand_beside_public_ones_in_two_zones(
        public: str, private: str, neither: str, subnets: str, app: str) -> None:
    found = place(public, private, neither)
    assert (ids(found.subnets), ids(found.app_subnets)) == (subnets.split(), app.split())


def test_every_run_picks_the_same_subnet_of_a_zone() -> None:
    several = (subnet("b2", "b"), subnet("a9", "a", DefaultForAz=True), subnet("a1", "a"), subnet("b1", "b"))
    assert ids(place(more=several).subnets) == ids(place(more=several[::-1]).subnets) == ["a9", "b1"]


def test_a_zone_that_lacks_something_is_left_out() -> None:
    assert ids(place("abcd", offers={**ALL, "another": [f"{EAST}{zone}" for zone in "bde"]}).subnets) == [
        "public-b", "public-d"]


def test_with_fewer_than_two_zones_it_is_said_what_is_where() -> None:
    with pytest.raises(ConfigurationError) as raised:
        place("ab", offers={"an availability zone": [f"{EAST}b", f"{EAST}a"], "t3.micro": [f"{EAST}a", f"{EAST}d"],
                            "db.t3.micro": []})
    assert raised.value.lines() == [
        f"{EAST}: 0 of the VPC's zones offer all that the stack needs, and it needs 2",
        f"reason: its subnets are in {EAST}a, {EAST}b; offered are an availability zone in {EAST}a, {EAST}b; "
        f"t3.micro in {EAST}a; db.t3.micro in none of them",
        "mend: choose other sizes under [environments] in config.toml, another region, or add subnets"]


def test_a_vpc_without_subnets_has_no_zone() -> None:
    with pytest.raises(ConfigurationError) as raised:
        place()
    assert raised.value.reason.startswith("its subnets are in no zone; ")


def test_a_load_balancer_needs_public_subnets_in_two_zones() -> None:
    with pytest.raises(ConfigurationError) as raised:
        place("a", "abc", "c")
    assert raised.value.lines() == [
        f"{EAST}: the load balancer faces the internet, for which vpc-1 needs public subnets in 2 zones, and has them "
        f"in {EAST}a",
        "reason: without an active route for 0.0.0.0/0 to an internet gateway are "
        f"subnet-private-b ({EAST}b, rtb-private), subnet-nat-c ({EAST}c, rtb-nat), "
        f"subnet-private-c ({EAST}c, rtb-private)",
        "mend: give a route table of such a subnet the route: aws ec2 create-route --region us-east-1 "
        "--route-table-id rtb-... --destination-cidr-block 0.0.0.0/0 --gateway-id igw-...; or name another VPC under "
        "[network] vpc_id in config.toml"]
    with pytest.raises(ConfigurationError, match=r"and has them in none$"):
        place("", "ab")


# ---------------------------------------------------------------- endpoints
TABLES = ["rtb-main", "rtb-b"]
OWN, OTHERS = ([{"Key": "tapctl:stack", "Value": stack}] for stack in ("TapStack/test", "TapStack/test2"))


def served(*endpoints: Any) -> dict[str, Serving]:
    return endpoints_of(standing(endpoints, "vpc-1", PREFIX), TABLES, "TapStack/test")


def test_a_gateway_serves_who_uses_the_route_tables_that_it_is_on() -> None:
    assert set(served(endpoint("s3", RouteTableIds=["rtb-other", *TABLES]))) == {"s3"}
    assert served(endpoint("s3", RouteTableIds=["rtb-other"]), endpoint("dynamodb", RouteTableIds=[])) == {}


def test_where_others_have_a_gateway_on_some_route_tables_there_is_room_for_ones_own_on_the_rest() -> None:
    def both(*endpoints: Any) -> tuple[list[str], tuple[str, ...]]:
        found = standing(endpoints, "vpc-1", PREFIX)
        return [one.id for one in served(*endpoints).values()], left_over(found, TABLES, "TapStack/test")["s3"]

    other, own = endpoint("s3", "vpce-other", Tags=OTHERS), endpoint("s3", "vpce-own", Tags=OWN)
    third = endpoint("s3", "vpce-third", RouteTableIds=["rtb-b", "rtb-other"])
    beside = endpoint("s3", "vpce-own", Tags=OWN, RouteTableIds=["rtb-b"])
    assert both() == ([], ("rtb-b", "rtb-main"))
    assert both(own) == (["vpce-own"], ("rtb-b", "rtb-main"))
    assert both(third) == ([], ("rtb-main",))
    assert both(other) == (["vpce-other"], ("rtb-b",))  # another stack's: it is put on that table too
    assert both(other, beside) == both(beside, other) == (["vpce-own"], ("rtb-b",))
    assert both(other, third) == both(third, other) == (["vpce-other"], ())
    assert both({**own, "RouteTableIds": ["rtb-old"]}, other, third) == (["vpce-other"], ())


def test_an_interface_serves_whoever_asks_for_the_services_own_name() -> None:
    assert set(served(interface("logs"), interface("secretsmanager"))) == {"logs", "secretsmanager"}
    assert served(interface(PrivateDnsEnabled=False)) == {}
    assert served(interface("s3")) == {}  # the stack has a gateway for it
    own, other = interface(name="vpce-own", Tags=OWN), interface(name="vpce-other", Tags=OTHERS)
    assert served(own, other)["logs"].id == served(other, own)["logs"].id == "vpce-own"
    assert served(other, interface()) == {"logs": Serving("vpce-other", "TapStack/test2", ())}


def test_a_policy_that_does_not_allow_everything_is_known() -> None:
    def allows(**statement: Any) -> bool:
        document = {"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*",
                                                            "Resource": "*", **statement}]}
        return served(interface(PolicyDocument=json.dumps(document)))["logs"].open

    assert allows()
    assert not allows(Action="logs:PutLogEvents")
    assert served(interface())["logs"].open  # there is none


@pytest.mark.parametrize("state", [*ENDING, *(state.capitalize() for state in ENDING)])
def test_one_that_is_ending_serves_nobody(state: str) -> None:
    assert standing([endpoint("s3", state=state), interface(State=state)], "vpc-1", PREFIX) == []


@pytest.mark.parametrize("state", ["available", "Pending", "pendingAcceptance", "partial"])
def test_one_that_is_coming_serves(state: str) -> None:
    assert set(served(endpoint("s3", state=state, RouteTableIds=TABLES), interface(State=state))) == {"s3", "logs"}


def test_one_of_another_vpc_serves_nobody_here() -> None:
    assert served(endpoint("s3", vpc="vpc-2", RouteTableIds=TABLES), interface(VpcId="vpc-2")) == {}


def test_where_an_interface_stands_is_known() -> None:
    there = interface(Groups=[{"GroupId": "sg-1"}], SubnetIds=["subnet-b", "subnet-a"])
    assert served(there) == {"logs": Serving("vpce-1", "", ("sg-1",), ("subnet-a", "subnet-b"))}


def test_a_service_has_its_endpoint_where_it_is_offered() -> None:
    subnets = {f"{EAST}{zone}": f"subnet-{zone}" for zone in "abc"}
    assert offered_in(EAST, "logs", [f"{EAST}c", f"{EAST}a", f"{EAST}z"], subnets) == ("subnet-a", "subnet-c")
    with pytest.raises(ConfigurationError) as raised:
        offered_in(EAST, "logs", [f"{EAST}y", f"{EAST}x"], subnets)
    assert raised.value.message == (
        f"{EAST}: the service logs has no endpoint in {EAST}a, {EAST}b, {EAST}c, where the stack stands")
    assert raised.value.reason == f"it has one in {EAST}x, {EAST}y"
    assert "[endpoints] logs = false" in raised.value.mend
