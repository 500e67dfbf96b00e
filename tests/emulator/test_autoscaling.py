from __future__ import annotations

import json
from typing import Any

import pytest

from tapctl.emulator import durations
from tapctl.emulator.corrections import autoscaling, autoscaling_refresh
from tests.emulator.conftest import EAST, Aws
from tests.emulator.databases import key
from tests.emulator.proof import proves, refused

SERVICE = "autoscaling.amazonaws.com"


def _granting_key(aws: Aws) -> str:
    role = aws("iam").create_service_linked_role(AWSServiceName=SERVICE)["Role"]["Arn"]
    aws.wait(durations.ROLE_VISIBLE)
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": role}, "Action": ["kms:CreateGrant"], "Resource": "*"}]}
    return str(aws("kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"])


def _data(aws: Aws, key_id: str, **more: Any) -> dict[str, Any]:
    client = aws("ec2")
    groups = client.describe_security_groups(GroupNames=["app"])["SecurityGroups"]
    volume = {"Encrypted": True, "VolumeType": "gp3", "VolumeSize": 8, "KmsKeyId": key_id}
    return {
        "ImageId": "ami-03cf127a", "InstanceType": "t3.micro", "UserData": "IyEvYmluL3NoCg==",
        "IamInstanceProfile": {"Name": "app"}, "MetadataOptions": {"HttpTokens": "required"},
        "Monitoring": {"Enabled": True}, "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": volume}],
        "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": False,
                               "Groups": [groups[0]["GroupId"]], "DeleteOnTermination": True}],
        "TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": "Kind", "Value": kind}]}
                              for kind in ("instance", "volume")], **more}


@pytest.fixture
def data(aws: Aws) -> dict[str, Any]:
    """A template of two versions, of which the first is the default; the data of both."""
    client = aws("ec2")
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]
    client.create_security_group(GroupName="app", Description="x", VpcId=vpc)
    aws("iam").create_instance_profile(InstanceProfileName="app")
    aws.wait(durations.PROFILE_LAUNCHES)
    wanted = _data(aws, _granting_key(aws))
    client.create_launch_template(LaunchTemplateName="app", LaunchTemplateData=wanted)
    client.create_launch_template_version(LaunchTemplateName="app", LaunchTemplateData=wanted)
    return wanted


def _target_group(aws: Aws) -> str:
    vpc = aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = aws("elbv2").create_target_group(Name="tg", Protocol="HTTP", Port=80, VpcId=vpc)
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def _make(aws: Aws, **more: Any) -> None:
    subnets = [one["SubnetId"] for one in aws("ec2").describe_subnets()["Subnets"][:2]]
    aws("autoscaling").create_auto_scaling_group(**{
        "AutoScalingGroupName": "app", "MinSize": 1, "MaxSize": 4, "DesiredCapacity": 2,
        "VPCZoneIdentifier": ",".join(subnets), "LaunchTemplate": {"LaunchTemplateName": "app", "Version": "2"},
        "Tags": [{"Key": "Project", "Value": "x", "PropagateAtLaunch": True}], **more})


def _group(aws: Aws) -> dict[str, Any]:
    found: dict[str, Any] = aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
    return found


def _instances(aws: Aws, state: str = "running") -> list[dict[str, Any]]:
    found = aws("ec2").describe_instances()["Reservations"]
    return [one for reservation in found for one in reservation["Instances"] if one["State"]["Name"] == state]


@proves(autoscaling.launches_follow_the_template)
def test_instances_are_what_the_template_says(aws: Aws, data: dict[str, Any]) -> None:
    _make(aws)
    first, second = _instances(aws)
    assert "PublicIpAddress" not in first
    assert first["MetadataOptions"]["HttpTokens"] == "required"
    assert first["IamInstanceProfile"]["Arn"].endswith("/app")
    assert [one["GroupName"] for one in first["SecurityGroups"]] == ["app"]
    assert (first["Monitoring"]["State"], len(first["BlockDeviceMappings"])) == ("enabled", 1)
    assert first["SubnetId"] != second["SubnetId"]
    tags = {tag["Key"]: tag["Value"] for tag in first["Tags"]}
    assert (tags["Kind"], tags["Project"], tags["aws:ec2launchtemplate:version"]) == ("instance", "x", "2")
    volumes = aws("ec2").describe_volumes()["Volumes"]
    assert [(one["Encrypted"], one["Tags"][0]["Value"]) for one in volumes] == [(True, "volume")] * 2
    assert {one["GroupId"] for one in first["SecurityGroups"]} == set(data["NetworkInterfaces"][0]["Groups"])


