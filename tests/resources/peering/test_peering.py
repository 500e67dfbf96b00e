"""A peering connection, from the request to its end."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl import reconcile
from tapctl.model import Failed, Found, Gone
from tapctl.resources.peering import ACCEPTANCE, Peering
from tests.resources.part import Part
from tests.resources.peering.joined import (
    EAST,
    KEY,
    WEST,
    Joined,
    asked_by_hand,
    connections,
    led,
    private_tables,
    said,
    vpc,
)


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


def test_a_request_that_is_throttled_is_sent_again(pair: Joined) -> None:
    """AWS did not carry it out; after any other failure it may have."""
    both = pair()
    with both.refusing("ec2", "CreateVpcPeeringConnection", "RequestLimitExceeded", repeat=False) as left:
        assert both.made().began("create") == {KEY}
    assert not left
    assert len(connections(both)) == 1


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
