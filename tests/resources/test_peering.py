from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl import peers, reconcile, stack
from tapctl.facts import survey
from tapctl.model import Blocked, Failed, Found, Going, Gone, Kept, Refused
from tapctl.resources.peering import ACCEPTANCE, Peering
from tapctl.resources.peering_routes import LeftRoutes, put_routes
from tests.conformance.lab import Wires
from tests.resources.conftest import NewPart
from tests.resources.part import Part
from tests.vpcs import made as made_vpc

EAST, WEST = "us-east-1", "us-west-2"
KEY = f"{EAST}/peering/{WEST}"
Joined = Callable[..., Part]


def joined(wires: Wires, new: NewPart) -> Joined:
    vpcs: dict[str, str] = {}

    def make(*kinds: str, regions: tuple[str, ...] = (EAST, WEST), **more: Any) -> Part:
        """These kinds, or the peering alone, where each region has a VPC of its own: 10.0.0.0/16, 10.1.0.0/16."""
        for at, region in enumerate((EAST, WEST)):
            vpcs[region] = vpcs.get(region) or made_vpc(wires.raw("ec2", region), region, at).id
        return new(*(kinds or ("peering",)), regions=regions, **{
            "network.vpc_id": {region: vpcs[region] for region in regions}}, **more)

    return make


@pytest.fixture
def pair(wires: Wires, part: NewPart) -> Joined:
    return joined(wires, part)


@pytest.fixture
def slow_pair(wires: Wires, slow_part: NewPart) -> Joined:
    return joined(wires, slow_part)


@pytest.fixture
def standing(pair: Joined) -> Part:
    made = pair()
    made.made()
    return made


def vpc(part: Part, region: str) -> str:
    return part.settings.network.vpc_id[region]


def connections(part: Part, region: str = EAST) -> dict[str, dict[str, Any]]:
    found = part.client("ec2", region).describe_vpc_peering_connections()["VpcPeeringConnections"]
    return {one["VpcPeeringConnectionId"]: one for one in found}


def said(part: Part, region: str = EAST) -> dict[str, Any]:
    """The one that isn't over."""
    one, = (one for one in connections(part, region).values() if one["Status"]["Code"] not in ("deleted", "rejected"))
    return one


def led(part: Part, region: str) -> dict[tuple[str, str], str]:
    """(route table, destination) -> connection, of all routes to connections."""
    tables = part.client("ec2", region).describe_route_tables()["RouteTables"]
    return {(table["RouteTableId"], route["DestinationCidrBlock"]): route["VpcPeeringConnectionId"] for table in tables
            for route in table["Routes"] if "VpcPeeringConnectionId" in route}


def private_tables(part: Part, region: str) -> tuple[str, ...]:
    return survey(part.cloud, part.settings)[region].route_tables


def asked_by_hand(part: Part, tagged: str = KEY, **vpcs: str) -> str:
    """A request for a connection with the stack's tags, as a run leaves it that dies then."""
    tags: Any = [{"Key": name, "Value": value} for name, value in part.place.tags(tagged).items()]
    return str(part.client("ec2").create_vpc_peering_connection(**{
        "VpcId": vpc(part, EAST), "PeerVpcId": vpc(part, WEST), "PeerRegion": WEST,
        "TagSpecifications": [{"ResourceType": "vpc-peering-connection", "Tags": tags}], **vpcs,
    })["VpcPeeringConnection"]["VpcPeeringConnectionId"])


def foreign(part: Part) -> str:
    """Somebody else's connection of the two VPCs, active."""
    made = part.client("ec2").create_vpc_peering_connection(
        VpcId=vpc(part, EAST), PeerVpcId=vpc(part, WEST), PeerRegion=WEST)["VpcPeeringConnection"]
    part.client("ec2", WEST).accept_vpc_peering_connection(VpcPeeringConnectionId=made["VpcPeeringConnectionId"])
    return str(made["VpcPeeringConnectionId"])


