"""Routes and connections of others, between the same VPCs and others."""

from __future__ import annotations

from threading import Event

import pytest
from botocore.exceptions import ClientError

from tapctl import peers, reconcile, stack
from tapctl.facts import survey
from tapctl.model import Kept, Overtaken, Refused
from tapctl.resources.peering import Peering
from tapctl.resources.peering_routes import put_routes
from tests.resources.part import Part
from tests.resources.peering.joined import (
    EAST,
    KEY,
    WEST,
    Joined,
    asked_by_hand,
    foreign,
    private_tables,
    said,
    vpc,
)
from tests.vpcs import made as made_vpc


def test_a_route_of_somebody_elses_is_named_before_anything_is_made(pair: Joined) -> None:
    both = pair()
    ec2 = both.client("ec2", WEST)
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    table, _ = private_tables(both, WEST)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.0.10.0/24", GatewayId=gateway)
    refused = both.look()[2].refused
    assert set(refused) == {KEY}
    assert f"{WEST}: the route to 10.0.10.0/24 in {table} leads to {gateway}" in str(refused[KEY])


def test_so_is_one_that_leads_into_a_black_hole(pair: Joined) -> None:
    """Whose it was can't be told: only what a connection with the stack's tags has left is the stack's to turn."""
    both = pair()
    ec2, (table, _) = both.client("ec2", WEST), private_tables(both, WEST)
    here, there = (made_vpc(both.client("ec2", region), region, 50 + at).id for at, region in enumerate((EAST, WEST)))
    theirs = ec2.create_vpc_peering_connection(
        VpcId=there, PeerVpcId=here, PeerRegion=EAST)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.0.10.0/24", VpcPeeringConnectionId=theirs)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=theirs)
    refused = both.look()[2].refused
    assert set(refused) == {KEY}
    assert f"{WEST}: the route to 10.0.10.0/24 in {table} leads to {theirs}, which isn't" in str(refused[KEY])


def test_one_that_came_meanwhile_is_named_and_left(standing: Part) -> None:
    ec2, (table, _) = standing.client("ec2"), private_tables(standing, EAST)
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", GatewayId=gateway)
    with pytest.raises(Refused, match=f"10.9.0.0/16 in {table} leads to {gateway}"):
        put_routes(standing.cloud, standing.found(KEY), frozenset(), frozenset({(EAST, table, "10.9.0.0/16")}))


def test_a_route_that_is_there_already_is_as_good_as_made(standing: Part) -> None:
    table, _ = private_tables(standing, EAST)
    put_routes(standing.cloud, standing.found(KEY), frozenset(), frozenset({(EAST, table, "10.1.10.0/24")}))
    standing.at_rest()


def test_a_route_that_cant_be_made_says_why(standing: Part) -> None:
    with pytest.raises(ClientError, match="InvalidRouteTableID"):
        put_routes(standing.cloud, standing.found(KEY), frozenset(),
                   frozenset({(EAST, "rtb-00000000000000000", "10.9.0.0/16")}))


def test_a_connection_of_others_is_used_once_its_routes_are_there_and_none_is_made(pair: Joined) -> None:
    both = pair()
    there = foreign(both)
    facts = survey(both.cloud, both.settings)
    assert both.wanted() == {}
    line, = stack.notes(facts, both.settings)
    assert f"{there} which is not tapctl's is used as it is, and these routes do not lead to it" in line
    assert peers.joined(EAST, facts, both.settings, both.place.stack) == {}
    missing = peers.routes(EAST, WEST, facts)
    assert all(" ".join(route[:2]) in line for route in missing)
    for region, table, destination in missing:
        both.client("ec2", region).create_route(
            RouteTableId=table, DestinationCidrBlock=destination, VpcPeeringConnectionId=there)
    facts = survey(both.cloud, both.settings)
    assert both.wanted() == {}
    assert stack.notes(facts, both.settings) == (
        f"{EAST} and {WEST}: uses peering connection {there} which is not tapctl's, "
        "and routes that its owner has made",)
    assert list(peers.joined(EAST, facts, both.settings, both.place.stack)) == [WEST]


