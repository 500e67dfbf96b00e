"""Where in a VPC a stack stands, by what EC2 says of it."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.errors import ConfigurationError
from tapctl.network import Placement, cidrs_of, is_private, is_public, named, placed, resolves_names, table_of
from tests.vpcs import EAST, OUT, subnet, table

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
