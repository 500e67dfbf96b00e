from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.events import Waits
from tapctl.model import Blocked, Found, Going, Gone, Phase, Unknown
from tapctl.readiness import ready
from tapctl.resources.auto_scaling_group import AutoScalingGroup, Tag, read_running
from tests.resources.part import NewPart, Part

NAME, KEY, EAST = "TapStack-production-us-east-1", "us-east-1/auto_scaling_group", ("us-east-1",)
LARGER = {"environments.production.instance_type": "t3.large"}
TEMPLATE, REFRESH = "us-east-1/launch_template settings", f"{KEY} refresh"


def raw(stack: Part) -> dict[str, Any]:
    found: dict[str, Any] = stack.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[NAME])["AutoScalingGroups"][0]
    return found


def versions(stack: Part) -> set[str]:
    return {one["LaunchTemplate"]["Version"] for one in raw(stack)["Instances"]}


def types(stack: Part) -> set[str]:
    ids = [one["InstanceId"] for one in raw(stack)["Instances"]]
    reservations = stack.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]
    return {one["InstanceType"] for reservation in reservations for one in reservation["Instances"]}


@pytest.fixture
def group(part: NewPart) -> Part:
    stack = part("auto_scaling_group", regions=EAST)
    stack.made()
    return stack


def test_it_stands_as_configured_and_goes(group: Part) -> None:
    have = raw(group)
    assert (have["MinSize"], have["DesiredCapacity"], have["MaxSize"]) == (1, 2, 6)
    assert (have["HealthCheckType"], have["HealthCheckGracePeriod"]) == ("ELB", 180)
    assert len(have["Instances"]) == 2
    policy, = group.client("autoscaling").describe_policies(AutoScalingGroupName=NAME)["ScalingPolicies"]
    assert policy["PolicyType"] == "TargetTrackingScaling"
    assert policy["TargetTrackingConfiguration"]["TargetValue"] == 60
    group.at_rest()
    group.gone()
    group.made()
    group.at_rest()


def test_instances_and_volumes_are_tagged_without_the_key(group: Part) -> None:
    launched = {tag["Key"]: tag["PropagateAtLaunch"] for tag in raw(group)["Tags"]}
    assert launched == {"Environment": True, "Name": True, "Owner": True, "Project": True, "tapctl:stack": True,
                        "tapctl:key": False}
    ec2 = group.client("ec2")
    ids = [one["InstanceId"] for one in raw(group)["Instances"]]
    for kind in ("instance", "volume"):
        tags = ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": [kind]}])["Tags"]
        assert {tag["Key"] for tag in tags if not tag["Key"].startswith("aws:")} == {
            "Environment", "Name", "Owner", "Project", "tapctl:stack"}
    assert {tag["Value"] for tag in ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": ids}])["Tags"]
            if tag["Key"] == "Name"} == {NAME}


def test_no_instance_has_a_public_address(group: Part) -> None:
    ids = [one["InstanceId"] for one in raw(group)["Instances"]]
    for reservation in group.client("ec2").describe_instances(InstanceIds=ids)["Reservations"]:
        for instance in reservation["Instances"]:
            assert not instance.get("PublicIpAddress")
            assert instance["MetadataOptions"]["HttpTokens"] == "required"


def test_it_starts_only_when_what_it_needs_is_ready(part: NewPart) -> None:
    stack = part("auto_scaling_group", regions=EAST)
    done = stack.made().walk.done
    first = done.index((KEY, Phase.EXISTS))
    assert set(done[:first]) >= {(f"us-east-1/{name}", Phase.READY) for name in (
        "role", "instance_profile", "bucket/logs", "log_group", "endpoint/s3", "endpoint/dynamodb", "endpoint/logs",
        "security_group/app", "launch_template")}


