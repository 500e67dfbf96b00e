"""Scaling: the limits, what is in service within them, and what moves it."""

from __future__ import annotations

from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.parties import in_vpc
from tapctl.verify.seen import Saw, counted, saw

CPU = "ASGAverageCPUUtilization"
ZONES = 2


def limits(look: Look) -> Saw:
    raw, sizes = look.one(AutoScalingGroup).raw, look.settings.sizes
    least, most, desired = raw["MinSize"], raw["MaxSize"], raw["DesiredCapacity"]
    wrong = []
    if (least, most) != (sizes.min_size, sizes.max_size):
        wrong.append(f"it may have {least} to {most} instances, configured are {sizes.min_size} to {sizes.max_size}")
    if not least <= desired <= most:
        wrong.append(f"{desired} are desired")
    return saw(f"{least} to {most} instances, {desired} desired", wrong)


def in_service(look: Look) -> Saw:
    raw, least = look.one(AutoScalingGroup).raw, look.settings.sizes.min_size
    up = [one for one in raw["Instances"] if one["LifecycleState"] == "InService" and one["HealthStatus"] == "Healthy"]
    wrong = [] if len(up) >= least else [f"{len(up)} in service, and {least} must be"]
    wrong += [f"{process['ProcessName']} is suspended" for process in raw.get("SuspendedProcesses", [])]
    return saw(f"{len(up)} of {counted(len(raw['Instances']), 'instance')} in service, at least {least} must be", wrong)


def policy(look: Look) -> Saw:
    found = look.answers("autoscaling", "describe_policies", "ScalingPolicies",
                         AutoScalingGroupName=look.one(AutoScalingGroup).id)
    on = [one for one in found if one.get("Enabled", True)]
    tracking = [one["TargetTrackingConfiguration"]["TargetValue"] for one in on if one.get(
        "TargetTrackingConfiguration", {}).get("PredefinedMetricSpecification", {}).get("PredefinedMetricType") == CPU]
    wrong = [] if len(tracking) == 1 else [f"{len(tracking) or 'no'} policies in force track the average CPU"]
    wrong += [f"{one['PolicyName']} is of type {one['PolicyType']}" for one in on
              if one["PolicyType"] != "TargetTrackingScaling"]
    return saw("follows " + (", ".join(f"{value:g} % of CPU" for value in tracking) or "nothing"), wrong)


def zones(look: Look) -> Saw:
    subnets = parties.app_subnets(look)
    where = {raw["SubnetId"]: raw["AvailabilityZone"] for raw in in_vpc(look, "describe_subnets", "Subnets")}
    found = sorted({where[subnet] for subnet in subnets})
    return saw(f"{counted(len(subnets), 'subnet')} in {', '.join(found)}", [] if len(found) >= ZONES else [
        f"all instances are in {', '.join(found)}, and {ZONES} zones are the least"])


CHECKS = (
    Check("scaling.limits", "The Auto Scaling group has the configured limits, and stays within them.", limits),
    Check("scaling.in-service", "Enough instances are in service, and none of the group's processes is suspended.",
          in_service, "see why launches fail: aws autoscaling describe-scaling-activities; let processes that somebody "
          "has suspended go on: aws autoscaling resume-processes"),
    Check("scaling.policy", "The group follows its average CPU, by one policy of target tracking.", policy),
    Check("scaling.zones", f"Instances can be launched in at least {ZONES} zones.", zones),
)