# ---------------------------------------------------------------- a life
def test_two_vpcs_are_joined_and_parted(slow_pair: Joined) -> None:
    both = slow_pair()
    up = both.made()
    assert up.began("create") == {KEY}
    assert [(call.operation, call.region) for call in up.mutating][:2] == [
        ("CreateVpcPeeringConnection", EAST), ("AcceptVpcPeeringConnection", WEST)]
    for region, side, other in (EAST, "Requester", "10.1"), (WEST, "Accepter", "10.0"):
        one = said(both, region)
        assert one["Status"]["Code"] == "active"
        assert {tag["Key"]: tag["Value"] for tag in one["Tags"]} == both.place.tags(KEY)
        assert one[f"{side}VpcInfo"]["VpcId"] == vpc(both, region)
        assert one[f"{side}VpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
        assert led(both, region) == {
            (table, f"{other}.{number}.0/24"): one["VpcPeeringConnectionId"]
            for table in private_tables(both, region) for number in (10, 11)}
    both.at_rest()
    both.gone()
    assert {one["Status"]["Code"] for one in connections(both).values()} == {"deleted"}
    assert led(both, EAST) == led(both, WEST) == {}
    assert both.made().began("create") == {KEY}  # the deleted one lingers with its tags, and is not found again
    both.gone()


def test_it_is_the_same_in_whatever_order_the_regions_are(standing: Part, pair: Joined) -> None:
    turned = pair(regions=(WEST, EAST))
    turned.at_rest()
    assert turned.found(KEY).id == said(standing)["VpcPeeringConnectionId"]


def test_what_somebody_changed_is_put_back_on_both_sides(standing: Part) -> None:
    connection, off = said(standing)["VpcPeeringConnectionId"], {"AllowDnsResolutionFromRemoteVpc": False}
    table, _ = private_tables(standing, WEST)
    east, west = standing.client("ec2"), standing.client("ec2", WEST)
    east.modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=connection, RequesterPeeringConnectionOptions=off)
    west.delete_tags(Resources=[connection], Tags=[{"Key": "Project"}])
    west.delete_route(RouteTableId=table, DestinationCidrBlock="10.0.10.0/24")
    west.create_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/20", VpcPeeringConnectionId=connection)
    up = standing.mends(f"{KEY} dns", f"{KEY} peer_tags", f"{KEY} routes")
    assert [call.operation for call in up.mutating].count("ModifyVpcPeeringConnectionOptions") == 1
    assert {cidr for _, cidr in led(standing, WEST)} == {"10.0.10.0/24", "10.0.11.0/24"}
    assert len(led(standing, WEST)) == 4


@pytest.mark.parametrize("chosen", [[EAST], [WEST]])
def test_it_is_worked_on_only_where_both_regions_are(pair: Joined, chosen: list[str]) -> None:
    both = pair()
    wanted, world, whole = both.look()
    assert (KEY, "create") in whole.changes
    assert reconcile.plan(wanted, world, both.cloud, chosen).changes == {}


def test_what_is_switched_off_is_no_longer_wanted(standing: Part, pair: Joined) -> None:
    off = pair(**{"network.peering": "off"})
    _, world, plan = off.look()
    assert plan.changes == {}
    assert [(item.it.key, item.it.id) for item in world.surplus] == [(KEY, said(standing)["VpcPeeringConnectionId"])]


# ---------------------------------------------------------------- what runs and people leave
def test_a_request_that_a_dead_run_has_left_is_gone_on_with(pair: Joined) -> None:
    both = pair()
    left = asked_by_hand(both)
    assert both.made().began("create") == set()
    assert said(both)["VpcPeeringConnectionId"] == left
    both.gone()


def test_one_that_was_rejected_is_not_found_again(pair: Joined) -> None:
    both = pair()
    left = asked_by_hand(both)
    both.client("ec2", WEST).reject_vpc_peering_connection(VpcPeeringConnectionId=left)
    assert both.made().began("create") == {KEY}
    assert said(both)["VpcPeeringConnectionId"] != left


