"""Peering connections and routes that runs and people leave half-way."""

from __future__ import annotations

import pytest

from tapctl.model import Blocked, Going, Gone
from tapctl.resources.peering import Peering
from tapctl.resources.peering_routes import LeftRoutes
from tests.resources.part import Part
from tests.resources.peering.joined import (
    EAST,
    KEY,
    WEST,
    Joined,
    asked_by_hand,
    led,
    said,
)


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
