from __future__ import annotations

from typing import Any

from tapctl.emulator.corrections import autoscaling_policies
from tests.emulator.conftest import Aws
from tests.emulator.proof import proves

TRACKING = {"TargetTrackingConfiguration": {
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": 60.0}}
PREDICTIVE = {"PredictiveScalingConfiguration": {"MetricSpecifications": [{
    "TargetValue": 60.0, "PredefinedMetricPairSpecification": {"PredefinedMetricType": "ASGCPUUtilization"}}]}}


@proves(autoscaling_policies.policies_are_enabled)
def test_policies_say_whether_they_are_enabled_and_only_what_they_have(aws: Aws) -> None:
    client, zone = aws("autoscaling"), "us-east-1a"
    client.create_launch_configuration(LaunchConfigurationName="app", ImageId="ami-03cf127a", InstanceType="t3.micro")
    client.create_auto_scaling_group(AutoScalingGroupName="app", LaunchConfigurationName="app", MinSize=0, MaxSize=1,
                                     AvailabilityZones=[zone])

    def put(name: str, kind: str, **more: Any) -> None:
        client.put_scaling_policy(AutoScalingGroupName="app", PolicyName=name, PolicyType=kind, **more)

    put("cpu", "TargetTrackingScaling", **TRACKING)
    put("off", "TargetTrackingScaling", Enabled=False, **TRACKING)
    put("ahead", "PredictiveScaling", **PREDICTIVE)
    found = {policy["PolicyName"]: policy for policy in client.describe_policies()["ScalingPolicies"]}
    assert {name: policy["Enabled"] for name, policy in found.items()} == {"cpu": True, "off": False, "ahead": True}
    assert {name for name, policy in found.items() if "PredictiveScalingConfiguration" in policy} == {"ahead"}


@proves(autoscaling_policies.each_group_has_its_own)
def test_a_policy_is_of_its_group(aws: Aws) -> None:
    client = aws("autoscaling")
    client.create_launch_configuration(LaunchConfigurationName="app", ImageId="ami-03cf127a", InstanceType="t3.micro")
    for group in ("one", "two", "three"):
        client.create_auto_scaling_group(AutoScalingGroupName=group, LaunchConfigurationName="app", MinSize=0,
                                         MaxSize=1, AvailabilityZones=["us-east-1a"])
        client.put_scaling_policy(
            AutoScalingGroupName=group, PolicyName="cpu", PolicyType="TargetTrackingScaling", **TRACKING)

    def groups() -> set[str]:
        return {policy["AutoScalingGroupName"] for policy in client.describe_policies()["ScalingPolicies"]}

    assert groups() == {"one", "two", "three"}
    client.delete_policy(AutoScalingGroupName="two", PolicyName="cpu")
    assert groups() == {"one", "three"}
    arn = client.describe_policies(AutoScalingGroupName="three")["ScalingPolicies"][0]["PolicyARN"]
    client.delete_policy(PolicyName=arn)
    assert groups() == {"one"}
