"""CloudWatch alarms."""

from __future__ import annotations

from moto.cloudwatch.models import cloudwatch_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects

_API = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"


@corrects("cloudwatch", "PutMetricAlarm", page=_API + "API_PutMetricAlarm.html")
def tags_are_for_new_alarms(call: Call, ask: Ask) -> Answer:
    """Tags of an alarm that stands are not changed by putting it; and nothing is known of a new one's metric."""
    backend = cloudwatch_backends[ACCOUNT][call.region]
    known = backend.alarms.get(call.params["AlarmName"])
    state = (known.state_value, known.state_reason) if known else ("INSUFFICIENT_DATA",
                                                                   "Unchecked: Initial alarm creation")
    if known:
        call.params.pop("Tags", None)
    answer = ask()
    alarm = backend.alarms[call.params["AlarmName"]]
    alarm.state_value, alarm.state_reason = state
    return answer


@corrects("cloudwatch", "DeleteAlarms", page=_API + "API_DeleteAlarms.html")
def unknown_alarms_are_said(call: Call, ask: Ask) -> Answer:
    """None is deleted if one is unknown. The tags go with the alarm, so that a later one of its name has its own."""
    backend = cloudwatch_backends[ACCOUNT][call.region]
    for name in call.params["AlarmNames"]:
        if name not in backend.alarms:
            raise Refusal("ResourceNotFound", f"Alarm {name} does not exist", 404)
    arns = [backend.alarms[name].alarm_arn for name in call.params["AlarmNames"]]
    answer = ask()
    for arn in arns:
        backend.tagger.delete_all_tags_for_resource(arn)
    return answer
