from __future__ import annotations

from typing import Any

import pytest

from tapctl.model import Failed, Found, Gone
from tapctl.resources.load_balancer import LoadBalancer
from tests.resources.part import NewPart, Part

NAME, KEY = "TapStack-production-us-east-1", "us-east-1/load_balancer"
BUCKET = "tapstack-production-alb-logs-123456789012-us-east-1-an"


@pytest.fixture
def balancer(part: NewPart) -> Part:
    stack = part("load_balancer", regions=("us-east-1",))
    stack.made()
    return stack


def raw(stack: Part) -> dict[str, Any]:
    found: dict[str, Any] = stack.client("elbv2").describe_load_balancers(Names=[NAME])["LoadBalancers"][0]
    return found


def attributes(stack: Part) -> dict[str, str]:
    answer = stack.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=raw(stack)["LoadBalancerArn"])
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


def test_it_faces_the_internet_and_logs(balancer: Part) -> None:
    assert raw(balancer)["Scheme"] == "internet-facing"
    assert raw(balancer)["Type"] == "application"
    assert len(raw(balancer)["AvailabilityZones"]) == 3
    have = attributes(balancer)
    assert have["access_logs.s3.enabled"] == "true"
    assert have["access_logs.s3.bucket"] == BUCKET
    assert have["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert have["deletion_protection.enabled"] == "false"
    balancer.at_rest()
    balancer.gone()


@pytest.mark.parametrize(("name", "value"), [
    ("access_logs.s3.enabled", "false"), ("access_logs.s3.prefix", ""), ("deletion_protection.enabled", "true"),
    ("routing.http.drop_invalid_header_fields.enabled", "false")])
def test_its_attributes_are_set_back(balancer: Part, name: str, value: str) -> None:
    before = attributes(balancer)
    off = [{"Key": "access_logs.s3.enabled", "Value": "false"}, {"Key": name, "Value": value or "elsewhere"}]
    balancer.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=raw(balancer)["LoadBalancerArn"], Attributes=off)
    balancer.mends(f"{KEY} attributes")
    assert attributes(balancer) == before


def test_its_subnets_and_groups_are_set_back(balancer: Part) -> None:
    elb, arn = balancer.client("elbv2"), raw(balancer)["LoadBalancerArn"]
    subnets = [zone["SubnetId"] for zone in raw(balancer)["AvailabilityZones"]]
    elb.set_subnets(LoadBalancerArn=arn, Subnets=subnets[:2])
    groups = balancer.client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])
    elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[groups["SecurityGroups"][0]["GroupId"]])
    balancer.mends(f"{KEY} subnets", f"{KEY} security_groups")
    assert sorted(zone["SubnetId"] for zone in raw(balancer)["AvailabilityZones"]) == sorted(subnets)


def test_its_tags_are_put_back(balancer: Part) -> None:
    balancer.client("elbv2").add_tags(
        ResourceArns=[raw(balancer)["LoadBalancerArn"]], Tags=[{"Key": "Owner", "Value": "somebody"}])
    balancer.mends(f"{KEY} tags")


def test_it_is_held_until_it_is_active(slow_part: NewPart) -> None:
    stack = slow_part("load_balancer", regions=("us-east-1",))
    up = stack.made()
    assert "provisioning" in {getattr(told, "text", "") for told in up.told}
    stack.gone()


def test_a_group_a_bucket_policy_or_a_load_balancer_that_elb_does_not_know_yet_is_waited_for(part: NewPart) -> None:
    stack = part("load_balancer", regions=("us-east-1",))
    with stack.refusing("elbv2", "CreateLoadBalancer", "InvalidSecurityGroup", times=2), stack.refusing(
            "elbv2", "ModifyLoadBalancerAttributes", "InvalidConfigurationRequest",
            f"Access Denied for bucket: {BUCKET}. Please check S3bucket permission", times=3), stack.refusing(
            "elbv2", "ModifyLoadBalancerAttributes", "LoadBalancerNotFound", times=2):
        stack.made()
    stack.at_rest()


def test_another_internal_one_of_its_name_is_named_and_left(part: NewPart) -> None:
    stack = part("load_balancer", regions=("us-east-1",))
    ec2 = stack.client("ec2")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
    stack.client("elbv2").create_load_balancer(Name=NAME, Subnets=subnets, Scheme="internal")
    assert "without this stack's tags; it is left as it is" in stack.up().failures[f"{KEY} exists"]
    stack.down()
    assert raw(stack)["Scheme"] == "internal"


def test_a_like_one_without_our_tags_is_left_too(balancer: Part) -> None:
    """AWS answers the creation of one with the same settings as if it were made."""
    arn = raw(balancer)["LoadBalancerArn"]
    balancer.client("elbv2").remove_tags(ResourceArns=[arn], TagKeys=["tapctl:key"])
    assert f"{arn} is in its place" in balancer.up().failures[f"{KEY} exists"]


def test_an_internal_one_with_our_tags_is_refused_with_the_way_out(part: NewPart) -> None:
    stack = part("load_balancer", regions=("us-east-1",))
    subnets = [one["SubnetId"] for one in stack.client("ec2").describe_subnets()["Subnets"]][:2]
    stack.client("elbv2").create_load_balancer(
        Name=NAME, Subnets=subnets, Scheme="internal",
        Tags=[{"Key": name, "Value": value} for name, value in stack.place.tags(KEY).items()])
    refused = str(stack.look()[2].refused[KEY])
    assert "scheme: 'internal' -> 'internet-facing'" in refused
    assert "tapctl down" in refused


def test_its_access_logs_end_before_it_does(balancer: Part) -> None:
    it = balancer.found(KEY)
    balancer.meter.calls = []
    assert LoadBalancer.delete(balancer.cloud, it) is Gone.LATER
    assert [call.operation for call in balancer.meter.calls] == ["ModifyLoadBalancerAttributes", "DeleteLoadBalancer"]
    assert LoadBalancer.look(balancer.cloud, it) is None
    assert LoadBalancer.delete(balancer.cloud, it) is Gone.LATER


def test_a_protected_one_goes_too(balancer: Part) -> None:
    balancer.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=raw(balancer)["LoadBalancerArn"],
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}])
    balancer.gone()


def test_a_failed_one_is_not_waited_for() -> None:
    def of(code: str, **more: str) -> Found:
        return Found(KEY, "arn", {"State": {"Code": code, **more}})

    with pytest.raises(Failed, match="no room"):
        LoadBalancer.state(of("failed", Reason="no room"))
    assert LoadBalancer.state(of("active_impaired")) is None
