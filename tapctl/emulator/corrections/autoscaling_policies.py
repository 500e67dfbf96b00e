"""Scaling policies: what they say of themselves."""

from __future__ import annotations

from moto.autoscaling.models import autoscaling_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects, memory

PREDICTIVE = "PredictiveScaling"


@corrects("autoscaling", "PutScalingPolicy", "DescribePolicies",
          page="https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html")
def policies_are_enabled(call: Call, ask: Ask) -> Answer:
    """Unless the call said otherwise, and only predictive ones have a predictive configuration."""
    disabled = memory("disabled scaling policies")
    if call.operation == "PutScalingPolicy":
        key = call.region, call.params["AutoScalingGroupName"], call.params["PolicyName"]
        disabled[key] = call.params.get("Enabled") is False
        return ask()
    answer = ask()
    for policy in answer["ScalingPolicies"]:
        policy["Enabled"] = not disabled.get((call.region, policy["AutoScalingGroupName"], policy["PolicyName"]))
        if policy["PolicyType"] != PREDICTIVE:
            policy.pop("PredictiveScalingConfiguration", None)
    return answer


@corrects("autoscaling", "PutScalingPolicy", "DeletePolicy", "ExecutePolicy",
          page="https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeletePolicy.html")
def each_group_has_its_own(call: Call, ask: Ask) -> Answer:
    """Two groups may have a policy of the same name; in moto the second takes the first's place."""
    policies, name = autoscaling_backends[ACCOUNT][call.region].policies, call.params["PolicyName"]
    if name.startswith("arn:"):
        group, _, name = name.partition(":autoScalingGroupName/")[2].partition(":policyName/")
    else:
        group = call.params["AutoScalingGroupName"]
    if call.operation == "PutScalingPolicy":
        answer = ask()
        policies[f"{group}/{name}"] = policies.pop(name)
        return answer
    call.params["PolicyName"] = f"{group}/{name}"
    return ask()
