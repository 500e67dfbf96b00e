from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tapctl import facts, stack
from tapctl.errors import ConfigurationError
from tapctl.model import Failed, Gone, Kept
from tapctl.resources.endpoint import Endpoint
from tests.conformance.lab import settings
from tests.resources.part import NewPart, Part

STACK, ROOT = "TapStack/production", "us-east-1/endpoint"
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}


def endpoints(ec2: Any) -> dict[str, dict[str, Any]]:
    return {e["ServiceName"].removeprefix("com.amazonaws.us-east-1."): e
            for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e["State"] != "deleting"}


def way_out(ec2: Any) -> list[str]:
    """Where the application's group lets out on 443, by the group's name or the list's id."""
    group, = ec2.describe_security_groups(Filters=[
        {"Name": "group-name", "Values": ["TapStack-production-us-east-1-app"]}])["SecurityGroups"]
    names = {g["GroupId"]: g["GroupName"] for g in ec2.describe_security_groups()["SecurityGroups"]}
    lists = {p["PrefixListId"]: p["PrefixListName"] for p in ec2.describe_managed_prefix_lists()["PrefixLists"]}
    rules = [p for p in group["IpPermissionsEgress"] if p.get("FromPort") == 443]
    assert not any(rule["IpRanges"] for rule in rules)
    return sorted([names[pair["GroupId"]] for rule in rules for pair in rule["UserIdGroupPairs"]]
                  + [lists[one["PrefixListId"]] for rule in rules for one in rule["PrefixListIds"]])


@pytest.fixture
def region(part: NewPart) -> Part:
    """With the groups, whose rules follow the endpoints."""
    return part("endpoint", "security_group", regions=("us-east-1",))


@pytest.fixture
def standing(region: Part) -> Part:
    region.made()
    return region


def test_gateways_on_the_route_tables_and_an_interface_in_each_zone(region: Part) -> None:
    up = region.made()
    ec2, net = region.client("ec2"), facts.survey(region.cloud, region.settings)["us-east-1"]
    made = endpoints(ec2)
    assert made.keys() == {"s3", "dynamodb", "logs"}
    for gateway in (made["s3"], made["dynamodb"]):
        assert (gateway["VpcEndpointType"], gateway["RouteTableIds"]) == ("Gateway", list(net.route_tables))
    assert made["logs"]["PrivateDnsEnabled"]
    assert set(made["logs"]["SubnetIds"]) == set(net.subnets)
    assert [group["GroupName"] for group in made["logs"]["Groups"]] == ["TapStack-production-us-east-1-endpoints"]
    assert not [call for call in up.mutating if call.operation == "ModifyVpcEndpoint"]
    assert way_out(ec2) == ["TapStack-production-us-east-1-endpoints", "com.amazonaws.us-east-1.dynamodb",
                            "com.amazonaws.us-east-1.s3"]
    region.at_rest()
    region.gone()


def test_it_is_waited_for_and_waited_out(slow_part: NewPart) -> None:
    region = slow_part("endpoint", regions=("us-east-1",))
    region.made()
    assert {e["State"] for e in endpoints(region.client("ec2")).values()} == {"available"}
    region.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[region.found(f"{ROOT}/s3").id])
    again = region.made()  # what is deleted by hand is still there for a while
    assert again.began("create") == {f"{ROOT}/s3"}
    region.at_rest()
    region.gone()