@pytest.mark.parametrize("asks", [EAST, WEST])
def test_a_request_of_others_joins_nothing_until_it_is_accepted_or_rejected(pair: Joined, asks: str) -> None:
    both = pair()
    accepts = WEST if asks == EAST else EAST
    asked = both.client("ec2", asks).create_vpc_peering_connection(
        VpcId=vpc(both, asks), PeerVpcId=vpc(both, accepts), PeerRegion=accepts)["VpcPeeringConnection"]
    facts = survey(both.cloud, both.settings)
    assert both.wanted() == {}
    assert peers.joined(EAST, facts, both.settings, both.place.stack) == {}
    command = f"--region {accepts} --vpc-peering-connection-id {asked['VpcPeeringConnectionId']}"
    assert f"aws ec2 accept-vpc-peering-connection {command}" in stack.notes(facts, both.settings)[0]
    both.client("ec2", accepts).reject_vpc_peering_connection(VpcPeeringConnectionId=asked["VpcPeeringConnectionId"])
    assert set(pair().wanted()) == {KEY}


def test_two_stacks_share_one_and_the_second_makes_its_own_when_the_first_is_gone(standing: Part, pair: Joined) -> None:
    second = pair(environment="staging")
    standing.alone = second.alone = False
    assert second.wanted() == {}
    assert list(peers.joined(EAST, survey(second.cloud, second.settings), second.settings, second.place.stack)) == [
        WEST]
    standing.gone()
    assert second.made().began("create") == {KEY}
    assert second.down().complete


def test_where_both_come_at_the_same_time_the_slower_one_leaves_the_others_as_it_is(pair: Joined) -> None:
    first, second = pair(), pair(environment="staging")
    wanted, world, plan = second.look()
    first.made()
    before = said(first), said(first, WEST)
    _, walked = reconcile.apply(plan, wanted, world, second.cloud, second.regions, Event())
    why, = walked.failed.values()
    assert isinstance(why, Overtaken)
    assert str(why).startswith(f"{said(first)['VpcPeeringConnectionId']} of TapStack/")
    assert (said(first), said(first, WEST)) == before
    assert second.look()[2].refused == {}
    first.at_rest()


def test_in_other_subnets_the_second_of_two_stacks_is_not_joined(standing: Part, pair: Joined) -> None:
    second, ec2 = pair(environment="staging"), standing.client("ec2")
    table = ec2.create_route_table(VpcId=vpc(standing, EAST))["RouteTable"]["RouteTableId"]
    subnet = survey(second.cloud, second.settings)[EAST].app_subnets[0]
    used, = (one["RouteTableAssociationId"] for there in ec2.describe_route_tables()["RouteTables"]
             for one in there["Associations"] if one.get("SubnetId") == subnet)
    ec2.replace_route_table_association(AssociationId=used, RouteTableId=table)
    facts = survey(second.cloud, second.settings)
    line, = stack.notes(facts, second.settings)
    assert f"these routes do not lead to it: {EAST} {table} to 10.1.10.0/24, 10.1.11.0/24. " in line
    assert peers.joined(EAST, facts, second.settings, second.place.stack) == {}


def copied(part: Part) -> str:
    """The stack's tags, on a connection of other VPCs of the same two regions."""
    here, there = (made_vpc(part.client("ec2", region), region, 50 + at).id for at, region in enumerate((EAST, WEST)))
    return asked_by_hand(part, VpcId=here, PeerVpcId=there)


def test_a_connection_with_copied_tags_is_refused_and_kept(pair: Joined) -> None:
    both = pair("peering", "security_group")
    theirs = copied(both)
    assert "fixed" in str(both.look()[2].refused[KEY])
    both.kinds = ("security_group",)
    both.made()
    it = next(it for it in Peering.owned(both.cloud) if it.id == theirs)
    with pytest.raises(Kept, match="tags were copied"):
        Peering.delete(both.cloud, it)


@pytest.mark.parametrize("key", [f"{EAST}/peering/eu-west-1", f"{WEST}/peering/{EAST}", f"{EAST}/endpoint/{WEST}"])
def test_tags_of_another_pair_or_kind_claim_nothing(pair: Joined, key: str) -> None:
    both = pair()
    asked_by_hand(both, tagged=key)
    assert [*Peering.owned(both.cloud), *Peering.owned(both.cloud.at(WEST))] == []


def test_the_accepters_side_is_no_resource_of_its_own(standing: Part) -> None:
    assert list(Peering.owned(standing.cloud.at(WEST))) == []


def test_the_best_claim_comes_first(slow_pair: Joined) -> None:
    both = slow_pair()
    both.made()
    good = said(both)["VpcPeeringConnectionId"]
    copied(both)
    assert next(iter(Peering.owned(both.cloud))).id == good
