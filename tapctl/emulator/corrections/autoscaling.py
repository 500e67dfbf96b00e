"""Auto Scaling groups: what they launch, what they tell of it, and how they go."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from tapctl.emulator import durations, fleet, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory

_API = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/"
_GUIDE = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/"
_ENDINGS = "group endings"


def group_of(call: Call) -> Any:
    """moto's group, or None."""
    return fleet.groups(call.region).get(call.params["AutoScalingGroupName"])


@corrects("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup", "DeleteAutoScalingGroup",
          "DescribeAutoScalingGroups", "DescribeAutoScalingInstances", "DescribePolicies",
          page=_API + "API_DeleteAutoScalingGroup.html")
def deleted_groups_go(call: Call, ask: Ask) -> Answer:
    """A group is seen in deletion until its instances are gone, with their interfaces, volumes, and its policies."""
    for region, name in list(lifecycle.end_due(_ENDINGS)):
        for state in list(fleet.groups(region)[name].instance_states):
            fleet.remove(region, fleet.groups(region)[name], state)
        backend = autoscaling_backends[ACCOUNT][region]
        backend.delete_auto_scaling_group(name)
        for arn in [arn for arn, one in backend.policies.items() if one.auto_scaling_group_name == name]:
            del backend.policies[arn]
        memory("scaling activities").pop((region, name), None)
    return ask()


@corrects("autoscaling", "CreateAutoScalingGroup", page=_API + "API_CreateAutoScalingGroup.html")
def name_is_taken(call: Call, ask: Ask) -> Answer:
    """By a group that is being deleted too. moto forgets the first, and with it its instances."""
    if group_of(call):
        raise Refusal("AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name "
                      f"{call.params['AutoScalingGroupName']} already exists")
    return ask()


@corrects("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup", "SetDesiredCapacity",
          "TerminateInstanceInAutoScalingGroup", page=_GUIDE + "launch-templates.html")
def launches_follow_the_template(call: Call, ask: Ask) -> Answer:
    """Instances have the template's addresses, groups, volumes, profile and IMDS settings. moto's have none of it."""
    _check_profile(call)
    template = _template(call)
    with fleet.launchable(template) if template else nullcontext():
        answer = ask()
    for group in fleet.groups(call.region).values():
        if group.ec2_launch_template:
            fleet.settle(call.region, group)
    return answer


def _template(call: Call) -> Any:
    ec2, named = ec2_backends[ACCOUNT][call.region], call.params.get("LaunchTemplate", {})
    group = fleet.groups(call.region).get(call.params.get("AutoScalingGroupName", ""))
    identifier = named.get("LaunchTemplateId") or ec2.launch_template_name_to_ids.get(named.get("LaunchTemplateName"))
    return ec2.launch_templates.get(identifier) or (group.ec2_launch_template if group else None)


def profile_of(call: Call) -> dict[str, str]:
    """The instance profile that the group's template names, by name or ARN; empty: none."""
    template = _template(call)
    if template is None:
        return {}
    version = call.params.get("LaunchTemplate", {}).get("Version", "$Default")
    profile: dict[str, str] = template.get_version(version).data.get("IamInstanceProfile", {})
    return profile


def _check_profile(call: Call) -> None:
    """AWS makes a dry run of the launch with every create and update."""
    profile = profile_of(call)
    known = iam_backends[ACCOUNT]["aws"].instance_profiles.values()
    for member, exists in (("Name", {one.name for one in known}), ("Arn", {one.arn for one in known})):
        if member in profile and profile[member] not in exists:
            raise Refusal("ValidationError", "You must use a valid fully-formed launch template. Value "
                          f"({profile[member]}) for parameter iamInstanceProfile.{member.lower()} is invalid. Invalid "
                          "IAM Instance Profile name")


@corrects("autoscaling", "DescribeAutoScalingGroups", page=_API + "API_DescribeAutoScalingGroups.html")
def groups_described(call: Call, ask: Ask) -> Answer:
    """Instances tell the version that they were launched from, and are pending at first; a dying group says so."""
    answer = ask()
    for group in answer["AutoScalingGroups"]:
        state = lifecycle.state(_ENDINGS, (call.region, group["AutoScalingGroupName"]))
        group.update({"Status": state} if state else {})
        for instance in group["Instances"]:
            _describe(instance, "Terminating" if state else None)
    return answer