def test_what_somebody_changed_is_put_back_in_one_call(standing: Part) -> None:
    ec2 = standing.client("ec2")
    made, net = endpoints(ec2), facts.survey(standing.cloud, standing.settings)["us-east-1"]
    theirs = ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=net.vpc)["GroupId"]
    mine = made["logs"]["Groups"][0]["GroupId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=made["s3"]["VpcEndpointId"], RemoveRouteTableIds=list(net.route_tables))
    ec2.modify_vpc_endpoint(VpcEndpointId=made["logs"]["VpcEndpointId"], RemoveSubnetIds=[net.subnets[0]],
                            AddSecurityGroupIds=[theirs], RemoveSecurityGroupIds=[mine])
    ec2.create_tags(Resources=[made["dynamodb"]["VpcEndpointId"]], Tags=[{"Key": "Owner", "Value": "somebody"}])
    up = standing.mends(f"{ROOT}/s3 settings", f"{ROOT}/logs settings", f"{ROOT}/dynamodb tags")
    assert [call.operation for call in up.mutating].count("ModifyVpcEndpoint") == 2
    assert [group["GroupId"] for group in endpoints(ec2)["logs"]["Groups"]] == [mine]


def test_a_gateway_is_not_taken_off_a_route_table(standing: Part) -> None:
    ec2, it = standing.client("ec2"), standing.found(f"{ROOT}/s3")
    table = ec2.create_route_table(VpcId=it.raw["VpcId"])["RouteTable"]["RouteTableId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=it.id, AddRouteTableIds=[table])
    standing.at_rest()
    held, = standing.look()[2].held
    assert (held.key, held.what) == (f"{ROOT}/s3", "settings")
    ec2.modify_vpc_endpoint(VpcEndpointId=it.id, RemoveRouteTableIds=it.raw["RouteTableIds"])
    standing.mends(f"{ROOT}/s3 settings")
    assert set(endpoints(ec2)["s3"]["RouteTableIds"]) == {table, *it.raw["RouteTableIds"]}


def test_its_policy_and_its_private_name_are_put_back(standing: Part) -> None:
    ec2 = standing.client("ec2")
    narrow = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
    ec2.modify_vpc_endpoint(VpcEndpointId=standing.found(f"{ROOT}/s3").id, PolicyDocument=json.dumps(narrow))
    ec2.modify_vpc_endpoint(VpcEndpointId=standing.found(f"{ROOT}/logs").id, PrivateDnsEnabled=False)
    standing.mends(f"{ROOT}/s3 settings", f"{ROOT}/logs settings")


@pytest.mark.parametrize("policy", [
    {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]},
    {"Version": "2008-10-17", "Statement": {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": ["*"],
                                            "Resource": "*"}}])
def test_the_open_policy_has_several_spellings(standing: Part, policy: Any) -> None:
    standing.client("ec2").modify_vpc_endpoint(
        VpcEndpointId=standing.found(f"{ROOT}/logs").id, PolicyDocument=json.dumps(policy))
    standing.at_rest()


# ---------------------------------------------------------------- others' endpoints
def foreign_logs(region: Part) -> tuple[str, str]:
    """(id, group) of an interface for Logs that somebody who doesn't use tapctl has in the VPC."""
    ec2, net = region.client("ec2"), facts.survey(region.cloud, region.settings)["us-east-1"]
    group = ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=net.vpc)["GroupId"]
    made = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface", VpcId=net.vpc, ServiceName="com.amazonaws.us-east-1.logs",
        SubnetIds=list(net.subnets), SecurityGroupIds=[group], PrivateDnsEnabled=True)
    return made["VpcEndpoint"]["VpcEndpointId"], group


def notes(region: Part) -> tuple[str, ...]:
    return stack.notes(facts.survey(region.cloud, region.settings), region.settings)


def test_one_that_serves_the_vpc_already_is_used_and_never_touched(region: Part) -> None:
    theirs, group = foreign_logs(region)
    ec2 = region.client("ec2")
    with pytest.raises(ConfigurationError, match=f"{theirs} for logs does not let the application in") as raised:
        region.up()
    assert region.client("ec2").describe_vpc_endpoints()["VpcEndpoints"][0]["VpcEndpointId"] == theirs
    assert f"--group-id {group} --protocol tcp --port 443 --cidr 172.31.0.0/20" in raised.value.mend
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {**HTTPS, "IpRanges": [{"CidrIp": "172.31.0.0/16"}]}])
    assert notes(region) == (f"us-east-1: logs: uses endpoint {theirs} which is not tapctl's",)
    before = endpoints(ec2)["logs"]
    region.made()
    assert "us-east-1/security_group/endpoints" not in region.wanted()
    assert way_out(ec2) == ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3", "theirs"]
    region.at_rest()
    assert region.down().complete
    assert endpoints(ec2) == {"logs": before}


