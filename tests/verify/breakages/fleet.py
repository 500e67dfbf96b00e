"""Scaling and tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.verify.breakages.table import breaks
from tests.verify.standing import Here


# ---------------------------------------------------------------- scaling
def updated(here: Here, broken: dict[str, Any], whole: dict[str, Any]) -> Iterator[None]:
    for change in (broken, whole):
        here("autoscaling").update_auto_scaling_group(AutoScalingGroupName=here.group, **change)
        if change is broken:
            yield


@breaks("scaling.limits", "1 to 50 instances, configured are 1 to 6")
def resized(here: Here) -> Iterator[None]:
    yield from updated(here, {"MaxSize": 50}, {"MaxSize": 6})


@breaks("scaling.limits", "9 are desired")
def too_many_desired(here: Here) -> Iterator[None]:
    with here.answered("autoscaling", "DescribeAutoScalingGroups", lambda answer: [
            one.update(DesiredCapacity=9) for one in answer["AutoScalingGroups"]]):
        yield


@breaks("scaling.in-service", "Launch is suspended")
def launching_suspended(here: Here) -> Iterator[None]:
    here("autoscaling").suspend_processes(AutoScalingGroupName=here.group, ScalingProcesses=["Launch"])
    yield
    here("autoscaling").resume_processes(AutoScalingGroupName=here.group, ScalingProcesses=["Launch"])


@breaks("scaling.in-service", "0 in service, and 1 must be")
def none_in_service(here: Here) -> Iterator[None]:
    with here.answered("autoscaling", "DescribeAutoScalingGroups", lambda answer: [
            one.update(LifecycleState="Pending") for group in answer["AutoScalingGroups"]
            for one in group["Instances"]]):
        yield


@breaks("scaling.policy", "no policies in force track the average CPU")
def policy_deleted(here: Here) -> Iterator[None]:
    scaling = here("autoscaling")
    before = scaling.describe_policies(AutoScalingGroupName=here.group)["ScalingPolicies"][0]
    scaling.delete_policy(AutoScalingGroupName=here.group, PolicyName=before["PolicyName"])
    yield
    scaling.put_scaling_policy(AutoScalingGroupName=here.group, **{name: before[name] for name in (
        "PolicyName", "PolicyType", "TargetTrackingConfiguration")})


@breaks("scaling.policy", "theirs is of type SimpleScaling")
def another_policy(here: Here) -> Iterator[None]:
    scaling = here("autoscaling")
    scaling.put_scaling_policy(AutoScalingGroupName=here.group, PolicyName="theirs", PolicyType="SimpleScaling",
                               AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)
    yield
    scaling.delete_policy(AutoScalingGroupName=here.group, PolicyName="theirs")


@breaks("scaling.zones", "all instances are in us-east-1")
def one_zone_for_all(here: Here) -> Iterator[None]:
    before = here.found["auto_scaling_group"].raw["VPCZoneIdentifier"]
    yield from updated(here, {"VPCZoneIdentifier": before.split(",")[0]}, {"VPCZoneIdentifier": before})


# ---------------------------------------------------------------- tags
@breaks("tags.resources", "us-east-1/table has no tag Project")
def untagged(here: Here) -> Iterator[None]:
    arn = here.found["table"].id
    here("dynamodb").untag_resource(ResourceArn=arn, TagKeys=["Project"])
    yield
    here("dynamodb").tag_resource(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "TapStack"}])


def tagged(here: Here, name: str, key: str, value: str | None, before: str | None) -> Iterator[None]:
    for now in (value, before):
        if now is None:
            here("ec2").delete_tags(Resources=[name], Tags=[{"Key": key}])
        else:
            here("ec2").create_tags(Resources=[name], Tags=[{"Key": key, "Value": now}])
        if now is value:
            yield


@breaks("tags.launched", "has no tag Owner")
def volume_untagged(here: Here) -> Iterator[None]:
    volume = here.instances[0]["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    yield from tagged(here, volume, "Owner", None, "platform")


@breaks("tags.launched", "Environment is 'staging', not 'production'")
def instance_tagged_otherwise(here: Here) -> Iterator[None]:
    yield from tagged(here, here.instances[0]["InstanceId"], "Environment", "staging", "production")


@breaks("tags.launched", "bears tapctl:key")
def key_copied(here: Here) -> Iterator[None]:
    yield from tagged(here, here.instances[0]["InstanceId"], "tapctl:key", "us-east-1/x", None)
