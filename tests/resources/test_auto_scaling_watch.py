from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tapctl.model import Failed, Found
from tapctl.resources.auto_scaling_watch import REFRESHING, UNWATCHED, serving, watched

PROFILE = "Invalid IAM Instance Profile name. Launching EC2 instance failed."


class Answers:
    """A cloud that answers each operation with what is given."""

    def __init__(self, activities: Any = (), refreshes: Any = (), health: Any = ()) -> None:
        self.activities, self.refreshes, self.health = list(activities), list(refreshes), dict(health)

    def client(self, service: str) -> Any:
        return SimpleNamespace(
            describe_scaling_activities=lambda **_: {"Activities": self.activities},
            describe_instance_refreshes=lambda **_: {"InstanceRefreshes": self.refreshes[:1]},
            describe_target_health=lambda TargetGroupArn: {"TargetHealthDescriptions": [  # noqa: N803 boto3's name
                {"Target": {"Id": name}, "TargetHealth": {"State": state}}
                for name, state in self.health[TargetGroupArn].items()]})


def launch(name: str, why: str = "no capacity", status: str = "Failed") -> dict[str, str]:
    return {"ActivityId": name, "Description": f"Launching {name}", "StatusCode": status, "StatusMessage": why}


def refresh(name: str, status: str, **more: Any) -> dict[str, Any]:
    return {"InstanceRefreshId": name, "Status": status, **more}


def group(*instances: tuple[str, str, str], least: int = 1, targets: tuple[str, ...] = (), **more: Any) -> Found:
    return Found("k", "g", {"MinSize": least, "TargetGroupARNs": targets, **more, "Instances": [
        {"InstanceId": name, "LifecycleState": state, "HealthStatus": health} for name, state, health in instances]})


def look(answers: Any, now: Found, seen: Found) -> dict[str, Any]:
    return {**now.raw, **watched(answers, now, seen)}


UP, DOWN = ("i-1", "InService", "Healthy"), ("i-1", "Pending", "Healthy")


@pytest.mark.parametrize(("it", "text"), [
    (group(UP), None),
    (group(DOWN), "0 of 1 in service"),
    (group(("i-1", "InService", "Unhealthy")), "0 of 1 in service"),
    (group(UP, least=2), "1 of 2 in service"),
    (group(UP, HealthyTargets=frozenset()), "0 of 1 healthy"),
    (group(UP, HealthyTargets=frozenset({"i-1"})), None),
    (group(UP, HealthyTargets=frozenset({"i-2"})), "0 of 1 healthy"),
    *((group(UP, Refresh=refresh("r", status)), "the instance refresh, 0 %") for status in REFRESHING),
    (group(UP, Refresh=refresh("r", "InProgress", PercentageComplete=50)), "the instance refresh, 50 %"),
    (group(UP, Refresh=refresh("r", "Successful")), None),
    (group(UP, Refresh=refresh("r", "Failed")), None),  # an earlier run's
])
def test_what_it_waits_for(it: Found, text: str | None) -> None:
    assert serving(it.raw) == text


def test_healthy_is_what_is_healthy_in_every_target_group() -> None:
    health = {"a": {"i-1": "healthy", "i-2": "healthy"}, "b": {"i-1": "healthy", "i-2": "draining"}}
    now = group(UP, targets=("a", "b"))
    assert watched(Answers(health=health), now, now)["HealthyTargets"] == {"i-1"}  # type: ignore[arg-type]
    assert watched(Answers(), group(UP), now)["HealthyTargets"] == frozenset()  # type: ignore[arg-type]


def test_a_failed_launch_of_a_group_just_made_ends_the_wait() -> None:
    with pytest.raises(Failed, match="Launching a: no capacity"):
        serving(look(Answers([launch("a")]), group(DOWN), Found("k", "g", UNWATCHED)))


def test_a_failed_launch_of_an_earlier_run_does_not_but_the_next_one_does() -> None:
    first = look(Answers([launch("old")]), group(DOWN), group(DOWN))
    assert serving(first) == "0 of 1 in service"
    with pytest.raises(Failed, match="Launching new: no key"):
        serving(look(Answers([launch("new", "no key"), launch("old")]), group(DOWN), Found("k", "g", first)))


def test_a_launch_that_failed_in_a_full_zone_is_of_no_account_once_enough_serve() -> None:
    found = Found("k", "g", UNWATCHED)
    now = group(UP, targets=("a",))
    assert serving(look(Answers([launch("a")], health={"a": {"i-1": "healthy"}}), now, found)) is None


@pytest.mark.parametrize("activity", [launch("a", PROFILE), launch("a", "", "Successful"),
                                      {"ActivityId": "a", "Description": "", "StatusCode": "InProgress"}])
def test_what_auto_scaling_mends_by_itself_is_no_failure(activity: dict[str, str]) -> None:
    assert serving(look(Answers([activity]), group(DOWN), Found("k", "g", UNWATCHED))) == "0 of 1 in service"


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed"])
def test_a_refresh_that_fails_while_watched_is_a_failure_though_old_instances_serve(status: str) -> None:
    now = group(UP)
    before = look(Answers(refreshes=[refresh("r", "InProgress")]), now, now)
    ended = Answers(refreshes=[refresh("r", status, StatusReason="unhealthy")], health={"a": {"i-1": "healthy"}})
    with pytest.raises(Failed, match=f"the instance refresh is {status}: unhealthy"):
        serving(look(ended, now, Found("k", "g", before)))


def test_a_refresh_that_an_earlier_run_saw_fail_is_not_held_against_this_one() -> None:
    now = group(UP, targets=("a",))
    failed = Answers(refreshes=[refresh("r", "Failed")], health={"a": {"i-1": "healthy"}})
    first = look(failed, now, now)
    assert serving(first) is None
    assert serving(look(failed, now, Found("k", "g", first))) is None
