from __future__ import annotations

from tapctl.emulator.corrections import cloudwatch
from tests.emulator.conftest import Aws
from tests.emulator.proof import proves, refused


def _put(aws: Aws, value: str) -> str:
    aws("cloudwatch").put_metric_alarm(
        AlarmName="lag", Namespace="AWS/RDS", MetricName="ReplicaLag", Statistic="Maximum", Period=60,
        EvaluationPeriods=5, Threshold=60, ComparisonOperator="GreaterThanThreshold",
        Tags=[{"Key": "Project", "Value": value}])
    return str(aws("cloudwatch").describe_alarms()["MetricAlarms"][0]["AlarmArn"])


def _tags(aws: Aws, arn: str) -> list[str]:
    return [tag["Value"] for tag in aws("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]]


@proves(cloudwatch.tags_are_for_new_alarms)
def test_putting_an_alarm_again_leaves_its_tags_and_state(aws: Aws) -> None:
    client, arn = aws("cloudwatch"), _put(aws, "first")
    assert client.describe_alarms()["MetricAlarms"][0]["StateValue"] == "INSUFFICIENT_DATA"
    client.set_alarm_state(AlarmName="lag", StateValue="ALARM", StateReason="late")
    _put(aws, "second")
    assert _tags(aws, arn) == ["first"]
    assert client.describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"


@proves(cloudwatch.unknown_alarms_are_said)
def test_a_deleted_alarm_takes_its_tags_along_and_is_unknown(aws: Aws) -> None:
    arn = _put(aws, "first")
    aws("cloudwatch").delete_alarms(AlarmNames=["lag"])
    with refused("ResourceNotFound"):
        aws("cloudwatch").delete_alarms(AlarmNames=["lag"])
    assert _tags(aws, _put(aws, "second")) == ["second"]
    assert arn.endswith(":lag")