@proves(autoscaling.groups_described, autoscaling.instances_described)
def test_instances_tell_the_version_that_they_run(aws: Aws, data: dict[str, Any]) -> None:
    _make(aws)
    assert _group(aws)["LaunchTemplate"]["Version"] == "2"
    assert {one["LaunchTemplate"]["Version"] for one in _group(aws)["Instances"]} == {"2"}
    told = aws("autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
    assert {one["LaunchTemplate"]["Version"] for one in told} == {"2"}
    aws("ec2").modify_launch_template(LaunchTemplateName="app", DefaultVersion="2")
    aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName="app", DesiredCapacity=3, LaunchTemplate={
        "LaunchTemplateName": "app", "Version": "1"})
    assert sorted(one["LaunchTemplate"]["Version"] for one in _group(aws)["Instances"]) == ["1", "2", "2"]


@proves(autoscaling.instance_states, autoscaling.target_health, autoscaling.activities, autoscaling.groups_described)
@pytest.mark.slow_clock
def test_launches_take_time(aws: Aws, data: dict[str, Any]) -> None:
    arn = _target_group(aws)
    _make(aws, TargetGroupARNs=[arn])

    def health() -> set[str]:
        found = aws("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {one["TargetHealth"]["State"] for one in found}

    def told() -> tuple[set[str], set[str]]:
        activities = aws("autoscaling").describe_scaling_activities(AutoScalingGroupName="app")["Activities"]
        return {one["LifecycleState"] for one in _group(aws)["Instances"]}, {one["StatusCode"] for one in activities}

    assert told() == ({"Pending"}, {"InProgress"})
    assert len(_instances(aws, "pending")) == 2
    assert health() == {"initial"}
    aws.wait(60)
    assert told() == ({"InService"}, {"Successful"})
    assert len(_instances(aws)) == 2
    assert health() == {"initial"}
    aws.wait(45)
    assert health() == {"healthy"}


@proves(autoscaling.launches_follow_the_template)
@pytest.mark.parametrize(("zones", "launched"), [("e", 0), ("ae", 2)])
def test_a_zone_without_the_type_gets_no_instance(
        aws: Aws, data: dict[str, Any], zones: str, launched: int) -> None:
    subnets = [one["SubnetId"] for one in aws("ec2").describe_subnets()["Subnets"]
               if one["AvailabilityZone"].removeprefix(EAST) in zones]
    _make(aws, VPCZoneIdentifier=",".join(subnets))
    assert [one["AvailabilityZone"] for one in _group(aws)["Instances"]] == [f"{EAST}a"] * launched
    activity = aws("autoscaling").describe_scaling_activities()["Activities"][0]
    assert ("is not supported in your requested Availability Zone" in activity.get("StatusMessage", "")) is not launched


@proves(autoscaling.activities)
@pytest.mark.parametrize("granting", [True, False])
def test_a_key_that_grants_nothing_is_noticed_when_launching(aws: Aws, data: dict[str, Any], granting: bool) -> None:
    wanted = data if granting else _data(aws, key(aws))
    aws("ec2").create_launch_template_version(LaunchTemplateName="app", LaunchTemplateData=wanted)
    _make(aws, LaunchTemplate={"LaunchTemplateName": "app", "Version": "$Latest"})
    activity = aws("autoscaling").describe_scaling_activities()["Activities"][0]
    if granting:
        assert (activity["StatusCode"], len(_group(aws)["Instances"])) == ("Successful", 2)
    else:
        assert (activity["StatusCode"], _group(aws)["Instances"]) == ("Failed", [])
        assert activity["StatusMessage"] == "Client.InternalError: Client error on launch"
        assert aws("autoscaling").describe_scaling_activities(AutoScalingGroupName="other")["Activities"] == []


@proves(autoscaling.launches_follow_the_template)
@pytest.mark.parametrize("named", [{"Name": "ghost"}, {"Arn": "arn:aws:iam::123456789012:instance-profile/ghost"}])
def test_the_profile_must_exist(aws: Aws, data: dict[str, Any], named: dict[str, str]) -> None:
    aws("ec2").create_launch_template_version(
        LaunchTemplateName="app", LaunchTemplateData={**data, "IamInstanceProfile": named})
    with refused("ValidationError", "Invalid IAM Instance Profile name"):
        _make(aws, LaunchTemplate={"LaunchTemplateName": "app", "Version": "3"})


def test_a_bare_template_will_do(aws: Aws, data: dict[str, Any]) -> None:
    bare = {"ImageId": "ami-03cf127a", "InstanceType": "t3.micro"}
    made = aws("ec2").create_launch_template(LaunchTemplateName="bare", LaunchTemplateData=bare)["LaunchTemplate"]
    _make(aws, LaunchTemplate={"LaunchTemplateId": made["LaunchTemplateId"]})
    aws("autoscaling").set_desired_capacity(AutoScalingGroupName="app", DesiredCapacity=1)
    found = _instances(aws)[0]
    assert found["Monitoring"]["State"] == "disabled"
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]}["aws:ec2launchtemplate:version"] == "1"
    assert "PublicIpAddress" in found
    assert len(aws("ec2").describe_volumes()["Volumes"]) == 1


