from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.model import Blocked, Gone
from tapctl.resources.target_group import TargetGroup
from tests.resources.part import NewPart, Part

NAME, KEY = "TapStack-production-us-east-1", "us-east-1/target_group"


@pytest.fixture
def group(part: NewPart) -> Part:
    stack = part("target_group", regions=("us-east-1",))
    stack.made()
    return stack


def raw(stack: Part) -> dict[str, Any]:
    found: dict[str, Any] = stack.client("elbv2").describe_target_groups(Names=[NAME])["TargetGroups"][0]
    return found


def delay(stack: Part) -> str:
    answer = stack.client("elbv2").describe_target_group_attributes(TargetGroupArn=raw(stack)["TargetGroupArn"])
    return next(str(a["Value"]) for a in answer["Attributes"] if a["Key"] == "deregistration_delay.timeout_seconds")


def test_it_asks_for_the_health_path_and_lets_go_soon(part: NewPart) -> None:
    stack = part("target_group", regions=("us-east-1",), **{"app.port": 9000, "app.health_path": "/alive"})
    stack.made()
    have = raw(stack)
    assert (have["Protocol"], have["Port"], have["HealthCheckPath"]) == ("HTTP", 9000, "/alive")
    assert (have["HealthCheckIntervalSeconds"], have["HealthyThresholdCount"]) == (15, 2)
    assert delay(stack) == "30"
    stack.at_rest()
    stack.gone()


def test_health_check_delay_and_tags_are_set_back(group: Part) -> None:
    elb, arn = group.client("elbv2"), raw(group)["TargetGroupArn"]
    elb.modify_target_group(TargetGroupArn=arn, HealthCheckPath="/", HealthyThresholdCount=9)
    elb.modify_target_group_attributes(
        TargetGroupArn=arn, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "3000"}])
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "Owner", "Value": "somebody"}])
    group.mends(f"{KEY} health_check", f"{KEY} deregistration_delay", f"{KEY} tags")
    assert (raw(group)["HealthCheckPath"], delay(group)) == ("/health", "30")


def test_another_port_is_refused_with_the_way_out(part: NewPart) -> None:
    part("target_group", regions=("us-east-1",)).made()
    stack = part("target_group", regions=("us-east-1",), **{"app.port": 9000})
    refused = str(stack.look()[2].refused[KEY])
    assert "Port: 8080 -> 9000. It can't be changed in place" in refused
    assert "[app] port" in refused


def test_it_goes_after_the_listener(group: Part) -> None:
    it = group.found(KEY)
    with group.refusing("elbv2", "DeleteTargetGroup", "ResourceInUse"), pytest.raises(Blocked, match="listener"):
        TargetGroup.delete(group.cloud, it)
    with group.refusing("elbv2", "DeleteTargetGroup", "AccessDenied"), pytest.raises(ClientError):
        TargetGroup.delete(group.cloud, it)
    assert TargetGroup.delete(group.cloud, it) is Gone.NOW
    assert TargetGroup.delete(group.cloud, it) is Gone.NOW


def test_one_of_its_name_without_our_tags_is_left(part: NewPart) -> None:
    stack = part("target_group", regions=("us-east-1",))
    vpc = stack.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    stack.client("elbv2").create_target_group(Name=NAME, Protocol="HTTP", Port=80, VpcId=vpc)
    assert "without this stack's tags; it is left as it is" in stack.up().failures[f"{KEY} exists"]
    stack.down()
    assert raw(stack)["Port"] == 80


def test_a_like_one_without_our_tags_is_left_too(group: Part) -> None:
    """AWS answers the creation of one with the same settings as if it were made."""
    arn = raw(group)["TargetGroupArn"]
    group.client("elbv2").remove_tags(ResourceArns=[arn], TagKeys=["tapctl:key"])
    assert f"{arn} is in its place" in group.up().failures[f"{KEY} exists"]
    group.down()
    assert raw(group)["TargetGroupArn"] == arn
