"""Which regions are joined: pure, from facts alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tapctl.errors import ConfigurationError
from tapctl.facts import Network, questions
from tapctl.network import Serving, leading, peered_with
from tapctl.peers import apart, check, in_the_way, joined, notes, others_connection, overlaps, pairs, routes
from tapctl.settings import Settings, load
from tests.memory import EAST, WEST
from tests.test_facts import Answers
from tests.vpcs import LOCAL, OUT, table

FAR = "eu-west-1"
STACK = "TapStack/test"
DEFAULT = ("172.31.0.0/16",)


def settings(*regions: str, peering: str = "auto") -> Settings:
    return load(None, {}, {"env": "test", "regions": list(regions or (EAST, WEST)), "network.peering": peering})


def network(number: int = 0, **more: Any) -> Network:
    """Of VPC 10.`number`.0.0/16, or a default one without a number."""
    made = Network(
        vpc=f"vpc-{number}", cidrs=(f"10.{number}.0.0/16",) if number else DEFAULT, zones=("a", "b"),
        subnets=("subnet-1", "subnet-2"), app_subnets=("subnet-3", "subnet-4"),
        app_cidrs=(f"10.{number}.3.0/24", f"10.{number}.4.0/24"), route_tables=(f"rtb-{number}",),
        prefix_lists={"s3": "pl-1", "dynamodb": "pl-2"}, endpoints={}, image="ami-1")
    return replace(made, **more)


# ---------------------------------------------------------------- pairs
@pytest.mark.parametrize(("regions", "expected"), [
    ((EAST,), []), ((EAST, WEST), [(EAST, WEST)]), ((WEST, EAST), [(EAST, WEST)]),
    ((WEST, EAST, FAR), [(FAR, EAST), (FAR, WEST), (EAST, WEST)])])
def test_who_asks_is_the_same_in_whatever_order_regions_are(regions: tuple[str, ...], expected: list[Any]) -> None:
    assert list(pairs(settings(*regions))) == expected
    assert list(pairs(settings(*regions, peering="off"))) == []


@pytest.mark.parametrize(("one", "other", "expected"), [
    (["10.0.0.0/16"], ["10.1.0.0/16"], ()),
    (DEFAULT, DEFAULT, (("172.31.0.0/16", "172.31.0.0/16"),)),
    (["10.0.0.0/16", "10.9.0.0/16"], ["10.1.0.0/16", "10.9.128.0/20"], (("10.9.0.0/16", "10.9.128.0/20"),)),
    (["10.0.0.0/16", "2600:1f10::/56"], ["10.1.0.0/16", "2600:1f10::/56"], (("2600:1f10::/56", "2600:1f10::/56"),)),
    (["10.0.0.0/16", "2600:1f10::/56"], ["10.1.0.0/16", "2600:1f14::/56"], ()),
    (["10.0.0.0/8"], ["10.1.0.0/16", "10.2.0.0/16"], (("10.0.0.0/8", "10.1.0.0/16"), ("10.0.0.0/8", "10.2.0.0/16"))),
])
def test_any_two_ranges_that_overlap_are_named(one: Any, other: Any, expected: Any) -> None:
    assert overlaps(one, other) == expected


def test_of_three_regions_two_overlap() -> None:
    facts, wanted = {WEST: network(), EAST: network(), FAR: network(3)}, settings(WEST, EAST, FAR)
    assert apart(facts, wanted) == {(EAST, WEST): f"172.31.0.0/16 in {EAST} overlaps 172.31.0.0/16 in {WEST}"}
    assert {region: list(joined(region, facts, wanted)) for region in facts} == {
        WEST: [FAR], EAST: [FAR], FAR: [EAST, WEST]}
    assert joined(EAST, facts, wanted) == {FAR: facts[FAR]}
    assert list(notes(facts, wanted, STACK)) == [
        f"{EAST} and {WEST} are not peered: AWS fails a peering of VPCs whose addresses overlap "
        f"(172.31.0.0/16 in {EAST} overlaps 172.31.0.0/16 in {WEST})"]


def test_nothing_is_said_or_joined_where_peering_is_off() -> None:
    facts, wanted = {EAST: network(), WEST: network()}, settings(peering="off")
    assert (apart(facts, wanted), joined(EAST, facts, wanted), list(notes(facts, wanted, STACK))) == ({}, {}, [])
    assert joined(EAST, {EAST: network(1), WEST: network(2)}, wanted) == {}


# ---------------------------------------------------------------- required
def test_required_names_what_overlaps_and_the_mend() -> None:
    facts = {EAST: network(), WEST: network(), FAR: network(3)}
    with pytest.raises(ConfigurationError) as refused:
        check(facts, settings(EAST, WEST, FAR, peering="required"))
    said = "\n".join(refused.value.lines())
    assert f"between {EAST} and {WEST}" in said
    assert f"172.31.0.0/16 in {EAST} overlaps 172.31.0.0/16 in {WEST}" in said
    assert "vpc_id" in said
    assert FAR not in said


def test_required_needs_two_regions() -> None:
    with pytest.raises(ConfigurationError, match=f"no region beside {EAST}"):
        check({EAST: network(1)}, settings(EAST, peering="required"))


@pytest.mark.parametrize(("peering", "numbers"), [("required", (1, 2)), ("auto", (0, 0)), ("off", (0, 0))])
def test_all_else_may_go_on(peering: str, numbers: tuple[int, int]) -> None:
    check({region: network(number) for region, number in zip((EAST, WEST), numbers, strict=True)},
          settings(peering=peering))


# ---------------------------------------------------------------- somebody else's
@pytest.mark.parametrize(("stack", "whose"), [("TapStack/other", "of TapStack/other"), ("", "which is not tapctl's")])
def test_a_connection_of_others_is_used_and_said(stack: str, whose: str) -> None:
    there = network(2)
    here = network(1, peered={there.vpc: Serving("pcx-1", stack, ())})
    assert others_connection(here, there, STACK) == Serving("pcx-1", stack, ())
    assert list(notes({EAST: here, WEST: there}, settings(), STACK)) == [
        f"{EAST} and {WEST}: uses peering connection pcx-1 {whose}, and routes that its owner has made"]


def test_ones_own_connection_and_those_with_other_vpcs_are_none_of_others() -> None:
    there = network(2)
    own, beside = Serving("pcx-1", STACK, ()), Serving("pcx-2", "", ())
    assert others_connection(network(1, peered={there.vpc: own}), there, STACK) is None
    assert others_connection(network(1, peered={"vpc-9": beside}), there, STACK) is None


# ---------------------------------------------------------------- routes
def test_routes_lead_from_the_instances_subnets_to_the_instances_subnets() -> None:
    facts = {EAST: network(1, route_tables=("rtb-1", "rtb-9")), WEST: network(2)}
    assert routes(EAST, WEST, facts) == {
        *((EAST, table, cidr) for table in ("rtb-1", "rtb-9") for cidr in ("10.2.3.0/24", "10.2.4.0/24")),
        (WEST, "rtb-2", "10.1.3.0/24"), (WEST, "rtb-2", "10.1.4.0/24")}


def test_routes_that_are_there_are_in_the_way_only_with_the_same_destination() -> None:
    there = {("rtb-1", "10.2.3.0/24"): "tgw-1", ("rtb-1", "10.0.0.0/8"): "tgw-1", ("rtb-8", "10.2.4.0/24"): "tgw-1"}
    facts = {EAST: network(1, routes=there), WEST: network(2)}
    assert in_the_way(routes(EAST, WEST, facts), facts) == (((EAST, "rtb-1", "10.2.3.0/24"), "tgw-1"),)


# ---------------------------------------------------------------- facts
@pytest.mark.parametrize(("wanted", "asked"), [
    (settings(), True), (settings(peering="required"), True), (settings(peering="off"), False),
    (settings(EAST), False)])
def test_connections_are_asked_for_where_there_may_be_one(wanted: Settings, asked: bool) -> None:
    assert ("connections" in [name for name, _ in questions(Answers(), wanted)]) == asked


def test_where_the_routes_of_the_stacks_tables_lead() -> None:
    peer = {"DestinationCidrBlock": "10.2.1.0/24", "VpcPeeringConnectionId": "pcx-1", "State": "active"}
    listed = {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "State": "active"}
    tables = [table("a", routes=(OUT, peer, listed)), table("b")]
    assert leading(tables, ["rtb-a"], [], STACK) == {
        ("rtb-a", LOCAL["DestinationCidrBlock"]): "local", ("rtb-a", "0.0.0.0/0"): "igw-1",
        ("rtb-a", "10.2.1.0/24"): "pcx-1"}


@pytest.mark.parametrize(("target", "left_out"), [
    ({"VpcPeeringConnectionId": "pcx-ours"}, True), ({"VpcPeeringConnectionId": "pcx-gone"}, True),
    ({"VpcPeeringConnectionId": "pcx-theirs"}, False), ({"VpcPeeringConnectionId": "pcx-nobodys"}, False),
    ({"VpcPeeringConnectionId": "pcx-forgotten"}, False), ({"GatewayId": "vgw-1"}, False),
    ({"TransitGatewayId": "tgw-1"}, False)])
def test_only_ones_own_black_holes_are_in_nobodys_way(target: dict[str, str], left_out: bool) -> None:
    connections = [connection("pcx-ours", "vpc-1", "vpc-2", "provisioning", STACK),
                   connection("pcx-gone", "vpc-1", "vpc-2", "deleted", STACK),
                   connection("pcx-theirs", "vpc-1", "vpc-2", "deleted", f"{STACK}-2"),
                   connection("pcx-nobodys", "vpc-1", "vpc-2", "deleted")]
    hole = {"DestinationCidrBlock": "10.2.0.0/24", "State": "blackhole", **target}
    led = leading([table("a", routes=(hole,))], ["rtb-a"], connections, STACK)
    assert (("rtb-a", "10.2.0.0/24") not in led) == left_out


def connection(name: str, requester: str, accepter: str, code: str = "active", stack: str = "") -> dict[str, Any]:
    return {"VpcPeeringConnectionId": name, "RequesterVpcInfo": {"VpcId": requester}, "Status": {"Code": code},
            "AccepterVpcInfo": {"VpcId": accepter}, "Tags": [{"Key": "tapctl:stack", "Value": stack}] if stack else []}


def test_with_whom_a_vpc_is_peered_whoever_asked() -> None:
    assert peered_with("vpc-1", [
        connection("pcx-1", "vpc-1", "vpc-2"), connection("pcx-2", "vpc-3", "vpc-1", stack="x"),
        connection("pcx-3", "vpc-2", "vpc-3")], STACK) == {
        "vpc-2": Serving("pcx-1", "", ()), "vpc-3": Serving("pcx-2", "x", ())}


def test_ones_own_connection_goes_before_somebody_elses() -> None:
    own = connection("pcx-1", "vpc-1", "vpc-2", "pending-acceptance", STACK)
    other = connection("pcx-2", "vpc-2", "vpc-1")
    for both in ([own, other], [other, own]):
        assert peered_with("vpc-1", both, STACK)["vpc-2"].id == "pcx-1"


@pytest.mark.parametrize("code", ["deleting", "deleted", "failed", "rejected", "expired"])
def test_what_is_over_is_none(code: str) -> None:
    assert peered_with("vpc-1", [connection("pcx-1", "vpc-1", "vpc-2", code)], STACK) == {}