def test_what_moto_refuses_stays_refused(aws: Aws, data: dict[str, Any]) -> None:
    with refused("InvalidLaunchTemplateId.VersionNotFound"):
        _make(aws, LaunchTemplate={"LaunchTemplateName": "app", "Version": "9"})
    with refused("ValidationError"):
        aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName="nobody", MinSize=1)
    for call in ("delete_auto_scaling_group", "start_instance_refresh", "describe_instance_refreshes"):
        with refused("ValidationError"):
            getattr(aws("autoscaling"), call)(AutoScalingGroupName="nobody")


def test_a_launch_configuration_is_left_to_moto(aws: Aws) -> None:
    aws("autoscaling").create_launch_configuration(
        LaunchConfigurationName="old", ImageId="ami-03cf127a", InstanceType="t3.micro")
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="app", MinSize=1, MaxSize=1, LaunchConfigurationName="old",
        AvailabilityZones=[f"{EAST}a"])
    assert "LaunchTemplate" not in _group(aws)["Instances"][0]


@proves(autoscaling.name_is_taken)
def test_a_name_is_taken_once(aws: Aws, data: dict[str, Any]) -> None:
    _make(aws)
    with refused("AlreadyExists"):
        _make(aws)


@proves(autoscaling.deletion, autoscaling.deleted_groups_go)
@pytest.mark.slow_clock
def test_a_group_goes_by_force_and_leaves_nothing(aws: Aws, data: dict[str, Any]) -> None:
    client, arn = aws("autoscaling"), _target_group(aws)
    _make(aws, TargetGroupARNs=[arn])
    tracking = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
                "TargetValue": 50}
    client.put_scaling_policy(AutoScalingGroupName="app", PolicyName="cpu", PolicyType="TargetTrackingScaling",
                              TargetTrackingConfiguration=tracking)
    with refused("ResourceInUse"):
        client.delete_auto_scaling_group(AutoScalingGroupName="app")
    client.delete_auto_scaling_group(AutoScalingGroupName="app", ForceDelete=True)
    assert _group(aws)["Status"] == "Delete in progress"
    assert {one["LifecycleState"] for one in _group(aws)["Instances"]} == {"Terminating"}
    with refused("ScalingActivityInProgress"):
        client.delete_auto_scaling_group(AutoScalingGroupName="app", ForceDelete=True)
    with refused("AlreadyExists"):
        _make(aws)
    aws.wait(75)
    assert client.describe_policies()["ScalingPolicies"] == []
    assert client.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert len(_instances(aws, "terminated")) == 2
    assert aws("ec2").describe_network_interfaces()["NetworkInterfaces"] == []
    assert aws("ec2").describe_volumes()["Volumes"] == []
    targets = aws("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert [one for one in targets if one["TargetHealth"]["State"] == "healthy"] == []
    aws("ec2").delete_security_group(GroupName="app")


@proves(autoscaling_refresh.start, autoscaling_refresh.describe, autoscaling_refresh.refreshes_end)
@pytest.mark.slow_clock
def test_a_refresh_replaces_instances_after_a_while(aws: Aws, data: dict[str, Any]) -> None:
    client = aws("autoscaling")
    _make(aws)
    old = {one["InstanceId"] for one in _group(aws)["Instances"]}
    client.update_auto_scaling_group(AutoScalingGroupName="app", LaunchTemplate={
        "LaunchTemplateName": "app", "Version": "1"})
    refresh = client.start_instance_refresh(AutoScalingGroupName="app")["InstanceRefreshId"]
    with refused("InstanceRefreshInProgress"):
        client.start_instance_refresh(AutoScalingGroupName="app")

    def status() -> str:
        found = client.describe_instance_refreshes(AutoScalingGroupName="app", InstanceRefreshIds=[refresh])
        return str(found["InstanceRefreshes"][0]["Status"])

    assert status() == "InProgress"
    assert {one["InstanceId"] for one in _group(aws)["Instances"]} == old
    aws.wait(180)
    assert {one["LaunchTemplate"]["Version"] for one in _group(aws)["Instances"]} == {"1"}
    assert {one["InstanceId"] for one in _group(aws)["Instances"]} & old == set()
    assert status() == "Successful"
    assert {one["InstanceId"] for one in _instances(aws, "terminated")} == old


@proves(autoscaling_refresh.start)
def test_a_refresh_may_skip_what_matches(aws: Aws, data: dict[str, Any]) -> None:
    client = aws("autoscaling")
    _make(aws)
    before = _group(aws)["Instances"]
    client.start_instance_refresh(AutoScalingGroupName="app", Preferences={"SkipMatching": True})
    assert _group(aws)["Instances"] == before
    client.start_instance_refresh(AutoScalingGroupName="app")
    assert len(client.describe_instance_refreshes(AutoScalingGroupName="app")["InstanceRefreshes"]) == 2
    assert _group(aws)["Instances"] != before


@proves(autoscaling_refresh.cancel)
@pytest.mark.slow_clock
def test_a_refresh_may_be_cancelled(aws: Aws, data: dict[str, Any]) -> None:
    client = aws("autoscaling")
    _make(aws)
    with refused("ActiveInstanceRefreshNotFound"):
        client.cancel_instance_refresh(AutoScalingGroupName="app")
    client.start_instance_refresh(AutoScalingGroupName="app")
    client.cancel_instance_refresh(AutoScalingGroupName="app")
    with refused("ActiveInstanceRefreshNotFound"):
        client.cancel_instance_refresh(AutoScalingGroupName="app")
    found = client.describe_instance_refreshes(AutoScalingGroupName="app")["InstanceRefreshes"]
    assert [one["Status"] for one in found] == ["Cancelled"]


@proves(autoscaling_refresh.start)
@pytest.mark.slow_clock
def test_a_refresh_of_a_group_that_is_gone_ends(aws: Aws, data: dict[str, Any]) -> None:
    client = aws("autoscaling")
    _make(aws)
    client.start_instance_refresh(AutoScalingGroupName="app")
    client.delete_auto_scaling_group(AutoScalingGroupName="app", ForceDelete=True)
    aws.wait(80)
    assert client.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    aws.wait(180)
    assert client.describe_auto_scaling_groups()["AutoScalingGroups"] == []


@proves(autoscaling.warmup_is_kept)
def test_a_default_warmup_is_told_as_given(aws: Aws, data: dict[str, Any]) -> None:
    client = aws("autoscaling")
    _make(aws, DefaultInstanceWarmup=60)
    assert _group(aws)["DefaultInstanceWarmup"] == 60
    client.update_auto_scaling_group(AutoScalingGroupName="app", MinSize=1)
    client.update_auto_scaling_group(AutoScalingGroupName="app", DefaultInstanceWarmup=30)
    assert _group(aws)["DefaultInstanceWarmup"] == 30
    client.delete_auto_scaling_group(AutoScalingGroupName="app", ForceDelete=True)
    assert client.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    _make(aws)
    assert "DefaultInstanceWarmup" not in _group(aws)


@proves(autoscaling_refresh.start)
def test_a_refresh_may_bring_its_own_version_and_only_then_roll_back(aws: Aws, data: dict[str, Any]) -> None:
    client = aws("autoscaling")
    _make(aws)
    rollback = {"AutoRollback": True}
    template = {"LaunchTemplateName": "app", "Version": "1"}
    for wrong in {}, {"DesiredConfiguration": {"LaunchTemplate": {**template, "Version": "$Latest"}}}:
        with refused("ValidationError", "rollback"):
            client.start_instance_refresh(AutoScalingGroupName="app", Preferences=rollback, **wrong)
    client.start_instance_refresh(AutoScalingGroupName="app", Preferences=rollback,
                                  DesiredConfiguration={"LaunchTemplate": template})
    assert {one["LaunchTemplate"]["Version"] for one in _group(aws)["Instances"]} == {"1"}
    assert _group(aws)["LaunchTemplate"]["Version"] == "1"
