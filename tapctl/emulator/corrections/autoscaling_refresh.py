"""Instance refresh, which moto lacks: new instances from the current template, then the old ones go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tapctl.emulator import durations, fleet, lifecycle
from tapctl.emulator.correction import Answer, Ask, Call, Refusal, corrects, memory
from tapctl.emulator.corrections.autoscaling import group_of

_API = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/"
_STATES = "instance refreshes under way"
_ENDED = ("Successful", "Cancelled")


def _refreshes(region: str, name: str) -> list[Answer]:
    found: list[Answer] = memory("instance refreshes").setdefault((region, name), [])
    return found


def _found(call: Call) -> Any:
    group = group_of(call)
    if group is None:
        raise Refusal("ValidationError", f"AutoScalingGroup name not found - {call.params['AutoScalingGroupName']}")
    return group


@corrects("autoscaling", "StartInstanceRefresh", "DescribeInstanceRefreshes", "CancelInstanceRefresh",
          "DescribeAutoScalingGroups", "DescribeAutoScalingInstances", "DescribeScalingActivities",
          page="https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html")
def refreshes_end(call: Call, ask: Ask) -> Answer:
    """When its time has come the instances are of the version that the group names then."""
    for region, name in list(lifecycle.end_due(_STATES)):
        refresh = _refreshes(region, name)[0]
        refresh.update(Status="Successful", PercentageComplete=100, InstancesToUpdate=0, EndTime=datetime.now(UTC))
        group = fleet.groups(region).get(name)
        if group is not None:
            _replace(region, group, refresh)
    return ask()


def _replace(region: str, group: Any, refresh: Answer) -> None:
    desired = refresh.get("DesiredConfiguration", {}).get("LaunchTemplate")
    if desired:
        group._set_launch_configuration(None, desired, None)
    skip_matching = refresh["Preferences"]["SkipMatching"]
    current = str(fleet.version_of(group).number)
    known = memory("instance versions")
    old = [state for state in group.instance_states
           if not (skip_matching and known.get(state.instance.id) == current)]
    if old:
        with fleet.launchable(group.ec2_launch_template):
            group.replace_autoscaling_group_instances(len(old), group.get_propagated_tags())
    fleet.settle(region, group)
    for state in old:
        fleet.remove(region, group, state)


@corrects("autoscaling", "StartInstanceRefresh", page=_API + "API_StartInstanceRefresh.html")
def start(call: Call, ask: Ask) -> Answer:
    """One at a time."""
    group, refreshes = _found(call), _refreshes(call.region, call.params["AutoScalingGroupName"])
    if refreshes and refreshes[0]["Status"] not in _ENDED:
        raise Refusal("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the "
                      "execution of this Instance Refresh.")
    preferences = {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 100, "SkipMatching": False,
                   "AutoRollback": False, **call.params.get("Preferences", {})}
    desired = {part: call.params[part] for part in ("DesiredConfiguration",) if part in call.params}
    template = desired.get("DesiredConfiguration", {}).get("LaunchTemplate", {})
    if preferences["AutoRollback"] and (not template or template.get("Version", "$Default").startswith("$")):
        raise Refusal("ValidationError", "Auto rollback needs a desired configuration whose launch template has a "
                      "version that is a number")
    refreshes.insert(0, {**desired, "InstanceRefreshId": str(uuid4()), "AutoScalingGroupName": group.name,
                         "Status": "InProgress", "StartTime": datetime.now(UTC), "PercentageComplete": 0,
                         "InstancesToUpdate": len(group.instance_states), "Preferences": preferences})
    lifecycle.begin(_STATES, (call.region, group.name), ("InProgress", durations.INSTANCE_REFRESH), ends=True)
    return {"InstanceRefreshId": refreshes[0]["InstanceRefreshId"]}


@corrects("autoscaling", "DescribeInstanceRefreshes", page=_API + "API_DescribeInstanceRefreshes.html")
def describe(call: Call, ask: Ask) -> Answer:
    """Newest first."""
    wanted = call.params.get("InstanceRefreshIds")
    found = _refreshes(call.region, _found(call).name)
    return {"InstanceRefreshes": [one for one in found if not wanted or one["InstanceRefreshId"] in wanted]}


@corrects("autoscaling", "CancelInstanceRefresh", page=_API + "API_CancelInstanceRefresh.html")
def cancel(call: Call, ask: Ask) -> Answer:
    """What was replaced stays replaced; here nothing was yet."""
    refreshes = _refreshes(call.region, _found(call).name)
    if not refreshes or refreshes[0]["Status"] in _ENDED:
        raise Refusal("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto "
                      f"Scaling group {call.params['AutoScalingGroupName']}")
    refreshes[0].update(Status="Cancelled", EndTime=datetime.now(UTC))
    lifecycle.forget(_STATES, (call.region, call.params["AutoScalingGroupName"]))
    return {"InstanceRefreshId": refreshes[0]["InstanceRefreshId"]}
