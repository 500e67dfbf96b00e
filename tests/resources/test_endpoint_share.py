"""A VPC has an endpoint for a service only once: the stack that comes second uses the first one's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl import facts, reconcile, stack
from tapctl.emulator import durations
from tapctl.handover import modify
from tapctl.model import Blocked, Failed, Found, Gone, Phase
from tapctl.resources.endpoint import Endpoint, given_up
from tapctl.resources.endpoint_share import EndpointShare, beside_others, put_use, read_use
from tapctl.resources.vpc_claim import Claim
from tests.resources.part import NewPart, Part
from tests.resources.several import (
    EAST,
    SERVICES,
    gone,
    groups,
    owners,
    reached,
    reaching,
    serving,
    stack_of,
    users,
    watching,
)
from tests.vpcs import made

LOGS = f"{EAST}/endpoint_share/logs"
NAME = "TapStack-{}-us-east-1-endpoints"


@pytest.fixture
def first(part: NewPart) -> Part:
    return stack_of(part, "production")


@pytest.fixture
def second(part: NewPart, first: Part) -> Part:
    """Its network stands, beside the first one's."""
    second = stack_of(part, "staging")
    first.made()
    second.made()
    return second


# ---------------------------------------------------------------- used together
def test_the_second_puts_its_group_on_what_the_first_made(first: Part, second: Part) -> None:
    wanted = second.wanted()
    assert {key.rpartition("/")[2] for key in wanted if "/endpoint_share/" in key} == SERVICES
    assert not [key for key in wanted if "/endpoint/" in key]
    assert owners(first) == {"TapStack/production"}
    assert users(first) == {("TapStack/staging",)}
    assert groups(first) == [NAME.format("production"), NAME.format("staging")]
    assert reached(first) == reached(second) == SERVICES
    first.at_rest()
    second.at_rest()
    said = stack.notes(facts.survey(second.cloud, second.settings), second.settings)
    assert said[0] == f"us-east-1: s3: uses endpoint {serving(first)['s3']['VpcEndpointId']} of TapStack/production"


def test_the_way_out_leads_to_the_stacks_own_group_whosever_the_endpoint_is(first: Part, second: Part) -> None:
    rules = {of.place.environment: of.wanted()[f"{EAST}/security_group/app"] for of in (first, second)}
    assert replace(rules["production"], place=second.place) == rules["staging"]