def test_routes_that_a_connection_deleted_by_hand_has_left_are_turned_to_the_new_one(standing: Part) -> None:
    old = said(standing)["VpcPeeringConnectionId"]
    standing.client("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=old)
    assert set(led(standing, EAST).values()) == {old}
    assert standing.made().began("create") == {KEY}
    new = said(standing)["VpcPeeringConnectionId"]
    assert new != old
    assert {*led(standing, EAST).values(), *led(standing, WEST).values()} == {new}
    standing.at_rest()
    standing.gone()


def test_or_are_taken_away_by_down(standing: Part) -> None:
    standing.client("ec2", WEST).delete_vpc_peering_connection(
        VpcPeeringConnectionId=said(standing)["VpcPeeringConnectionId"])
    assert [it.key for it in LeftRoutes.owned(standing.cloud)] == [KEY]
    standing.gone()
    assert led(standing, EAST) == led(standing, WEST) == {}
    assert list(LeftRoutes.owned(standing.cloud)) == []


def test_one_that_is_being_deleted_is_waited_out(slow_pair: Joined) -> None:
    both = slow_pair()
    both.made()
    both.client("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=said(both)["VpcPeeringConnectionId"])
    with pytest.raises(Going):
        Peering.state(next(iter(Peering.owned(both.cloud))))
    assert both.made().began("create") == {KEY}
    both.at_rest()


def test_down_waits_for_one_that_is_being_deleted(slow_pair: Joined) -> None:
    both = slow_pair()
    both.made()
    it = both.found(KEY)
    both.client("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=it.id)
    now = Peering.look(both.cloud, it)
    assert now
    assert Peering.delete(both.cloud, now) is Gone.LATER
    both.gone()


def test_a_request_that_is_not_through_yet_is_deleted_a_little_later(slow_pair: Joined) -> None:
    both = slow_pair()
    asked_by_hand(both)
    it, = Peering.owned(both.cloud)
    assert Peering.state(it) == "initiating-request"
    with pytest.raises(Blocked, match="initiating-request"):
        Peering.delete(both.cloud, it)
    both.gone()


# ---------------------------------------------------------------- what AWS turns down
def overlapping(part: Part) -> Found:
    """Asked for although the addresses overlap: somebody gave a VPC more of them just now."""
    part.client("ec2", WEST).associate_vpc_cidr_block(VpcId=vpc(part, WEST), CidrBlock="10.0.192.0/20")
    resource = part.wanted()
    assert resource == {}
    asked = Peering(part.place, WEST, vpc(part, EAST), vpc(part, WEST), frozenset())
    return asked.create(part.cloud, lambda ref: pytest.fail(ref.key))


@pytest.fixture
def failed(pair: Joined) -> tuple[Part, Found]:
    both = pair()
    return both, overlapping(both)


def test_a_failed_one_says_why_and_is_not_found_again(failed: tuple[Part, Found]) -> None:
    both, it = failed
    assert ACCEPTANCE.write
    with pytest.raises(Failed, match=r"failed: Failed due to .* overlapping CIDR range"):
        ACCEPTANCE.write(both.cloud, it, False, True)
    now = Peering.look(both.cloud, it)
    assert now
    with pytest.raises(Failed, match="overlapping"):
        Peering.state(now)
    assert list(Peering.owned(both.cloud)) == []
    assert Peering.delete(both.cloud, now) is Gone.NOW


def test_an_acceptance_whose_answer_was_lost_is_one(standing: Part) -> None:
    assert ACCEPTANCE.write
    ACCEPTANCE.write(standing.cloud, standing.found(KEY), False, True)


def test_it_is_not_accepted_twice_in_either_direction(pair: Joined) -> None:
    both = pair()
    there = both.client("ec2", WEST).create_vpc_peering_connection(
        VpcId=vpc(both, WEST), PeerVpcId=vpc(both, EAST), PeerRegion=EAST)["VpcPeeringConnection"]
    asked_by_hand(both)
    it, = Peering.owned(both.cloud)
    both.client("ec2").accept_vpc_peering_connection(VpcPeeringConnectionId=there["VpcPeeringConnectionId"])
    assert ACCEPTANCE.write
    with pytest.raises(ClientError, match="VpcPeeringConnectionAlreadyExists"):
        ACCEPTANCE.write(both.cloud, it, False, True)


@pytest.mark.parametrize("code", ["DependencyViolation", "UnauthorizedOperation"])
def test_what_else_aws_says_to_a_deletion_is_passed_on(standing: Part, code: str) -> None:
    it = standing.found(KEY)
    with (standing.refusing("ec2", "DeleteVpcPeeringConnection", code),
          pytest.raises(ClientError, match=code)):
        Peering.delete(standing.cloud, it)


# ---------------------------------------------------------------- both regions' word
def side(code: str) -> dict[str, Any]:
    return {"Status": {"Code": code}} if code else {}


@pytest.mark.parametrize(("here", "there", "waits"), [
    ("active", "active", None), ("active", "", f"not visible in {WEST}"), ("active", "provisioning",
                                                                          f"provisioning in {WEST}"),
    ("provisioning", "active", "provisioning"), ("pending-acceptance", "", "pending-acceptance")])
def test_it_is_ready_when_both_regions_say_so(here: str, there: str, waits: str | None) -> None:
    assert Peering.state(Found(KEY, "pcx-1", {**side(here), "Peer": side(there)})) == waits


# ---------------------------------------------------------------- others
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