# ---------------------------------------------------------------- drift
def test_settings_and_tags_are_set_back(group: Part) -> None:
    scaling, before = group.client("autoscaling"), raw(group)
    scaling.update_auto_scaling_group(
        AutoScalingGroupName=NAME, MinSize=0, MaxSize=2, HealthCheckType="EC2", HealthCheckGracePeriod=1,
        DefaultInstanceWarmup=1, VPCZoneIdentifier=before["VPCZoneIdentifier"].split(",")[0])
    scaling.create_or_update_tags(Tags=[
        {"ResourceId": NAME, "ResourceType": "auto-scaling-group", "Key": "Owner", "Value": "somebody",
         "PropagateAtLaunch": False}])
    group.mends(f"{KEY} settings", f"{KEY} tags")
    after = raw(group)
    for name in ("MinSize", "MaxSize", "HealthCheckType", "HealthCheckGracePeriod", "DefaultInstanceWarmup"):
        assert after[name] == before[name]


def test_another_template_version_is_set_back(group: Part) -> None:
    template = raw(group)["LaunchTemplate"]["LaunchTemplateId"]
    group.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=NAME, LaunchTemplate={"LaunchTemplateId": template, "Version": "1"})
    group.mends(f"{KEY} settings")
    assert raw(group)["LaunchTemplate"]["Version"] == "$Default"


def test_target_groups_are_exactly_ours(group: Part) -> None:
    scaling, elb = group.client("autoscaling"), group.client("elbv2")
    ours, vpc = raw(group)["TargetGroupARNs"], group.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    other = elb.create_target_group(Name="theirs", Protocol="HTTP", Port=80, VpcId=vpc)
    theirs = [other["TargetGroups"][0]["TargetGroupArn"]]
    scaling.attach_load_balancer_target_groups(AutoScalingGroupName=NAME, TargetGroupARNs=theirs)
    group.mends(f"{KEY} target_groups")
    scaling.detach_load_balancer_target_groups(AutoScalingGroupName=NAME, TargetGroupARNs=ours)
    group.mends(f"{KEY} target_groups")
    assert raw(group)["TargetGroupARNs"] == ours


def test_scaling_policies_are_exactly_ours(group: Part) -> None:
    scaling = group.client("autoscaling")
    scaling.put_scaling_policy(AutoScalingGroupName=NAME, PolicyName="theirs", PolicyType="SimpleScaling",
                               AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)
    group.mends(f"{KEY} scaling")
    scaling.put_scaling_policy(
        AutoScalingGroupName=NAME, PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": 9})
    group.mends(f"{KEY} scaling")
    scaling.delete_policy(AutoScalingGroupName=NAME, PolicyName="cpu")
    group.mends(f"{KEY} scaling")
    assert [p["PolicyName"] for p in scaling.describe_policies(AutoScalingGroupName=NAME)["ScalingPolicies"]] == ["cpu"]


def test_what_scaling_decided_is_no_difference(group: Part) -> None:
    group.client("autoscaling").set_desired_capacity(AutoScalingGroupName=NAME, DesiredCapacity=5)
    group.at_rest()
    assert raw(group)["DesiredCapacity"] == 5


# ---------------------------------------------------------------- refresh
def test_a_changed_template_rolls_out(group: Part, part: NewPart) -> None:
    assert types(group) == {"t3.medium"}
    stack = part("auto_scaling_group", regions=EAST, **LARGER)
    up = stack.made()
    assert {f"{key} {what}" for key, what in up.plan.changes} == {TEMPLATE, REFRESH}
    assert isinstance(up.plan.changes[KEY, "refresh"].want, Unknown)
    stack.at_rest()
    assert (types(stack), versions(stack)) == ({"t3.large"}, {"2"})


def test_a_new_instance_serves_before_an_old_one_goes(group: Part, part: NewPart) -> None:
    part("auto_scaling_group", regions=EAST, **LARGER).made()
    refresh, = group.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName=NAME)["InstanceRefreshes"]
    preferences = refresh["Preferences"]
    assert (preferences["MinHealthyPercentage"], preferences["MaxHealthyPercentage"]) == (100, 200)
    assert preferences["SkipMatching"] is True


