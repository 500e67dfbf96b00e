"""Instances of Auto Scaling groups, made to be what their launch template says and to go without a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
from moto.ec2.models.instances import MetadataOptions
from moto.iam.models import iam_backends

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, memory
from tapctl.emulator.keys import key_of, usable

STATES = "instance states"
HEALTH = "instance health"
_SERVICE_ROLE = "AWSServiceRoleForAutoScaling"


def groups(region: str) -> dict[str, Any]:
    """moto's Auto Scaling groups by name."""
    found: dict[str, Any] = autoscaling_backends[ACCOUNT][region].autoscaling_groups
    return found


def version_of(group: Any) -> Any:
    return group.ec2_launch_template.get_version(group.launch_template_version)


@contextmanager
def launchable(template: Any) -> Iterator[None]:
    """moto launches from a template's default version, whichever was asked for, and stumbles over its user data."""
    kept = {version.number: version.data.pop("UserData", None) for version in template.versions}
    try:
        yield
    finally:
        for version in template.versions:
            if kept[version.number] is not None:
                version.data["UserData"] = kept[version.number]


def settle(region: str, group: Any) -> None:
    """Whatever moto has launched for the group becomes what the template says, or fails as it would on AWS."""
    known = memory("instance versions")
    new = [one for one in group.instance_states if one.instance.id not in known]
    for state in new:
        version = version_of(group)
        known[state.instance.id] = str(version.number)
        trouble = _trouble(region, version.data) or _nowhere(region, group, version.data)
        _note(region, group, state.instance.id, trouble)
        if trouble:
            remove(region, group, state)
            continue
        _obey(region, group, state.instance, version)
        lifecycle.begin(STATES, state.instance.id, ("pending", durations.INSTANCE_IN_SERVICE))
        lifecycle.begin(HEALTH, state.instance.id, ("initial", durations.INSTANCE_HEALTHY))


def _trouble(region: str, data: Answer) -> str:
    """A key that can't be used is noticed only here: the group is created, the launch fails."""
    for mapping in data.get("BlockDeviceMappings", []):
        key = mapping.get("Ebs", {}).get("KmsKeyId")
        if key and not (usable(region, key) and _grants(key_of(region, key))):
            return "Client.InternalError: Client error on launch"
    return ""


def _subnets(region: str, group: Any, data: Answer) -> list[Any]:
    """Those of the group's in whose zone the type is offered: Auto Scaling tries the others in vain."""
    ec2, kind = ec2_backends[ACCOUNT][region], data.get("InstanceType")
    zones = {one["Location"] for one in INSTANCE_TYPE_OFFERINGS["availability-zone"][region]
             if one["InstanceType"] == kind}
    named = [ec2.get_subnet(one) for one in sorted((group.vpc_zone_identifier or "").split(",")) if one]
    return [one for one in named if not kind or one.availability_zone in zones]


def _nowhere(region: str, group: Any, data: Answer) -> str:
    """The group is created, and each launch fails.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html
    """
    if not group.vpc_zone_identifier or _subnets(region, group, data):
        return ""
    return (f"Your requested instance type ({data['InstanceType']}) is not supported in your requested Availability "
            "Zone. Launching EC2 instance failed.")


def _grants(key: Any) -> bool:
    statements = json.loads(key.policy)["Statement"]
    return any(_SERVICE_ROLE in json.dumps(one["Principal"]) and "kms:CreateGrant" in json.dumps(one["Action"])
               for one in statements)


def _obey(region: str, group: Any, instance: Any, version: Any) -> None:
    data, ec2 = version.data, ec2_backends[ACCOUNT][region]
    subnets = _subnets(region, group, data) or [ec2.get_subnet(instance.subnet_id)]
    subnet = subnets[len(memory("instance versions")) % len(subnets)]
    instance._subnet_id, instance._placement.zone = subnet.id, subnet.availability_zone
    interface: Answer = next(iter(data.get("NetworkInterfaces", [])), {})
    named = interface.get("Groups") or data.get("SecurityGroupIds") or []
    security_groups = [ec2.get_security_group_from_id(one) for one in named]
    for nic in instance.nics.values():
        nic.subnet, nic.delete_on_termination = subnet, True
        if interface.get("AssociatePublicIpAddress") is False:
            nic.public_ip, nic.public_ip_auto_assign = None, False
        if security_groups:
            nic._group_set = security_groups
    instance.security_groups = security_groups or instance.security_groups
    instance.metadata_options = MetadataOptions(data.get("MetadataOptions", {}))
    instance.monitoring_state = "enabled" if data.get("Monitoring", {}).get("Enabled") else "disabled"
    instance.user_data = data.get("UserData")
    profile = data.get("IamInstanceProfile", {})
    instance.iam_instance_profile = next(
        (one for one in iam_backends[ACCOUNT]["aws"].instance_profiles.values()
         if profile and profile.get("Name", one.name) == one.name and profile.get("Arn", one.arn) == one.arn), None)
    instance.add_tags({**version.instance_tags, "aws:autoscaling:groupName": group.name,
                       "aws:ec2launchtemplate:id": group.ec2_launch_template.id,
                       "aws:ec2launchtemplate:version": str(version.number)})
    _volumes(ec2, instance, data)


def _volumes(ec2: Any, instance: Any, data: Answer) -> None:
    """One root volume, where moto adds another beside it; tagged, and gone with the instance."""
    wanted = {mapping["DeviceName"]: mapping.get("Ebs", {}) for mapping in data.get("BlockDeviceMappings", [])}
    tags = {tag["Key"]: tag["Value"] for one in data.get("TagSpecifications", []) if one["ResourceType"] == "volume"
            for tag in one["Tags"]}
    for device, mapping in list(instance.block_device_mapping.items()):
        if wanted and device not in wanted:
            ec2.detach_volume(mapping.volume_id, instance.id, device)
            ec2.delete_volume(mapping.volume_id)
            continue
        mapping.delete_on_termination = wanted.get(device, {}).get("DeleteOnTermination", True)
        ec2.volumes[mapping.volume_id].add_tags(tags)


def remove(region: str, group: Any, state: Any) -> None:
    """Terminated and no longer of the group; its interfaces and volumes go with it."""
    ec2 = ec2_backends[ACCOUNT][region]
    for nic in state.instance.nics.values():
        nic.delete_on_termination = nic.id in ec2.enis
    ec2.terminate_instances([state.instance.id])
    group.instance_states.remove(state)
    autoscaling_backends[ACCOUNT][region].update_attached_target_groups(group.name)
    lifecycle.forget(STATES, state.instance.id)


def _note(region: str, group: Any, instance: str, trouble: str) -> None:
    """What DescribeScalingActivities tells of the launch."""
    activity = {"ActivityId": str(uuid4()), "AutoScalingGroupName": group.name, "Instance": instance,
                "Description": f"Launching a new EC2 instance: {instance}", "Trouble": trouble,
                "Cause": "an instance was started in response to a difference between desired and actual capacity"}
    memory("scaling activities").setdefault((region, group.name), []).insert(0, activity)