def test_a_group_that_no_stack_put_there_is_still_taken_off(first: Part, second: Part) -> None:
    ec2 = first.client("ec2")
    theirs = ec2.create_security_group(GroupName="theirs", Description="theirs")["GroupId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=serving(first)["logs"]["VpcEndpointId"], AddSecurityGroupIds=[theirs])
    first.mends(f"{EAST}/endpoint/logs settings")
    assert groups(first) == [NAME.format("production"), NAME.format("staging")]


def test_what_somebody_took_off_is_put_back(first: Part, second: Part) -> None:
    ec2, logs = first.client("ec2"), serving(first)["logs"]
    mine = second.found(f"{EAST}/security_group/endpoints").id
    ec2.modify_vpc_endpoint(VpcEndpointId=logs["VpcEndpointId"], RemoveSecurityGroupIds=[mine])
    second.mends(f"{LOGS} use")
    ec2.create_tags(Resources=[logs["VpcEndpointId"]], Tags=[
        {"Key": "tapctl:used-by:TapStack/staging", "Value": "sg-00000000"}])
    up = second.mends(f"{LOGS} use")
    assert [call.operation for call in up.mutating] == ["CreateTags"]
    assert groups(first) == [NAME.format("production"), NAME.format("staging")]
    first.at_rest()


def test_the_second_goes_and_the_first_is_as_before(part: NewPart, first: Part) -> None:
    first.made()
    second = stack_of(part, "staging")
    second.made()
    removal, told, seen = watching(second, reaching(first))
    assert removal.complete
    assert told == []
    assert seen
    assert seen == [SERVICES] * len(seen)
    assert second.account() == second.before
    first.at_rest()
    first.gone()


def test_whatever_group_its_tag_names_the_stacks_own_goes(part: NewPart, first: Part) -> None:
    """Somebody wrote another's group into the tag: that one stays where it is."""
    first.made()
    ec2, logs = first.client("ec2"), serving(first)["logs"]["VpcEndpointId"]
    second = stack_of(part, "staging")
    second.made()
    ec2.create_tags(Resources=[logs], Tags=[{
        "Key": "tapctl:used-by:TapStack/staging", "Value": first.found(f"{EAST}/security_group/endpoints").id}])
    second.gone()
    assert groups(first) == [NAME.format("production")]
    first.at_rest()


def test_an_endpoint_takes_its_time_and_so_does_the_share(slow_part: NewPart) -> None:
    first, second = stack_of(slow_part, "production"), stack_of(slow_part, "staging")
    first.made()
    ec2 = first.client("ec2")
    ec2.delete_vpc_endpoints(VpcEndpointIds=[serving(first)["logs"]["VpcEndpointId"]])
    first.world.advance(600)
    ec2.create_vpc_endpoint(
        VpcEndpointType="Interface", VpcId=facts.survey(first.cloud, first.settings)[EAST].vpc,
        ServiceName=f"com.amazonaws.{EAST}.logs", PrivateDnsEnabled=True,
        SecurityGroupIds=[first.found(f"{EAST}/security_group/endpoints").id], TagSpecifications=[
            {"ResourceType": "vpc-endpoint", "Tags": [
                {"Key": k, "Value": v} for k, v in first.place.tags(f"{EAST}/endpoint/logs").items()]}])
    first.world.advance(durations.EC2_VISIBLE)
    up = second.made()
    attached = next(call for call in up.mutating if call.operation == "ModifyVpcEndpoint")
    looks = [call for call in up.calls[:up.calls.index(attached)] if call.operation == "DescribeVpcEndpoints"]
    assert len(looks) > 5  # it is put on the endpoint when that is available
    assert groups(first) == [NAME.format("production"), NAME.format("staging")]


# ---------------------------------------------------------------- it changes under the hands
def carried_out_late(of: Part, meanwhile: Callable[[], object]) -> dict[str, str]:
    """`up`, while something happens between plan and changes. What failed, and why."""
    wanted, world, plan = of.look()
    meanwhile()
    _, walked = reconcile.apply(plan, wanted, world, of.cloud, of.regions, Event())
    return {key: str(error) for (key, phase), error in walked.failed.items() if phase is Phase.EXISTS}


def test_the_endpoint_went_before_the_second_came(part: NewPart, first: Part) -> None:
    second = stack_of(part, "staging")
    first.made()
    failed = carried_out_late(second, first.gone)
    assert failed.keys() == {f"{EAST}/endpoint_share/{service}" for service in SERVICES}
    assert all("no longer serves" in why and "the next plan" in why for why in failed.values())
    second.made()
    second.at_rest()
    assert owners(second) == {"TapStack/staging"}
    assert reached(second) == SERVICES


def test_both_come_at_the_same_time(part: NewPart, first: Part) -> None:
    """AWS lets only one make it; the other says so, and uses it by its next plan."""
    second = stack_of(part, "staging")
    failed = carried_out_late(second, first.made)
    assert failed.keys() == {f"{EAST}/endpoint/{service}" for service in SERVICES}
    logs = serving(first)["logs"]["VpcEndpointId"]
    assert failed[f"{EAST}/endpoint/logs"].startswith(f"{logs} of TapStack/production has come to serve ")
    assert "the next plan uses it" in failed[f"{EAST}/endpoint/logs"]
    second.made()
    second.at_rest()
    first.at_rest()
    assert reached(first) == reached(second) == SERVICES
    assert gone(second)[0].complete
    first.gone()


def test_what_is_on_its_way_out_is_waited_for(slow_part: NewPart) -> None:
    """As is what AWS doesn't show yet, or no longer."""
    first = stack_of(slow_part, "production")
    first.made()
    logs, it = first.wanted()[f"{EAST}/endpoint/logs"], serving(first)["logs"]["VpcEndpointId"]
    assert isinstance(logs, Endpoint)
    first.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[it])
    assert str(logs.in_the_way(first.cloud)) == f"{it}, which is deleting, to be gone"
    second = stack_of(slow_part, "staging")
    second.made()
    second.at_rest()
    assert serving(second)["logs"]["VpcEndpointId"] != it
    assert str(replace(logs, vpc="vpc-12345678").in_the_way(first.cloud)) == "another one to be gone"


def test_another_refusal_of_aws_is_told_as_it_is(first: Part) -> None:
    with first.refusing("ec2", "CreateVpcEndpoint", "VpcEndpointLimitExceeded", "no more"):
        assert {"VpcEndpointLimitExceeded" in why for why in first.up().failures.values()} == {True}


def test_another_endpoint_than_before_serves(first: Part, second: Part) -> None:
    """It is said, and how to let go of the old one."""
    share = second.wanted()[LOGS]
    assert isinstance(share, EndpointShare)
    world = second.look()[1]
    refused = second.plan_of({**second.wanted(), LOGS: replace(share, endpoint="vpce-2")}, world).refused[LOGS]
    assert "endpoint: 'vpce-" in str(refused)
    assert "tapctl:used-by: tag" in str(refused)