def test_a_crash_between_template_and_refresh_loses_nothing(group: Part, part: NewPart) -> None:
    stack = part("auto_scaling_group", regions=EAST, **LARGER)
    with stack.refusing("autoscaling", "StartInstanceRefresh", "AccessDenied"):
        assert stack.up().failures
    assert (types(stack), versions(stack)) == ({"t3.medium"}, {"1"})
    stack.mends(REFRESH)
    assert (types(stack), versions(stack)) == ({"t3.large"}, {"2"})


def test_a_refresh_that_runs_already_is_waited_for(slow_part: NewPart) -> None:
    slow_part("auto_scaling_group", regions=EAST).made()
    stack = slow_part("auto_scaling_group", regions=EAST, **LARGER)
    with stack.refusing("autoscaling", "StartInstanceRefresh", "AccessDenied"):
        stack.up()
    stack.client("autoscaling").start_instance_refresh(
        AutoScalingGroupName=NAME, Preferences={"SkipMatching": True})
    up = stack.made()
    assert "the instance refresh, 0 %" in {getattr(told, "text", "") for told in up.told}
    assert types(stack) == {"t3.large"}
    stack.at_rest()


def test_a_refresh_that_is_cancelled_meanwhile_is_a_failure(slow_part: NewPart) -> None:
    slow_part("auto_scaling_group", regions=EAST).made()
    stack = slow_part("auto_scaling_group", regions=EAST, **LARGER)
    client = stack.wires.connections.client("autoscaling", "us-east-1")
    seen: list[str] = []

    def cancel(**_: Any) -> None:
        seen.append("look")
        if len(seen) == 3:
            stack.client("autoscaling").cancel_instance_refresh(AutoScalingGroupName=NAME)

    client.meta.events.register("before-call.auto-scaling.DescribeInstanceRefreshes", cancel)
    try:
        failures = stack.up().failures
    finally:
        client.meta.events.unregister("before-call.auto-scaling.DescribeInstanceRefreshes", cancel)
    assert "the instance refresh is Cancelled" in failures[f"{KEY} ready"]
    stack.mends(REFRESH)  # what failed before is not held against the next run
    assert types(stack) == {"t3.large"}


def test_instances_of_a_template_that_is_gone_are_replaced(group: Part) -> None:
    group.client("ec2").delete_launch_template(LaunchTemplateName=NAME)
    up = group.made()
    assert set(up.plan.changes) >= {("us-east-1/launch_template", "create"), (KEY, "settings"), (KEY, "refresh")}
    group.at_rest()
    template = raw(group)["LaunchTemplate"]["LaunchTemplateId"]
    assert {one["LaunchTemplate"]["LaunchTemplateId"] for one in raw(group)["Instances"]} == {template}


def test_what_runs_is_read_from_live_instances_only() -> None:
    def group_of(*instances: dict[str, Any]) -> Found:
        return Found(KEY, NAME, {"Instances": instances})

    old = {"LifecycleState": "Terminating:Wait", "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"}}
    new = {"LifecycleState": "Pending", "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"}}
    cloud: Any = None
    assert read_running(cloud, group_of(old, new)) == {"lt-1 version 2"}
    assert read_running(cloud, group_of({"LifecycleState": "InService"})) == {"no template version none"}
    with pytest.raises(Unknown):
        read_running(cloud, group_of(old))


# ---------------------------------------------------------------- waiting, failing, going
def test_it_is_waited_for_until_its_targets_are_healthy(slow_part: NewPart) -> None:
    stack = slow_part("auto_scaling_group", regions=EAST)
    texts = {told.text for told in stack.made().told if isinstance(told, Waits) and told.key == KEY}
    assert "0 of 1 healthy" in texts
    stack.at_rest()
    stack.gone()


