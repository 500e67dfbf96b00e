"""CloudWatch alarms, one for each thing that somebody should hear of.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from tapctl.model import Aspect, Aws, Born, Found, Gone, Out, Ref, Refused, Resource
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.tags import tags_aspect
from tapctl.waiting import absent

GIB = 2**30


@dataclass(frozen=True)
class Watch:
    """What an alarm looks at, and when it goes off: `periods` times in a row of a minute each.

    missing: what minutes without a figure count as: "notBreaching" where no figure means that nothing happened.
    """

    description: str
    namespace: str
    metric: str
    statistic: str
    comparison: str
    threshold: float
    periods: int
    missing: str = "missing"


# by purpose, the last part of an alarm's name
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
WATCHES = {
    "unhealthy-targets": Watch(
        "Instances fail the load balancer's health check", "AWS/ApplicationELB", "UnHealthyHostCount", "Maximum",
        "GreaterThanThreshold", 0, 5),
    "target-5xx": Watch(
        "The application answers with server errors", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum",
        "GreaterThanThreshold", 10, 5, "notBreaching"),
    "load-balancer-5xx": Watch(
        "The load balancer itself answers with server errors: no instance does", "AWS/ApplicationELB",
        "HTTPCode_ELB_5XX_Count", "Sum", "GreaterThanThreshold", 10, 5, "notBreaching"),
    "database-storage": Watch(
        "The database has less than 2 GiB of storage left", "AWS/RDS", "FreeStorageSpace", "Minimum",
        "LessThanThreshold", 2 * GIB, 15),
    "replica-lag": Watch(
        "The replica is more than 5 minutes behind the primary", "AWS/RDS", "ReplicaLag", "Maximum",
        "GreaterThanThreshold", 300, 5),
}


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    # PutMetricAlarm ignores the tags of an alarm that is there
    aws.client("cloudwatch").tag_resource(ResourceARN=it.id, Tags=tag_list(tags))


# PutMetricAlarm's fields and what AWS has where they weren't given; those that tapctl never gives are here to be seen
FIELDS: Mapping[str, Any] = {
    "AlarmDescription": None, "ActionsEnabled": True, "AlarmActions": (), "OKActions": (),
    "InsufficientDataActions": (), "Namespace": None, "MetricName": None, "Dimensions": (), "Statistic": None,
    "ExtendedStatistic": None, "Unit": None, "Period": None, "EvaluationPeriods": None, "DatapointsToAlarm": None,
    "Threshold": None, "ComparisonOperator": None, "TreatMissingData": "missing", "Metrics": (),
}


def want_settings(r: Alarm, out: Out) -> dict[str, Any]:
    watch = WATCHES[r.purpose]
    return {**FIELDS, "AlarmDescription": watch.description, "AlarmActions": tuple(sorted(r.actions)),
            "Namespace": watch.namespace, "MetricName": watch.metric, "Statistic": watch.statistic, "Period": 60,
            "Dimensions": tuple(sorted((name, _value(out, of)) for name, of in r.dimensions)),
            "EvaluationPeriods": watch.periods, "DatapointsToAlarm": watch.periods,
            "Threshold": float(watch.threshold), "ComparisonOperator": watch.comparison,
            "TreatMissingData": watch.missing}


def _value(out: Out, of: Ref | str) -> str:
    """A load balancer's or target group's dimension is the end of its ARN: "app/NAME/ID", "targetgroup/NAME/ID"."""
    return of if isinstance(of, str) else out(of).id.split(":", 5)[5].removeprefix("loadbalancer/")


def read_settings(aws: Aws, it: Found) -> dict[str, Any]:
    have = {name: it.raw.get(name, default) for name, default in FIELDS.items()}
    for name in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        have[name] = tuple(sorted(have[name]))
    have["Dimensions"] = tuple(sorted((d["Name"], d["Value"]) for d in have["Dimensions"]))
    have["Metrics"] = tuple(sorted(metric["Id"] for metric in have["Metrics"]))
    return have


def put_settings(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    """All of it: the call replaces an alarm's settings, and what it doesn't say is unset."""
    aws.client("cloudwatch").put_metric_alarm(AlarmName=it.raw["AlarmName"], **_call(want))


def _call(want: Mapping[str, Any]) -> dict[str, Any]:
    call = {name: list(value) if isinstance(value, tuple) else value for name, value in want.items()
            if value not in (None, ())}
    return call | {"Dimensions": [{"Name": name, "Value": value} for name, value in want["Dimensions"]]}


TAGS = tags_aspect(put_tags)
SETTINGS = Aspect("settings", want_settings, read_settings, put_settings, born=Born.SET)


# ---------------------------------------------------------------- the alarm
@dataclass(frozen=True)
class Alarm(Resource):
    """purpose: one of WATCHES; dimensions: (name, value, or the load balancer or target group); actions: ARNs."""

    purpose: str
    dimensions: tuple[tuple[str, Ref | str], ...]
    actions: tuple[str, ...] = ()
    kind: ClassVar[str] = "alarm"
    says: ClassVar[tuple[str, ...]] = ("StateValue",)
    aspects: ClassVar[tuple[Aspect[Alarm, Any], ...]] = (TAGS, SETTINGS)

    @property
    def role(self) -> str:
        return self.purpose

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        for purpose, raw in _described(aws, WATCHES):
            answer = absent(partial(aws.client("cloudwatch").list_tags_for_resource, ResourceARN=raw["AlarmArn"]),
                            "ResourceNotFoundException")
            tags = tag_dict(answer["Tags"]) if answer else {}
            key = claims(tags, aws.place)
            if key == f"{aws.place.region}/{cls.kind}/{purpose}":
                yield Found(key, raw["AlarmArn"], raw, tags)

    def create(self, aws: Aws, out: Out) -> Found:
        name = self.place.name(self.purpose)
        # PutMetricAlarm would not refuse a name that is taken: it would overwrite the other alarm
        if list(_described(aws, [self.purpose])):
            raise Refused(f"there is an alarm {name} without this stack's tags; it is left as it is")
        want = want_settings(self, out)
        aws.client("cloudwatch").put_metric_alarm(AlarmName=name, Tags=tag_list(self.tags), **_call(want))
        return Found(self.key, self.place.arn("cloudwatch", f"alarm:{name}"), {"AlarmName": name}, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        absent(lambda: aws.client("cloudwatch").delete_alarms(AlarmNames=[it.raw["AlarmName"]]), "ResourceNotFound")
        return Gone.NOW


def _described(aws: Aws, purposes: Iterable[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """(purpose, alarm) of those that are there, in one call."""
    by_name = {aws.place.name(purpose): purpose for purpose in purposes}
    answer = aws.client("cloudwatch").describe_alarms(AlarmNames=list(by_name))
    return [(by_name[raw["AlarmName"]], raw) for raw in answer["MetricAlarms"]]
