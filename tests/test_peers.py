"""Which regions are joined: pure, from facts alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tapctl.errors import ConfigurationError
from tapctl.facts import Facts, Network, questions
from tapctl.network import Connection, leading, peered_with
from tapctl.peers import (
    apart,
    check,
    in_the_way,
    joined,
    notes,
    others_connection,
    overlaps,
    pairs,
    routes,
    short,
    spelled,
    way,
)
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


def said(facts: Facts, wanted: Settings, *regions: str) -> list[str]:
    """regions: the ones that are worked on; all, if none is given."""
    return list(notes(facts, wanted, STACK, regions or wanted.regions))


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
    assert {region: list(joined(region, facts, wanted, STACK)) for region in facts} == {
        WEST: [FAR], EAST: [FAR], FAR: [EAST, WEST]}
    assert joined(EAST, facts, wanted, STACK) == {FAR: facts[FAR]}
    assert said(facts, wanted) == [
        f"{EAST} and {WEST} are not peered: AWS fails a peering of VPCs whose addresses overlap "
        f"(172.31.0.0/16 in {EAST} overlaps 172.31.0.0/16 in {WEST})"]


def test_nothing_is_said_or_joined_where_peering_is_off() -> None:
    facts, wanted = {EAST: network(), WEST: network()}, settings(peering="off")
    assert (apart(facts, wanted), joined(EAST, facts, wanted, STACK), said(facts, wanted)) == ({}, {}, [])
    assert joined(EAST, {EAST: network(1), WEST: network(2)}, wanted, STACK) == {}


# ---------------------------------------------------------------- required
def test_required_names_what_overlaps_and_the_mend() -> None:
    facts = {EAST: network(), WEST: network(), FAR: network(3)}
    with pytest.raises(ConfigurationError) as refused:
        check(facts, settings(EAST, WEST, FAR, peering="required"), STACK)
    said = "\n".join(refused.value.lines())
    assert f"between {EAST} and {WEST}" in said
    assert f"172.31.0.0/16 in {EAST} overlaps 172.31.0.0/16 in {WEST}" in said
    assert "vpc_id" in said
    assert FAR not in said


def test_required_needs_two_regions() -> None:
    with pytest.raises(ConfigurationError, match=f"no region beside {EAST}"):
        check({EAST: network(1)}, settings(EAST, peering="required"), STACK)


@pytest.mark.parametrize(("peering", "numbers"), [("required", (1, 2)), ("auto", (0, 0)), ("off", (0, 0))])
def test_all_else_may_go_on(peering: str, numbers: tuple[int, int]) -> None:
    check({region: network(number) for region, number in zip((EAST, WEST), numbers, strict=True)},
          settings(peering=peering), STACK)


# ---------------------------------------------------------------- somebody else's
def pcx(name: str = "pcx-1", stack: str = "", status: str = "active", accepter: str = WEST) -> Connection:
    return Connection(name, stack, status, accepter)


def between(one: Connection, *, led: bool = True, **more: Any) -> dict[str, Network]:
    """Two regions that this connection is between. led: with all routes to it; more: fields of the first one's."""
    east, west = network(1, peered={"vpc-2": one}), network(2)
    if led:
        east, west = (replace(net, routes={(net.route_tables[0], cidr): one.id for cidr in to.app_cidrs})
                      for net, to in ((east, west), (west, east)))
    return {EAST: replace(east, **more), WEST: west}


def refusal(facts: Facts) -> str:
    with pytest.raises(ConfigurationError) as refused:
        check(facts, settings(peering="required"), STACK)
    return "\n".join(refused.value.lines())


