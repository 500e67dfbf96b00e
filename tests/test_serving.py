"""Which endpoints that are there already serve a stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tapctl.errors import ConfigurationError
from tapctl.resources.endpoint import ENDING, OPEN
from tapctl.serving import Serving, endpoints_of, left_over, offered_in, on_the_way, passed, standing
from tests.vpcs import EAST, PREFIX, endpoint, interface

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


def test_a_gateway_that_is_shared_can_be_where_no_third_one_is() -> None:
    other, third = endpoint("s3", "vpce-other", Tags=OTHERS), endpoint("s3", "vpce-third", RouteTableIds=["rtb-b"])
    found = standing([other, third], "vpc-1", PREFIX)
    assert left_over(found, TABLES, "TapStack/test", {"vpce-other"}) == {
        "s3": ("rtb-main",), "dynamodb": ("rtb-b", "rtb-main")}
    assert left_over(found[:1], TABLES, "TapStack/test", {"vpce-other"})["s3"] == ("rtb-b", "rtb-main")


def test_of_two_stacks_gateways_the_one_that_is_used_already_serves_and_else_always_the_same() -> None:
    one, two = (endpoint("s3", name, Tags=OTHERS, RouteTableIds=[table])
                for name, table in (("vpce-a", "rtb-main"), ("vpce-b", "rtb-b")))
    used = {**two, "Tags": [*OTHERS, {"Key": "tapctl:used-by:TapStack/test", "Value": "sg-1"}]}
    assert served(one, two)["s3"].id == served(two, one)["s3"].id == "vpce-a"
    assert served(one, used)["s3"].id == served(used, one)["s3"].id == "vpce-b"


def test_an_interface_serves_whoever_asks_for_the_services_own_name() -> None:
    assert set(served(interface("logs"), interface("secretsmanager"))) == {"logs", "secretsmanager"}
    assert served(interface(PrivateDnsEnabled=False)) == {}
    assert served(interface("s3")) == {}  # the stack has a gateway for it
    own, other = interface(name="vpce-own", Tags=OWN), interface(name="vpce-other", Tags=OTHERS)
    assert served(own, other)["logs"].id == served(other, own)["logs"].id == "vpce-own"
    assert served(other, interface()) == {"logs": Serving("vpce-other", "TapStack/test2", ())}


def test_the_statements_of_a_policy_are_told() -> None:
    def told(*statements: Any) -> Any:
        return served(interface(PolicyDocument=json.dumps({"Version": "2008-10-17", "Statement": statements})))[
            "logs"].policy

    narrow, deny = {**OPEN, "Action": "logs:PutLogEvents"}, {**OPEN, "Effect": "Deny", "Action": "logs:*"}
    assert told({**OPEN, "Sid": "1"}) == (OPEN,)
    assert told(narrow) == (narrow,)
    assert told(narrow, deny) == (deny, narrow)
    assert served(interface())["logs"].policy == (OPEN,)  # there is none


def test_calls_go_through_every_endpoint_that_is_on_their_way() -> None:
    there = standing([
        endpoint("s3", "vpce-1"), endpoint("s3", "vpce-2", RouteTableIds=["rtb-b"]),
        endpoint("s3", "vpce-3", RouteTableIds=["rtb-other"]), interface("logs", "vpce-4"),
        interface("logs", "vpce-5", PrivateDnsEnabled=False), interface("s3", "vpce-6"),
        endpoint("dynamodb", "vpce-7", Tags=OWN), endpoint("dynamodb", "vpce-8", Tags=OTHERS)], "vpc-1", PREFIX)
    assert [one["VpcEndpointId"] for _, one in on_the_way(there, TABLES)] == [
        "vpce-1", "vpce-2", "vpce-4", "vpce-7", "vpce-8"]
    assert [(service, one.id) for service, one in passed(there, TABLES, "TapStack/test")] == [
        ("s3", "vpce-1"), ("s3", "vpce-2"), ("logs", "vpce-4"), ("dynamodb", "vpce-8")]


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
