"""The Auto Scaling group: instances of the launch template, registered with the target group.

How many there are between min_size and max_size is scaling's own business once the group stands. Whether they run the
template as it is now is an aspect: what the live instances say decides, so that nothing is lost between a changed
template and the refresh that rolls it out.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

from botocore.exceptions import ClientError

from tapctl.model import Aspect, Aws, Blocked, Born, Found, Going, Gone, Out, Phase, Ref, Resource, Unknown
from tapctl.naming import TAG_NAMES, claims, tag_dict
from tapctl.resources.auto_scaling_watch import TRANSIENT, UNWATCHED, serving, watched
from tapctl.waiting import absent, code, message, tolerate

CPU = "cpu"  # the scaling policy's name: it has a name space of its own in each group
CPU_PERCENT = 60.0


# ---------------------------------------------------------------- aspects
class Tag(NamedTuple):
    """launched: whether instances get it at launch."""

    name: str
    value: str
    launched: bool

    def __str__(self) -> str:
        return f"{self.name}={self.value}" + (", instances too" if self.launched else "")


def want_tags(r: AutoScalingGroup, out: Out) -> frozenset[Tag]:
    launched = r.place.launch_tags(r.key)
    return frozenset(Tag(name, value, name in launched) for name, value in r.tags.items())


def read_tags(aws: Aws, it: Found) -> frozenset[Tag]:
    return frozenset(Tag(tag["Key"], tag["Value"], tag["PropagateAtLaunch"]) for tag in it.raw["Tags"]
                     if tag["Key"] in TAG_NAMES)


def _tags(group: str, tags: Iterable[Tag]) -> list[Any]:
    return [{"ResourceId": group, "ResourceType": "auto-scaling-group", "Key": name, "Value": value,
             "PropagateAtLaunch": launched} for name, value, launched in sorted(tags)]


def put_tags(aws: Aws, it: Found, have: frozenset[Tag], want: frozenset[Tag]) -> None:
    aws.client("autoscaling").create_or_update_tags(Tags=_tags(it.id, want - have))


def want_settings(r: AutoScalingGroup, out: Out) -> dict[str, Any]:
    """As Create- and UpdateAutoScalingGroup take it; times in seconds. "$Default": whichever version that is then."""
    return {"MinSize": r.min_size, "MaxSize": r.max_size, "VPCZoneIdentifier": ",".join(sorted(r.subnets)),
            "HealthCheckType": "ELB", "HealthCheckGracePeriod": 180, "DefaultInstanceWarmup": 120,
            "LaunchTemplate": {"LaunchTemplateId": out(r.template).id, "Version": "$Default"}}


def read_settings(aws: Aws, it: Found) -> dict[str, Any]:
    template = it.raw.get("LaunchTemplate", {})
    return {**{name: it.raw.get(name) for name in (
                "MinSize", "MaxSize", "HealthCheckType", "HealthCheckGracePeriod", "DefaultInstanceWarmup")},
            "VPCZoneIdentifier": ",".join(sorted(it.raw["VPCZoneIdentifier"].split(","))),
            "LaunchTemplate": {name: template.get(name) for name in ("LaunchTemplateId", "Version")}}


def put_settings(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    profile_known(lambda: aws.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=it.id, **want))


def profile_known(call: Callable[[], Any]) -> None:
    """Makes the call, which includes a dry run of a launch: EC2 takes a while to know a new instance profile."""
    tolerate(call, "ValidationError", saying=TRANSIENT, seconds=120)


def want_targets(r: AutoScalingGroup, out: Out) -> frozenset[str]:
    return frozenset({out(r.targets).id})


def read_targets(aws: Aws, it: Found) -> frozenset[str]:
    return frozenset(it.raw.get("TargetGroupARNs", []))


def put_targets(aws: Aws, it: Found, have: frozenset[str], want: frozenset[str]) -> None:
    scaling = aws.client("autoscaling")
    if want - have:
        scaling.attach_load_balancer_target_groups(AutoScalingGroupName=it.id, TargetGroupARNs=sorted(want - have))
    if have - want:
        scaling.detach_load_balancer_target_groups(AutoScalingGroupName=it.id, TargetGroupARNs=sorted(have - want))


def want_scaling(r: AutoScalingGroup, out: Out) -> dict[str, Any]:
    """Policy name -> its TargetTrackingConfiguration, and whether it is in force."""
    return {CPU: {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
                  "TargetValue": CPU_PERCENT, "DisableScaleIn": False, "Enabled": True}}


def read_scaling(aws: Aws, it: Found) -> dict[str, Any]:
    """A policy of another type, which somebody added, is one without a configuration."""
    pages = aws.client("autoscaling").get_paginator("describe_policies").paginate(AutoScalingGroupName=it.id)
    return {policy["PolicyName"]: {"DisableScaleIn": False, **policy.get("TargetTrackingConfiguration", {}),
                                   "Enabled": policy.get("Enabled", True)}
            for page in pages for policy in page["ScalingPolicies"]}


def put_scaling(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    scaling = aws.client("autoscaling")
    for name in want:
        if have.get(name) != want[name]:
            tracking = {field: value for field, value in want[name].items() if field != "Enabled"}
            scaling.put_scaling_policy(
                AutoScalingGroupName=it.id, PolicyName=name, PolicyType="TargetTrackingScaling",
                Enabled=want[name]["Enabled"], TargetTrackingConfiguration=tracking)
    for name in have.keys() - want.keys():
        scaling.delete_policy(AutoScalingGroupName=it.id, PolicyName=name)


def want_running(r: AutoScalingGroup, out: Out) -> frozenset[str]:
    """Template and version that every live instance should run."""
    template = out(r.template)
    return frozenset({f"{template.id} version {template.raw['DefaultVersionNumber']}"})


def read_running(aws: Aws, it: Found) -> frozenset[str]:
    running = frozenset(_runs(instance) for instance in _live(it))
    if not running:
        raise Unknown(it.key)  # what is launched next is of the default version anyway
    return running


def _runs(instance: Mapping[str, Any]) -> str:
    template = instance.get("LaunchTemplate", {})  # one that somebody attached by hand has none
    return f"{template.get('LaunchTemplateId', 'no template')} version {template.get('Version', 'none')}"


def _live(it: Found) -> Iterator[Mapping[str, Any]]:
    return (one for one in it.raw["Instances"] if not one["LifecycleState"].startswith("Terminat"))


def put_running(aws: Aws, it: Found, have: frozenset[str], want: frozenset[str]) -> None:
    """A new instance serves before an old one goes. If a refresh is under way already, it takes up the new default.

    Without AutoRollback, which AWS refuses for a group that launches "$Default". Without InstanceWarmup: it is the
    group's DefaultInstanceWarmup.
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh-skip-matching.html
    """
    template = {name: it.raw["LaunchTemplate"][name] for name in ("LaunchTemplateId", "Version")}
    absent(lambda: aws.client("autoscaling").start_instance_refresh(
        AutoScalingGroupName=it.id, DesiredConfiguration={"LaunchTemplate": template},
        Preferences={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200, "SkipMatching": True}),
        "InstanceRefreshInProgress")


TAGS = Aspect("tags", want_tags, read_tags, put_tags, born=Born.SET)
SETTINGS = Aspect("settings", want_settings, read_settings, put_settings, born=Born.SET)
TARGETS = Aspect("target_groups", want_targets, read_targets, put_targets, born=Born.SET)
SCALING = Aspect("scaling", want_scaling, read_scaling, put_scaling, born=dict[str, Any]())
# last, and READY: of a group that serves, under the settings that it should have
RUNNING = Aspect("refresh", want_running, read_running, put_running, born=Born.SET, phase=Phase.READY)


# ---------------------------------------------------------------- the group
@dataclass(frozen=True)
class AutoScalingGroup(Resource):
    """template: READY, as the default version is what launches; needs: what must be there before the first instance
    boots, or before one can be healthy; min_size <= desired_size <= max_size, desired_size at birth only."""

    template: Ref
    targets: Ref
    subnets: tuple[str, ...]
    min_size: int
    max_size: int
    desired_size: int
    needs: tuple[Ref, ...] = ()
    kind: ClassVar[str] = "auto_scaling_group"
    # what its instances write to and stand on as well: nothing of that goes, or is emptied, under a running one
    uses: ClassVar[frozenset[str]] = frozenset({
        "launch_template", "target_group", "security_group", "instance_profile", "role", "endpoint", "bucket",
        "log_group", "kms_key", "stray_key"})
    patience: ClassVar[float] = 30 * 60
    aspects: ClassVar[tuple[Aspect[AutoScalingGroup, Any], ...]] = (TAGS, SETTINGS, TARGETS, SCALING, RUNNING)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        answer = aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[aws.place.name()])
        for raw in answer["AutoScalingGroups"]:
            tags = tag_dict(raw["Tags"])
            key = claims(tags, aws.place)
            if key == f"{aws.place.region}/{cls.kind}":
                yield Found(key, raw["AutoScalingGroupName"], raw, tags)

    @classmethod
    def look(cls, aws: Aws, it: Found) -> Found | None:
        """With what only a run that waits needs to know: see watched()."""
        now = next(iter(cls.owned(aws)), None)
        if now is None or now.raw.get("Status"):
            return now
        return replace(now, raw={**now.raw, **watched(aws, now, it)})

    @classmethod
    def state(cls, it: Found) -> str | None:
        if it.raw.get("Status"):
            raise Going
        return serving(it.raw)

    def create(self, aws: Aws, out: Out) -> Found:
        name = self.place.name()
        profile_known(lambda: aws.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name, DesiredCapacity=self.desired_size, Tags=_tags(name, want_tags(self, out)),
            TargetGroupARNs=sorted(want_targets(self, out)), **want_settings(self, out)))
        return Found(self.key, name, {"MinSize": self.min_size, "Instances": [], **UNWATCHED}, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        """With its instances at once; it is seen, dying, until they are gone."""
        if it.raw.get("Status"):
            return Gone.LATER
        try:
            aws.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=it.id, ForceDelete=True)
        except ClientError as error:
            if code(error) in ("ResourceInUse", "ScalingActivityInProgress", "ResourceContention"):
                raise Blocked(message(error)) from error
            if code(error) != "ValidationError" or "not found" not in message(error):
                raise
        return Gone.LATER