@pytest.mark.parametrize("status", ["active", "provisioning"])
@pytest.mark.parametrize(("stack", "whose"), [("TapStack/other", "of TapStack/other"), ("", "which is not tapctl's")])
def test_a_connection_of_others_is_used_and_said(stack: str, whose: str, status: str) -> None:
    one = pcx(stack=stack, status=status)
    facts = between(one)
    assert others_connection(facts[EAST], facts[WEST], STACK) == one
    assert said(facts, settings()) == [
        f"{EAST} and {WEST}: uses peering connection pcx-1 {whose}, and routes that its owner has made"]
    assert said(facts, settings(), EAST) == said(facts, settings())
    assert (list(joined(EAST, facts, settings(), STACK)), list(joined(WEST, facts, settings(), STACK))) == (
        [WEST], [EAST])
    check(facts, settings(peering="required"), STACK)


def test_ones_own_connection_and_those_with_other_vpcs_are_none_of_others() -> None:
    there, own = network(2), pcx(stack=STACK)
    assert others_connection(network(1, peered={there.vpc: own}), there, STACK) is None
    assert others_connection(network(1, peered={"vpc-9": pcx()}), there, STACK) is None


@pytest.mark.parametrize("status", ["pending-acceptance", "initiating-request"])
@pytest.mark.parametrize("accepter", [EAST, WEST])
def test_what_nobody_has_accepted_joins_nothing(status: str, accepter: str) -> None:
    facts = between(pcx(status=status, accepter=accepter))
    lack = short(facts, settings(), STACK)[EAST, WEST]
    assert lack.reason == f"pcx-1 which is not tapctl's is {status}, and AWS makes no other beside it"
    for verb in "accept", "reject":
        assert (f"aws ec2 {verb}-vpc-peering-connection --region {accepter} --vpc-peering-connection-id pcx-1"
                in lack.mend)
    assert [joined(region, facts, settings(), STACK) for region in (EAST, WEST)] == [{}, {}]
    line, = said(facts, settings())
    assert line.startswith(f"{EAST} and {WEST} are not joined, and no rules are made for it: {lack.reason}")
    assert lack.mend in line
    refused = refusal(facts)
    assert f"does not join {EAST} and {WEST}" in refused
    assert lack.reason in refused
    assert lack.mend in refused


def test_another_stacks_request_may_just_be_about_to_be_accepted() -> None:
    facts = between(pcx(stack="TapStack/other", status="pending-acceptance"))
    assert "let the `tapctl up` of TapStack/other end" in refusal(facts)


def test_where_routes_are_missing_they_are_named_and_nothing_is_joined() -> None:
    facts = between(pcx(), route_tables=("rtb-1", "rtb-9"))  # the second table's, and the way back, are whole
    line, = said(facts, settings())
    assert f"these routes do not lead to it: {EAST} rtb-9 to 10.2.3.0/24, 10.2.4.0/24. " in line
    assert (f"aws ec2 create-route --region {EAST} --route-table-id rtb-9 --destination-cidr-block 10.2.3.0/24 "
            "--vpc-peering-connection-id pcx-1") in line
    assert line.endswith("pcx-1")
    assert [joined(region, facts, settings(), STACK) for region in (EAST, WEST)] == [{}, {}]
    assert f"{EAST} rtb-9 to 10.2.3.0/24, 10.2.4.0/24" in refusal(facts)


def test_no_way_back_is_no_way() -> None:
    facts = between(pcx())
    facts[WEST] = replace(facts[WEST], routes={})
    assert f"{WEST} rtb-2 to 10.1.3.0/24, 10.1.4.0/24" in refusal(facts)
    assert joined(EAST, facts, settings(), STACK) == {}


def test_a_route_to_elsewhere_is_replaced_and_none_is_made() -> None:
    routes = {("rtb-1", "10.2.3.0/24"): "tgw-1", ("rtb-1", "10.2.4.0/24"): "pcx-1"}
    line, = said(between(pcx(), routes=routes), settings())
    assert "aws ec2 replace-route" in line
    assert "10.2.4.0/24" not in line


def test_another_stacks_up_takes_away_what_is_made_by_hand() -> None:
    line, = said(between(pcx(stack="TapStack/other"), led=False), settings())
    assert line.endswith("`tapctl up` of TapStack/other takes away what isn't its own: "
                         "docs/runbook.md says how both can use one")


