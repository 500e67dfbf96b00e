from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.model import Gone
from tapctl.resources.alarm import WATCHES, Alarm
from tests.resources.part import NewPart, Part

NAME, ROOT = "TapStack-production-us-east-1", "us-east-1/alarm"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


def alarms(part: Part, region: str = "us-east-1") -> dict[str, dict[str, Any]]:
    return {a["AlarmName"].removeprefix(f"TapStack-production-{region}-"): a
            for a in part.client("cloudwatch", region).describe_alarms()["MetricAlarms"]}


@pytest.fixture
def standing(part: NewPart) -> Part:
    stack = part("alarm", regions=("us-east-1",))
    stack.made()
    return stack


def test_one_for_each_thing_that_somebody_should_hear_of(part: NewPart) -> None:
    stack = part("alarm", **{"alarms.actions": {"us-east-1": [TOPIC]}})
    up = stack.made()
    primary, replica = alarms(stack), alarms(stack, "us-west-2")
    assert primary.keys() == WATCHES.keys() - {"replica-lag"}
    assert replica.keys() == WATCHES.keys()
    assert {a["AlarmActions"][0] for a in primary.values()} == {TOPIC}
    assert not any(a["AlarmActions"] for a in replica.values())
    balancer = stack.found("us-east-1/load_balancer").id.partition(":loadbalancer/")[2]
    targets = "targetgroup/" + stack.found("us-east-1/target_group").id.partition(":targetgroup/")[2]
    assert primary["unhealthy-targets"]["Dimensions"] == [
        {"Name": "LoadBalancer", "Value": balancer}, {"Name": "TargetGroup", "Value": targets}]
    assert balancer.startswith("app/TapStack-production-us-east-1/")
    assert replica["replica-lag"]["Dimensions"] == [
        {"Name": "DBInstanceIdentifier", "Value": "tapstack-production-us-west-2"}]
    assert [call.operation for call in up.mutating if call.service == "cloudwatch"] == ["PutMetricAlarm"] * 9
    stack.at_rest()
    stack.gone()


def test_all_of_a_region_are_listed_in_one_call(standing: Part) -> None:
    standing.meter.calls = []
    assert len(list(Alarm.owned(standing.cloud))) == 4
    assert [call.operation for call in standing.meter.calls].count("DescribeAlarms") == 1


@pytest.mark.parametrize("change", [
    {"Threshold": 1000.0}, {"AlarmActions": [TOPIC]}, {"OKActions": [TOPIC]}, {"ActionsEnabled": False},
    {"EvaluationPeriods": 9, "DatapointsToAlarm": 9}, {"TreatMissingData": "ignore"}, {"Unit": "Bytes"},
    {"AlarmDescription": "theirs"}, {"Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "theirs"}]},
    {"Period": 300}, {"Statistic": "Maximum"}, {"ComparisonOperator": "GreaterThanThreshold"},
    {"MetricName": "CPUUtilization"}], ids=lambda change: ",".join(change))
def test_a_setting_that_somebody_changed_is_put_back(standing: Part, change: dict[str, Any]) -> None:
    taken = {"AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "MetricName", "Namespace", "Statistic",
             "Dimensions", "Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator",
             "TreatMissingData"}
    before = {k: v for k, v in alarms(standing)["database-storage"].items() if k in taken}
    standing.client("cloudwatch").put_metric_alarm(**{**before, **change})
    standing.mends(f"{ROOT}/database-storage settings")
    assert {k: v for k, v in alarms(standing)["database-storage"].items() if k in taken} == before


def test_an_alarm_that_was_made_to_look_at_a_formula_is_put_back(standing: Part) -> None:
    query = {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "AWS/RDS", "MetricName": "FreeStorageSpace"},
                                        "Period": 60, "Stat": "Minimum"}}
    standing.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{NAME}-database-storage", EvaluationPeriods=1, ComparisonOperator="LessThanThreshold",
        Threshold=1, Metrics=[query])
    standing.mends(f"{ROOT}/database-storage settings")


def test_tags_are_put_back_by_a_call_of_their_own(standing: Part) -> None:
    arn = alarms(standing)["target-5xx"]["AlarmArn"]
    standing.client("cloudwatch").tag_resource(ResourceARN=arn, Tags=[{"Key": "Owner", "Value": "somebody"}])
    up = standing.mends(f"{ROOT}/target-5xx tags")
    assert [call.operation for call in up.mutating] == ["TagResource"]


def test_an_alarm_of_its_name_that_is_not_the_stacks_is_not_overwritten(part: NewPart) -> None:
    stack = part("alarm", regions=("us-east-1",))
    stack.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{NAME}-target-5xx", Namespace="theirs", MetricName="theirs", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="LessThanThreshold")
    up = stack.up()
    assert "left as it is" in up.failures[f"{ROOT}/target-5xx exists"]
    assert alarms(stack)["target-5xx"]["Namespace"] == "theirs"
    stack.down()
    assert alarms(stack).keys() == {"target-5xx"}


def test_one_can_go_while_it_is_looked_at(standing: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    with standing.refusing("cloudwatch", "ListTagsForResource", "ResourceNotFoundException"):
        assert len(list(Alarm.owned(standing.cloud))) == 3
    it = standing.found(f"{ROOT}/target-5xx")
    assert Alarm.delete(standing.cloud, it) is Gone.NOW
    assert Alarm.delete(standing.cloud, it) is Gone.NOW
    with standing.refusing("cloudwatch", "DeleteAlarms", "ResourceConflict", "no"), pytest.raises(ClientError):
        Alarm.delete(standing.cloud, it)