@corrects("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup", "DescribeAutoScalingGroups",
          page=_API + "API_AutoScalingGroup.html")
def warmup_is_kept(call: Call, ask: Ask) -> Answer:
    """DefaultInstanceWarmup is told as it was given; moto drops it."""
    answer, given = ask(), memory("instance warmups")
    if "DefaultInstanceWarmup" in call.params:
        given[call.region, call.params["AutoScalingGroupName"]] = call.params["DefaultInstanceWarmup"]
    elif call.operation == "CreateAutoScalingGroup":
        given.pop((call.region, call.params["AutoScalingGroupName"]), None)
    for group in answer.get("AutoScalingGroups", []):
        key = call.region, group["AutoScalingGroupName"]
        group.update({"DefaultInstanceWarmup": given[key]} if key in given else {})
    return answer


@corrects("autoscaling", "DescribeAutoScalingInstances", page=_API + "API_DescribeAutoScalingInstances.html")
def instances_described(call: Call, ask: Ask) -> Answer:
    """As in their groups."""
    answer = ask()
    for instance in answer["AutoScalingInstances"]:
        _describe(instance, None)
    return answer


def _describe(instance: Answer, state: str | None) -> None:
    identifier = instance["InstanceId"]
    if lifecycle.state(fleet.STATES, identifier):
        instance["LifecycleState"] = "Pending"
    instance["LifecycleState"] = state or instance["LifecycleState"]
    version = memory("instance versions").get(identifier)
    if version and "LaunchTemplate" in instance:
        instance["LaunchTemplate"]["Version"] = version


@corrects("autoscaling", "DeleteAutoScalingGroup", page=_API + "API_DeleteAutoScalingGroup.html")
def deletion(call: Call, ask: Ask) -> Answer:
    """With instances only by force, and then `Delete in progress` until they are gone."""
    group = group_of(call)
    if group is None:
        return ask()
    key = call.region, group.name
    if group.instance_states and not call.params.get("ForceDelete"):
        raise Refusal("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending "
                      "Spot instance request(s) still in the group.")
    if lifecycle.state(_ENDINGS, key):
        raise Refusal("ScalingActivityInProgress", f"AutoScalingGroup {group.name} is already being deleted.")
    lifecycle.begin(_ENDINGS, key, ("Delete in progress", durations.AUTO_SCALING_GROUP_DELETE), ends=True)
    return {}


@corrects("autoscaling", "DescribeScalingActivities", page=_API + "API_DescribeScalingActivities.html")
def activities(call: Call, ask: Ask) -> Answer:
    """Each launch is told, newest first: in progress, done, or failed and why."""
    name = call.params.get("AutoScalingGroupName")
    noted = [one for (region, group), many in memory("scaling activities").items()
             if region == call.region and name in (None, group) for one in many]
    return {"Activities": [_activity(one) for one in noted]}


def _activity(noted: Answer) -> Answer:
    running = lifecycle.state(fleet.STATES, noted["Instance"])
    status = "Failed" if noted["Trouble"] else "InProgress" if running else "Successful"
    told = {key: value for key, value in noted.items() if key not in ("Instance", "Trouble")}
    return {**told, "StatusCode": status, "Progress": 50 if running else 100, "StartTime": datetime.now(UTC),
            **({"StatusMessage": noted["Trouble"]} if noted["Trouble"] else {})}


@corrects("ec2", "DescribeInstances", page="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
          "ec2-instance-lifecycle.html")
def instance_states(call: Call, ask: Ask) -> Answer:
    """An instance is pending at first."""
    answer = ask()
    for reservation in answer["Reservations"]:
        for instance in reservation["Instances"]:
            if lifecycle.state(fleet.STATES, instance["InstanceId"]):
                instance["State"] = {"Code": 0, "Name": "pending"}
    return answer


@corrects("elbv2", "DescribeTargetHealth", page="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
          "target-group-health-checks.html")
def target_health(call: Call, ask: Ask) -> Answer:
    """`initial` until the health checks have passed."""
    answer = ask()
    for target in answer["TargetHealthDescriptions"]:
        if lifecycle.state(fleet.HEALTH, target["Target"]["Id"]) and target["TargetHealth"]["State"] == "healthy":
            target["TargetHealth"] = {"State": "initial", "Reason": "Elb.RegistrationInProgress",
                                      "Description": "Target registration is in progress"}
    return answer