def test_one_whose_policy_denies_what_the_application_does_is_said_before_anything_is_made(region: Part) -> None:
    ec2, net = region.client("ec2"), facts.survey(region.cloud, region.settings)["us-east-1"]
    theirs = ec2.create_vpc_endpoint(
        VpcEndpointType="Gateway", VpcId=net.vpc, ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=list(net.route_tables), PolicyDocument=json.dumps({"Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}))["VpcEndpoint"]["VpcEndpointId"]
    with pytest.raises(ConfigurationError, match=f"the policy of endpoint {theirs} for s3 denies") as raised:
        region.up()
    assert f"--vpc-endpoint-id {theirs} --reset-policy" in raised.value.mend
    assert list(endpoints(ec2)) == ["s3"]
    ec2.modify_vpc_endpoint(VpcEndpointId=theirs, ResetPolicy=True)
    assert notes(region) == (f"us-east-1: s3: uses endpoint {theirs} which is not tapctl's",)


def test_a_gateway_on_other_route_tables_serves_others_only(region: Part) -> None:
    ec2, net = region.client("ec2"), facts.survey(region.cloud, region.settings)["us-east-1"]
    table = ec2.create_route_table(VpcId=net.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_vpc_endpoint(VpcEndpointType="Gateway", VpcId=net.vpc, ServiceName="com.amazonaws.us-east-1.s3",
                            RouteTableIds=[table])
    assert notes(region) == ()
    ec2.create_vpc_endpoint(VpcEndpointType="Gateway", VpcId=net.vpc, ServiceName="com.amazonaws.us-east-1.dynamodb",
                            RouteTableIds=list(net.route_tables))
    assert "us-east-1: dynamodb: uses endpoint" in notes(region)[0]
    region.made()
    assert {key for key in region.wanted() if ROOT in key} == {f"{ROOT}/s3", f"{ROOT}/logs"}
    assert "com.amazonaws.us-east-1.dynamodb" in way_out(ec2)


@pytest.mark.parametrize(("off", "left"), [
    ("logs", ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3"]),
    ("s3", ["TapStack-production-us-east-1-endpoints", "com.amazonaws.us-east-1.dynamodb"]),
    ("dynamodb", ["TapStack-production-us-east-1-endpoints", "com.amazonaws.us-east-1.s3"])])
def test_each_can_be_switched_off_and_so_is_the_way_to_it(part: NewPart, off: str, left: list[str]) -> None:
    region = part("endpoint", "security_group", regions=("us-east-1",), **{f"endpoints.{off}": False})
    region.made()
    assert off not in endpoints(region.client("ec2"))
    assert way_out(region.client("ec2")) == left


def test_secrets_are_reached_where_the_secret_is(part: NewPart) -> None:
    region = part("endpoint", **{"app.data_access": True, "network.peering": "off"})
    wanted = region.wanted()
    assert f"{ROOT}/secretsmanager" in wanted
    assert "us-west-2/endpoint/secretsmanager" not in wanted
    assert notes(region) == ("us-west-2: instances get no database secret: it is in us-east-1, and nothing they may "
                             "do reaches across regions",)
    assert facts.reached("us-east-1", settings("us-east-1")) == ("s3", "dynamodb", "logs")


# ---------------------------------------------------------------- whose it is
def test_tags_copied_to_an_endpoint_of_another_service_claim_nothing(standing: Part) -> None:
    ec2, net = standing.client("ec2"), facts.survey(standing.cloud, standing.settings)["us-east-1"]
    tags = [{"Key": k, "Value": v} for k, v in standing.found(f"{ROOT}/logs").tags.items()]
    other = ec2.create_vpc_endpoint(VpcEndpointType="Interface", VpcId=net.vpc, SubnetIds=[net.subnets[0]],
                                    ServiceName="com.amazonaws.us-east-1.sqs", TagSpecifications=[
                                        {"ResourceType": "vpc-endpoint", "Tags": tags}])["VpcEndpoint"]
    standing.at_rest()
    assert other["VpcEndpointId"] not in {it.id for it in Endpoint.owned(standing.cloud)}


def test_tags_copied_to_an_endpoint_of_another_vpc_are_said_and_not_acted_on(standing: Part) -> None:
    ec2 = standing.client("ec2")
    tags = [{"Key": k, "Value": v} for k, v in standing.found(f"{ROOT}/s3").tags.items()]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    theirs = ec2.create_vpc_endpoint(
        VpcEndpointType="Gateway", VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table],
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}])["VpcEndpoint"]
    again = standing.up()
    assert [item.it.id for item in again.surplus] == [theirs["VpcEndpointId"]]
    assert not again.mutating
    left = standing.down().left
    assert any(item.it.id == theirs["VpcEndpointId"] and "copied" in why for item, why in left)
    assert endpoints(ec2)["s3"]["VpcEndpointId"] == theirs["VpcEndpointId"]
    refused = standing.look()[2].refused[f"{ROOT}/s3"]  # now it is the only one that claims to be it
    assert f"vpc: '{vpc}' ->" in str(refused)
    assert "copied" in str(refused)
    ec2.delete_tags(Resources=[theirs["VpcEndpointId"]], Tags=tags)
    assert standing.down().complete


def test_ones_that_a_killed_run_left_alone_are_removed(part: NewPart) -> None:
    """Where the stack has no groups to be compared with."""
    alone = part("endpoint", regions=("us-east-1",), **{"endpoints.logs": False})
    alone.made()
    alone.gone()


def test_what_aws_says_in_an_answer_of_success_is_heard(standing: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    it = standing.found(f"{ROOT}/s3")
    refused = {"Unsuccessful": [{"ResourceId": it.id, "Error": {"Code": "OperationNotPermitted", "Message": "no"}}]}
    monkeypatch.setattr(standing.cloud.client("ec2"), "delete_vpc_endpoints", lambda **named: refused)
    with pytest.raises(Failed, match="OperationNotPermitted: no"):
        Endpoint.delete(standing.cloud, it)


def test_one_that_somebody_else_has_just_deleted_is_waited_for(
        standing: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    it = standing.found(f"{ROOT}/s3")
    gone = {"Unsuccessful": [{"ResourceId": it.id, "Error": {"Code": "InvalidVpcEndpoint.NotFound", "Message": "no"}}]}
    monkeypatch.setattr(standing.cloud.client("ec2"), "delete_vpc_endpoints", lambda **named: gone)
    assert Endpoint.delete(standing.cloud, it) is Gone.LATER


def test_states(standing: Part) -> None:
    it = standing.found(f"{ROOT}/s3")
    with pytest.raises(Failed, match=f"delete-vpc-endpoints --vpc-endpoint-ids {it.id}"):
        Endpoint.state(replace(it, raw={**it.raw, "State": "Failed"}))
    assert Endpoint.state(replace(it, raw={**it.raw, "State": "Available"})) is None
    assert Endpoint.state(replace(it, raw={**it.raw, "State": "PendingAcceptance"})) == "pendingacceptance"
    assert Endpoint.delete(standing.cloud, replace(it, raw={**it.raw, "State": "deleting"})) is Gone.LATER
    with pytest.raises(Kept, match="vpc-elsewhere"):
        Endpoint.delete(standing.cloud, replace(it, raw={**it.raw, "VpcId": "vpc-elsewhere"}))


def test_each_call_has_a_token_of_its_own(part: NewPart) -> None:
    region = part("endpoint", regions=("us-east-1",))
    first = [call.params["ClientToken"] for call in region.made().calls if call.operation == "CreateVpcEndpoint"]
    region.gone()
    second = [call.params["ClientToken"] for call in region.made().calls if call.operation == "CreateVpcEndpoint"]
    assert len({*first, *second}) == 6
