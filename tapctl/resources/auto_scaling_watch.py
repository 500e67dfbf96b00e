"""Whether an Auto Scaling group serves: what its own description tells, and what only a run that waits asks besides.

An instance is InService before the load balancer has found it healthy; a launch that fails is in no description but the
activities'; and a refresh that has begun shows in the instances only minutes later. Each is a call of its own, so that
a run with nothing to wait for makes none of them.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapctl.model import Aws, Failed, Found

TRANSIENT = "Invalid IAM Instance Profile"  # a profile just made: Auto Scaling tries again by itself
ACTIVITIES = 20  # the newest; more can't have failed between two looks
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstanceRefresh.html
REFRESHING = ("Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress")
REFRESHED = "Successful"
UNWATCHED: Mapping[str, Any] = {"Before": frozenset()}  # of a group just made: nothing has failed before


def watched(aws: Aws, now: Found, seen: Found) -> dict[str, Any]:
    """To be added to the description: the healthy targets, the latest refresh, and what failed since it is watched.

    seen: from the look before. At the first, all that has failed is an earlier run's, and not held against this one.
    """
    scaling = aws.client("autoscaling")
    launches = _failed_launches(scaling.describe_scaling_activities(
        AutoScalingGroupName=now.id, MaxRecords=ACTIVITIES)["Activities"])
    refreshes = scaling.describe_instance_refreshes(AutoScalingGroupName=now.id, MaxRecords=1)["InstanceRefreshes"]
    failures = launches | _failed_refreshes(refreshes)
    before = seen.raw.get("Before", frozenset(failures))
    return {"Before": before, "HealthyTargets": _healthy(aws, now), "Refresh": refreshes[0] if refreshes else {},
            "Failures": {name: text for name, text in failures.items() if name not in before}}


def _failed_launches(activities: list[Mapping[str, Any]]) -> dict[str, str]:
    """Activity id -> what failed and why."""
    return {one["ActivityId"]: f"{one['Description']}: {one['StatusMessage']}" for one in activities
            if one["StatusCode"] == "Failed" and TRANSIENT not in one["StatusMessage"]}


def _failed_refreshes(refreshes: list[Mapping[str, Any]]) -> dict[str, str]:
    """Refresh id -> how it ended and why. Cancelled or rolled back is not what was wanted either."""
    return {one["InstanceRefreshId"]: f"the instance refresh is {one['Status']}: {one.get('StatusReason', '')}"
            for one in refreshes if one["Status"] not in (*REFRESHING, REFRESHED)}


def _healthy(aws: Aws, now: Found) -> frozenset[str]:
    """Instances that are healthy in every target group of the group's."""
    answers = [aws.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
               for arn in now.raw["TargetGroupARNs"]]
    each = [frozenset(one["Target"]["Id"] for one in answer if one["TargetHealth"]["State"] == "healthy")
            for answer in answers]
    return frozenset.intersection(*each) if each else frozenset()


def serving(raw: Mapping[str, Any]) -> str | None:
    """None: it serves; else what it waits for. Pure. Raises Failed.

    A launch that failed is of no account once enough instances serve, as when another zone had room. A refresh that
    failed is: old instances serve on.
    """
    refresh, failures, least = raw.get("Refresh", {}), raw.get("Failures", {}), raw["MinSize"]
    if refresh.get("Status") in REFRESHING:
        return f"the instance refresh, {refresh.get('PercentageComplete', 0)} %"
    if refresh.get("InstanceRefreshId") in failures:
        raise Failed(failures[refresh["InstanceRefreshId"]])
    up = {one["InstanceId"] for one in raw["Instances"]
          if one["LifecycleState"] == "InService" and one["HealthStatus"] == "Healthy"}
    healthy = up & raw.get("HealthyTargets", up)
    if len(healthy) >= least:
        return None
    if failures:
        raise Failed(next(iter(failures.values())))
    return f"{len(healthy)} of {least} healthy" if len(up) >= least else f"{len(up)} of {least} in service"