@pytest.mark.parametrize(("routes", "leads"), [
    ({}, ""), ({"10.2.0.0/16": "pcx-1"}, "pcx-1"), ({"10.2.3.0/24": "pcx-1", "10.2.0.0/16": "tgw-1"}, "pcx-1"),
    ({"10.2.0.0/16": "pcx-1", "10.2.0.0/20": "tgw-1", "0.0.0.0/0": "igw-1"}, "tgw-1"),
    ({"10.2.3.0/25": "pcx-1", "10.2.3.128/25": "pcx-1"}, ""), ({"10.3.0.0/16": "pcx-1"}, "")])
def test_of_all_ways_the_most_specific_counts(routes: dict[str, str], leads: str) -> None:
    there = {("rtb-1", cidr): target for cidr, target in routes.items()} | {("rtb-2", "10.2.3.0/24"): "pcx-9"}
    assert way(network(1, routes=there), "rtb-1", "10.2.3.0/24") == leads


def test_a_table_is_spelled_once() -> None:
    assert spelled({(WEST, "rtb-2", "c"), (EAST, "rtb-1", "b"), (EAST, "rtb-1", "a")}) == (
        f"{EAST} rtb-1 to a, b; {WEST} rtb-2 to c")


# ---------------------------------------------------------------- one region of two
def test_a_run_on_one_region_joins_none_which_is_said() -> None:
    facts, three = {EAST: network(1), WEST: network(2), FAR: network(3)}, settings(EAST, WEST, FAR)
    assert said(facts, three, EAST, FAR) == [
        f"{one} and {WEST} are not joined in this run, which leaves {WEST} out: name both regions to join them"
        for one in (FAR, EAST)]
    assert said(facts, three) == []


@pytest.mark.parametrize(("status", "led", "lines"), [
    ("active", True, 0), ("provisioning", True, 0), ("active", False, 1), ("pending-acceptance", True, 1)])
def test_nothing_is_said_where_ones_own_joins_them_already(status: str, led: bool, lines: int) -> None:
    assert len(said(between(pcx(stack=STACK, status=status), led=led), settings(), EAST)) == lines


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
    """A connection as EC2 describes it."""
    return {"VpcPeeringConnectionId": name, "RequesterVpcInfo": {"VpcId": requester, "Region": EAST},
            "AccepterVpcInfo": {"VpcId": accepter, "Region": WEST}, "Status": {"Code": code},
            "Tags": [{"Key": "tapctl:stack", "Value": stack}] if stack else []}


def test_with_whom_a_vpc_is_peered_whoever_asked() -> None:
    assert peered_with("vpc-1", [
        connection("pcx-1", "vpc-1", "vpc-2"), connection("pcx-2", "vpc-3", "vpc-1", "provisioning", "x"),
        connection("pcx-3", "vpc-2", "vpc-3")], STACK) == {
        "vpc-2": Connection("pcx-1", "", "active", WEST), "vpc-3": Connection("pcx-2", "x", "provisioning", WEST)}


def test_ones_own_connection_goes_before_somebody_elses() -> None:
    own = connection("pcx-1", "vpc-1", "vpc-2", "pending-acceptance", STACK)
    other = connection("pcx-2", "vpc-2", "vpc-1")
    for both in ([own, other], [other, own]):
        assert peered_with("vpc-1", both, STACK)["vpc-2"].id == "pcx-1"


def test_of_somebody_elses_the_one_that_serves_goes_first() -> None:
    asked, serves = connection("pcx-1", "vpc-1", "vpc-2", "pending-acceptance"), connection("pcx-2", "vpc-2", "vpc-1")
    for both in ([asked, serves], [serves, asked]):
        assert peered_with("vpc-1", both, STACK)["vpc-2"].id == "pcx-2"


@pytest.mark.parametrize("code", ["deleting", "deleted", "failed", "rejected", "expired"])
def test_what_is_over_is_none(code: str) -> None:
    assert peered_with("vpc-1", [connection("pcx-1", "vpc-1", "vpc-2", code)], STACK) == {}