def test_an_endpoint_that_is_being_deleted_by_somebody(slow_part: NewPart) -> None:
    first, second = stack_of(slow_part, "production"), stack_of(slow_part, "staging")
    first.made()
    second.made()
    share = second.found(LOGS)
    first.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[share.id])
    now = EndpointShare.look(second.cloud, share)
    assert now
    with pytest.raises(Failed, match="being deleted by somebody"):
        EndpointShare.state(now)
    assert share.id not in {it.id for it in EndpointShare.owned(second.cloud)}
    assert EndpointShare.delete(second.cloud, share) is Gone.LATER
    first.world.advance(600)
    assert EndpointShare.delete(second.cloud, share) is Gone.NOW
    assert gone(second)[0].complete


def test_states(second: Part) -> None:
    it = second.found(LOGS)
    assert EndpointShare.state(replace(it, raw={**it.raw, "State": "Pending"})) == "pending"
    with pytest.raises(Failed, match="the endpoint is failed"):
        EndpointShare.state(replace(it, raw={**it.raw, "State": "failed"}))


def test_a_gateway_is_put_on_the_route_tables_that_the_second_has_beside(first: Part, second: Part) -> None:
    ec2, it = first.client("ec2"), second.found(f"{EAST}/endpoint_share/s3")
    have = read_use(second.cloud, it)
    table = ec2.create_route_table(VpcId=it.raw["VpcId"])["RouteTable"]["RouteTableId"]
    share = second.wanted()[f"{EAST}/endpoint_share/s3"]
    assert isinstance(share, EndpointShare)
    wanted = {**have, "route_tables": frozenset([table])}
    target = beside_others(share, have, wanted)
    assert target["route_tables"] == have["route_tables"] | {table}
    put_use(second.cloud, it, have, target)
    assert {*serving(first)["s3"]["RouteTableIds"]} == target["route_tables"]
    first.at_rest()  # the owner leaves it there
    assert gone(second)[0].complete
    first.at_rest()


def test_a_gateway_is_not_put_on_a_route_table_that_somebody_elses_is_on(part: NewPart) -> None:
    """AWS has one a table. Each serves from its tables; and once theirs is gone, the shared one is put there too."""
    ec2 = part().client("ec2")
    vpc = made(ec2, EAST, 5)
    theirs = ec2.create_vpc_endpoint(VpcId=vpc.id, ServiceName=f"com.amazonaws.{EAST}.s3", RouteTableIds=vpc.tables[:1])
    name = theirs["VpcEndpoint"]["VpcEndpointId"]
    within: dict[str, Any] = {"network.vpc_id": {EAST: vpc.id}}
    first, second = (stack_of(part, environment, **within) for environment in ("production", "staging"))
    for one in first, second:
        one.made()
        one.at_rest()
    said = stack.notes(facts.survey(second.cloud, second.settings), second.settings)
    assert f"us-east-1: s3: from some route tables, uses endpoint {name} which is not tapctl's, too" in said[-1]
    share = second.found(f"{EAST}/endpoint_share/s3")
    assert share.raw["RouteTableIds"] == vpc.tables[1:]
    assert gone(first)[0].handed
    second.at_rest()
    ec2.delete_vpc_endpoints(VpcEndpointIds=[name])
    second.mends(f"{EAST}/endpoint/s3 settings")
    assert {*second.found(f"{EAST}/endpoint/s3").raw["RouteTableIds"]} == {*vpc.tables}
    assert gone(second)[0].complete


def test_aws_changes_an_endpoint_once_at_a_time(first: Part, second: Part) -> None:
    it, mine = second.found(LOGS), second.found(f"{EAST}/security_group/endpoints").id
    with first.refusing("ec2", "ModifyVpcEndpoint", "OperationInProgress"), pytest.raises(Blocked, match=it.id):
        modify(first.cloud, it, RemoveSecurityGroupIds=[mine])
    with first.refusing("ec2", "ModifyVpcEndpoint", "InvalidParameter"), pytest.raises(ClientError):
        modify(first.cloud, it, RemoveSecurityGroupIds=[mine])
    first.client("ec2").modify_vpc_endpoint(VpcEndpointId=it.id, RemoveSecurityGroupIds=[mine])
    with first.refusing("ec2", "ModifyVpcEndpoint", "OperationInProgress", times=2):
        second.mends(f"{LOGS} use")


def test_what_is_being_deleted_is_not_given_up_twice(first: Part) -> None:
    it = Found(LOGS, "vpce-1", {"State": "deleting", "VpcId": "vpc-1"})
    assert given_up(first.cloud, it, Claim("sg-1", 0.0)) is Gone.LATER
