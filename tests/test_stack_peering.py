"""Peering in the stack: which connections are wanted, and which groups let whom in and out."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.errors import ConfigurationError
from tapctl.facts import Facts
from tapctl.model import Ref, Resource
from tapctl.resources.peering import Peering
from tapctl.resources.security_group import SecurityGroup
from tapctl.stack import build, notes
from tests.memory import EAST, PLACE, WEST
from tests.test_peers import FAR, between, network, pcx, settings


def built(facts: Facts, **more: Any) -> dict[str, Resource]:
    return build(PLACE, facts, settings(*facts, **more))


def peerings(resources: dict[str, Resource]) -> dict[str, Peering]:
    return {key: resource for key, resource in resources.items() if isinstance(resource, Peering)}


def ranges(resources: dict[str, Resource], group: str) -> set[tuple[str, int, str]]:
    """(way, port, range) of the rules of a group that name the addresses of a region."""
    found = resources[group]
    assert isinstance(found, SecurityGroup)
    return {(way, low, peer) for way, _, low, _, peer in found.rules
            if not isinstance(peer, Ref) and peer.startswith("10.")}


@pytest.mark.parametrize("order", [(EAST, WEST), (WEST, EAST)])
def test_two_regions_are_joined(order: tuple[str, str]) -> None:
    facts = {region: {EAST: network(1), WEST: network(2)}[region] for region in order}
    one = peerings(built(facts))[f"{EAST}/peering/{WEST}"]
    assert (one.vpc, one.peer_vpc, one.regions, one.others) == ("vpc-1", "vpc-2", (EAST, WEST), ())
    assert one.routes == {(EAST, "rtb-1", "10.2.3.0/24"), (EAST, "rtb-1", "10.2.4.0/24"),
                          (WEST, "rtb-2", "10.1.3.0/24"), (WEST, "rtb-2", "10.1.4.0/24")}
    assert notes(facts, settings(*order)) == ()


def test_instances_reach_the_other_regions_database_by_address() -> None:
    resources = built({EAST: network(1), WEST: network(2)})
    for region, there in (EAST, ("10.2.3.0/24", "10.2.4.0/24")), (WEST, ("10.1.3.0/24", "10.1.4.0/24")):
        assert ranges(resources, f"{region}/security_group/rds") == {("in", 5432, cidr) for cidr in there}
        assert ranges(resources, f"{region}/security_group/app") == {("out", 5432, cidr) for cidr in there}
        assert ranges(resources, f"{region}/security_group/alb") == set()


def test_of_three_regions_those_are_joined_that_can_be() -> None:
    facts = {EAST: network(), WEST: network(), FAR: network(3)}
    resources = built(facts)
    assert set(peerings(resources)) == {f"{FAR}/peering/{EAST}", f"{FAR}/peering/{WEST}"}
    assert ranges(resources, f"{EAST}/security_group/rds") == {("in", 5432, "10.3.3.0/24"), ("in", 5432, "10.3.4.0/24")}
    assert len(ranges(resources, f"{FAR}/security_group/app")) == 2  # the two have the same addresses
    assert [line for line in notes(facts, settings(*facts)) if f"{EAST} and {WEST} are not peered" in line]


def test_what_is_off_or_alone_is_not_joined() -> None:
    for resources in (built({EAST: network(1), WEST: network(2)}, peering="off"), built({EAST: network(1)})):
        assert peerings(resources) == {}
        assert ranges(resources, f"{EAST}/security_group/rds") == set()


def test_required_is_refused_before_anything_is_made() -> None:
    with pytest.raises(ConfigurationError, match="peering is required"):
        built({EAST: network(), WEST: network()}, peering="required")


def test_somebody_elses_connection_is_used() -> None:
    facts = between(pcx())
    resources = built(facts)
    assert peerings(resources) == {}
    assert ranges(resources, f"{EAST}/security_group/rds") == {("in", 5432, "10.2.3.0/24"), ("in", 5432, "10.2.4.0/24")}
    assert len(notes(facts, settings())) == 1


@pytest.mark.parametrize("facts", [
    between(pcx(status="pending-acceptance")), between(pcx(status="initiating-request")),
    between(pcx(), led=False)], ids=["not accepted", "not heard of", "without routes"])
def test_where_somebody_elses_joins_nothing_no_group_lets_anybody_in(facts: Facts) -> None:
    resources = built(facts)
    assert peerings(resources) == {}
    for region in EAST, WEST:
        for group in "rds", "app":
            assert ranges(resources, f"{region}/security_group/{group}") == set()
    assert [line for line in notes(facts, settings()) if "are not joined, and no rules are made" in line]
    with pytest.raises(ConfigurationError, match="peering is required"):
        built(facts, peering="required")


def test_a_run_on_one_region_says_that_it_joins_none() -> None:
    facts = {EAST: network(1), WEST: network(2)}
    assert len(notes(facts, settings(), [EAST])) == 1
    assert notes(facts, settings(), [EAST, WEST]) == notes(facts, settings()) == ()


def test_routes_that_are_in_the_way_come_with_it() -> None:
    facts = {EAST: network(1, routes={("rtb-1", "10.2.3.0/24"): "tgw-1"}), WEST: network(2)}
    one = peerings(built(facts))[f"{EAST}/peering/{WEST}"]
    assert one.others == (((EAST, "rtb-1", "10.2.3.0/24"), "tgw-1"),)
