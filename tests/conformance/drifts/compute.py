"""Roles, instance profiles, launch templates, Auto Scaling groups, alarms."""

from __future__ import annotations

import json

from tapctl.model import Found
from tests.conformance.drifts.table import TAG, Here, drifts

ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


# ---------------------------------------------------------------- IAM
@drifts("role", "tags")
def role_tagged(here: Here, it: Found) -> None:
    here("iam").tag_role(RoleName=it.id, Tags=[TAG])


@drifts("role", "trust")
def trusts_somebody_else(here: Here, it: Found) -> None:
    here("iam").update_assume_role_policy(RoleName=it.id, PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))


@drifts("role", "policies")
def policy_added(here: Here, it: Found) -> None:
    here("iam").put_role_policy(RoleName=it.id, PolicyName="theirs", PolicyDocument=ANYTHING)


@drifts("role", "policies")
def policy_widened(here: Here, it: Found) -> None:
    here("iam").put_role_policy(RoleName=it.id, PolicyName="app", PolicyDocument=ANYTHING)


@drifts("role", "managed_policies")
def policy_attached(here: Here, it: Found) -> None:
    made = here("iam").create_policy(PolicyName=f"theirs-{it.id}", PolicyDocument=ANYTHING)["Policy"]
    here("iam").attach_role_policy(RoleName=it.id, PolicyArn=made["Arn"])


@drifts("instance_profile", "tags")
def profile_tagged(here: Here, it: Found) -> None:
    here("iam").tag_instance_profile(InstanceProfileName=it.id, Tags=[TAG])


@drifts("instance_profile", "role")
def profile_emptied(here: Here, it: Found) -> None:
    here("iam").remove_role_from_instance_profile(InstanceProfileName=it.id, RoleName=it.raw["Roles"][0]["RoleName"])


# ---------------------------------------------------------------- EC2
@drifts("launch_template", "settings", also=["auto_scaling_group refresh"])
def another_version_by_default(here: Here, it: Found) -> None:
    version = here("ec2").create_launch_template_version(
        LaunchTemplateId=it.id, SourceVersion="$Default", LaunchTemplateData={"InstanceType": "m5.large"},
    )["LaunchTemplateVersion"]["VersionNumber"]
    here("ec2").modify_launch_template(LaunchTemplateId=it.id, DefaultVersion=str(version))


# ---------------------------------------------------------------- Auto Scaling
@drifts("auto_scaling_group", "tags")
def group_tagged(here: Here, it: Found) -> None:
    here("autoscaling").create_or_update_tags(Tags=[
        {**TAG, "ResourceId": it.id, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}])


@drifts("auto_scaling_group", "settings")
def group_resized(here: Here, it: Found) -> None:
    here("autoscaling").update_auto_scaling_group(AutoScalingGroupName=it.id, MaxSize=50, HealthCheckType="EC2")


@drifts("auto_scaling_group", "target_groups")
def group_detached(here: Here, it: Found) -> None:
    here("autoscaling").detach_load_balancer_target_groups(
        AutoScalingGroupName=it.id, TargetGroupARNs=it.raw["TargetGroupARNs"])


@drifts("auto_scaling_group", "scaling")
def policy_deleted(here: Here, it: Found) -> None:
    here("autoscaling").delete_policy(AutoScalingGroupName=it.id, PolicyName="cpu")


@drifts("auto_scaling_group", "scaling")
def another_policy(here: Here, it: Found) -> None:
    here("autoscaling").put_scaling_policy(AutoScalingGroupName=it.id, PolicyName="theirs", PolicyType="SimpleScaling",
                                           AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)


@drifts("auto_scaling_group", "refresh")
def same_settings_in_a_newer_version(here: Here, it: Found) -> None:
    """So the template is as wanted, and its instances run another version than it now has."""
    ec2, template = here("ec2"), it.raw["LaunchTemplate"]["LaunchTemplateId"]
    data = ec2.describe_launch_template_versions(
        LaunchTemplateId=template, Versions=["$Default"])["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    version = ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData=data)["LaunchTemplateVersion"]["VersionNumber"]
    ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion=str(version))


# ---------------------------------------------------------------- CloudWatch
@drifts("alarm", "tags")
def alarm_tagged(here: Here, it: Found) -> None:
    here("cloudwatch").tag_resource(ResourceARN=it.id, Tags=[TAG])


@drifts("alarm", "settings")
def alarm_silenced(here: Here, it: Found) -> None:
    here("cloudwatch").disable_alarm_actions(AlarmNames=[it.raw["AlarmName"]])


@drifts("alarm", "settings")
def alarm_blunted(here: Here, it: Found) -> None:
    taken = ("AlarmName", "Namespace", "MetricName", "Statistic", "Dimensions", "Period", "EvaluationPeriods",
             "ComparisonOperator")
    here("cloudwatch").put_metric_alarm(**{name: it.raw[name] for name in taken}, Threshold=10.0**9)
