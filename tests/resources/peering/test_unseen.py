"""Peering connections whose accepter's region can't be asked: it is disabled, denied, or out of reach."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from tapctl import observe
from tapctl.events import Waits
from tapctl.model import Denied, Found, Kept, Unknown
from tapctl.resources import peering_routes
from tapctl.resources.peering import OPTIONS, PEER_TAGS, ROUTES, Peering
from tapctl.resources.peering_routes import LeftRoutes, answered
from tests.conformance.meter import nothing
from tests.memory import refusal
from tests.resources.part import Part
from tests.resources.peering.joined import (
    EAST,
    KEY,
    WEST,
    Close,
    Joined,
    asked_by_hand,
    closed,
    denied,
    disabled,
    led,
    out_of_reach,
    said,
)


def only(part: Part) -> Found:
    it, = Peering.owned(part.cloud)
    return it


# ---------------------------------------------------------------- what is no error
@pytest.mark.parametrize("error", [
    *(refusal(code) for code in ("AuthFailure", "OptInRequired", "UnrecognizedClientException", "UnauthorizedOperation",
                                 "AccessDenied", "InvalidClientTokenId")),
    EndpointConnectionError(endpoint_url="https://x"), ConnectTimeoutError(endpoint_url="https://x")])
def test_a_region_that_cant_be_asked(error: ClientError | BotoCoreError) -> None:
    def ask() -> None:
        raise error

    with pytest.raises(Unknown, match=re.escape(observe.refusal(error))):
        answered(ask)


def test_one_that_answers_anything_else_has_an_error() -> None:
    def ask() -> None:
        raise refusal("InternalError")

    with pytest.raises(ClientError, match="InternalError"):
        answered(ask)


@closed
def test_everything_but_that_side_is_known(standing: Part, close: Close, why: str) -> None:
    close(standing.meter, WEST)
    it = only(standing)
    assert (it.key, Peering.state(it)) == (KEY, f"not visible in {WEST}: {why}")
    assert Peering.look(standing.cloud, it) == it
    values = {aspect.name: observe.guarded(aspect.read, standing.cloud, it) for aspect in Peering.aspects}
    assert {name for name, value in values.items() if isinstance(value, Unknown)} == {
        aspect.name for aspect in (PEER_TAGS, OPTIONS, ROUTES)}
    assert all(str(value) == why for value in values.values() if isinstance(value, Unknown))
    assert values["accepted"] is True


@pytest.mark.parametrize("close", [disabled, out_of_reach])
def test_of_its_own_region_it_is_an_error_as_ever(standing: Part, close: Close) -> None:
    close(standing.meter, EAST)
    with pytest.raises(Exception, match=r"AuthFailure|no answer to") as raised:
        observe.guarded(observe.listed, Peering, standing.cloud)
    assert not isinstance(raised.value, Unknown)


def test_and_a_denial_there_is_one_as_ever(standing: Part) -> None:
    denied(standing.meter, EAST)
    assert observe.guarded(observe.listed, Peering, standing.cloud) == Denied("ec2:DescribeVpcPeeringConnections")


# ---------------------------------------------------------------- up
@closed
def test_a_stack_without_that_region_is_made_and_mended(
        standing: Part, pair: Joined, close: Close, why: str) -> None:
    alone = pair("security_group", regions=(EAST,), **{"network.peering": "off"})
    close(alone.meter, WEST)
    up = alone.made()
    assert [item.it.key for item in up.surplus] == [KEY]
    assert up.began("create") == {f"{EAST}/security_group/{name}" for name in ("alb", "app", "rds", "endpoints")}
    alone.client("ec2").create_tags(Resources=[alone.found(f"{EAST}/security_group/app").id],
                                    Tags=[{"Key": "Owner", "Value": "somebody"}])
    alone.mends(f"{EAST}/security_group/app tags")


def test_where_that_region_is_wanted_it_is_waited_for(standing: Part) -> None:
    """An answer is lost, of all just that about the connection: what it says is read later, and put right."""
    east = standing.client("ec2")
    (table, destination), *_ = led(standing, EAST)
    east.delete_route(RouteTableId=table, DestinationCidrBlock=destination)
    standing.meter.sever = lambda call: call.region == WEST and any(
        one["Name"] == "vpc-peering-connection-id" for one in call.params.get("Filters", ()))
    told: list[str] = []

    def hear(event: Any) -> None:
        if isinstance(event, Waits):
            told.append(event.text)
            standing.meter.sever = nothing

    up = standing.up(told=hear)
    assert up.failures == {}
    assert told == [f"not visible in {WEST}: it can't be asked (Severed)"]
    assert [call.operation for call in up.mutating] == ["CreateRoute"]
    standing.at_rest()


# ---------------------------------------------------------------- down
@closed
def test_down_removes_it_and_names_the_routes_that_it_cant_see(
        standing: Part, pair: Joined, close: Close, why: str) -> None:
    connection = said(standing)["VpcPeeringConnectionId"]
    alone = pair(regions=(EAST,))
    close(alone.meter, WEST)
    removal = alone.down()
    assert said_of(standing, connection) == "deleted"
    assert led(standing, EAST) == {}
    assert set(led(standing, WEST).values()) == {connection}
    (item, left), = removal.left
    assert (item.kind, item.it.key, item.it.id) == (LeftRoutes, KEY, connection)
    assert left.startswith(f"routes to it may be left in {WEST}, as black holes: "
                           f"{why.replace('DescribeVpcPeeringConnections', 'DescribeRouteTables')}. ")
    assert f"aws ec2 delete-route --region {WEST}" in left
    assert [item.it.id for item in removal.removed] == [connection]
    assert not removal.complete
    assert not alone.down().complete  # it is said as long as AWS tells of it
    alone.meter.reset()
    assert alone.down().complete
    assert led(standing, WEST) == {}


def said_of(part: Part, connection: str) -> str:
    found = part.client("ec2").describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])
    return str(found["VpcPeeringConnections"][0]["Status"]["Code"])


def test_routes_there_go_where_only_the_connection_cant_be_seen(standing: Part) -> None:
    it = only(standing)
    unseen = Found(it.key, it.id, {**it.raw, "Peer": {}, "PeerUnseen": "whyever"})
    Peering.delete(standing.cloud, unseen)
    assert led(standing, EAST) == led(standing, WEST) == {}
    assert list(LeftRoutes.owned(standing.cloud)) == []


def test_routes_that_may_not_be_taken_away_keep_the_connection(standing: Part) -> None:
    """They are seen, and tell by it whose they are."""
    standing.meter.denied = ("DeleteRoute",)
    with pytest.raises(ClientError, match="ec2:DeleteRoute"):
        Peering.delete(standing.cloud, only(standing))
    assert said(standing)["Status"]["Code"] == "active"


def test_what_is_asked_of_that_region_otherwise_is_an_error(standing: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    it = only(standing)
    asked = peering_routes.routes_in

    def throttled(aws: Any, it: Found) -> Any:
        if aws.place.region == WEST:
            raise refusal("RequestLimitExceeded")
        return asked(aws, it)

    monkeypatch.setattr(peering_routes, "routes_in", throttled)
    with pytest.raises(ClientError, match="RequestLimitExceeded"):
        Peering.delete(standing.cloud, it)
    assert said(standing)["Status"]["Code"] == "active"


def test_a_request_is_taken_back_without_that_region(pair: Joined) -> None:
    both = pair()
    left = asked_by_hand(both)
    disabled(both.meter, WEST)
    assert Peering.state(only(both)) == "pending-acceptance"
    Peering.delete(both.cloud, only(both))
    assert said_of(both, left) == "deleted"
    it, = LeftRoutes.owned(both.cloud)
    with pytest.raises(Kept, match="AuthFailure"):
        LeftRoutes.delete(both.cloud, it)