def test_a_run_with_nothing_to_wait_for_asks_for_neither_targets_nor_activities(group: Part) -> None:
    calls = {call.operation for call in group.made().calls}
    assert "DescribeAutoScalingGroups" in calls
    assert not calls & {"DescribeTargetHealth", "DescribeScalingActivities", "DescribeInstanceRefreshes"}


def test_a_profile_that_ec2_does_not_know_yet_is_waited_for(part: NewPart) -> None:
    stack = part("auto_scaling_group", regions=EAST)
    with stack.refusing("autoscaling", "CreateAutoScalingGroup", "ValidationError",
                        "You must use a valid launch template. Invalid IAM Instance Profile name", times=4):
        stack.made()
    stack.at_rest()


def test_a_launch_that_fails_ends_the_wait_with_its_reason(part: NewPart) -> None:
    stack = part("auto_scaling_group", regions=EAST)
    client = stack.wires.connections.client("autoscaling", "us-east-1")

    def lock(**_: Any) -> None:
        kms = stack.client("kms")
        kms.disable_key(KeyId=kms.describe_key(KeyId=f"alias/{NAME}")["KeyMetadata"]["KeyId"])

    client.meta.events.register("before-call.auto-scaling.CreateAutoScalingGroup", lock)
    try:
        failures = stack.up().failures
    finally:
        client.meta.events.unregister("before-call.auto-scaling.CreateAutoScalingGroup", lock)
    assert "Client.InternalError: Client error on launch" in failures[f"{KEY} ready"]
    assert not ready(AutoScalingGroup, stack.found(KEY))


def test_one_that_is_going_is_waited_for_and_made_anew(slow_part: NewPart) -> None:
    stack = slow_part("auto_scaling_group", regions=EAST)
    stack.made()
    stack.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=NAME, ForceDelete=True)
    with pytest.raises(Going):
        AutoScalingGroup.state(stack.found(KEY))
    assert AutoScalingGroup.delete(stack.cloud, stack.found(KEY)) is Gone.LATER
    assert (KEY, "create") in stack.made().plan.changes
    stack.at_rest()


@pytest.mark.parametrize("code", ["ResourceInUse", "ScalingActivityInProgress", "ResourceContention"])
def test_deletion_waits_for_scaling(group: Part, code: str) -> None:
    it = group.found(KEY)
    with group.refusing("autoscaling", "DeleteAutoScalingGroup", code, "busy"), pytest.raises(Blocked, match="busy"):
        AutoScalingGroup.delete(group.cloud, it)


def test_deletion_of_one_that_is_gone_is_no_error_and_another_error_is(group: Part) -> None:
    it = group.found(KEY)
    with group.refusing("autoscaling", "DeleteAutoScalingGroup", "ValidationError",
                        f"AutoScalingGroup name not found - {NAME}"):
        assert AutoScalingGroup.delete(group.cloud, it) is Gone.LATER
    with group.refusing("autoscaling", "DeleteAutoScalingGroup", "AccessDenied"), pytest.raises(ClientError):
        AutoScalingGroup.delete(group.cloud, it)


def test_one_of_its_name_without_our_tags_is_left(part: NewPart) -> None:
    stack = part("launch_template", regions=EAST)
    stack.made()
    template = stack.found("us-east-1/launch_template").id
    zones = stack.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    stack.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=NAME, MinSize=0, MaxSize=0, VPCZoneIdentifier=zones,
        LaunchTemplate={"LaunchTemplateId": template})
    whole = part("auto_scaling_group", regions=EAST)
    assert "taken by something that is not this stack's" in whole.up().failures[f"{KEY} exists"]
    assert raw(whole)["MaxSize"] == 0


def test_a_tag_as_people_read_it() -> None:
    assert [str(Tag("Owner", "me", launched)) for launched in (True, False)] == ["Owner=me, instances too", "Owner=me"]
