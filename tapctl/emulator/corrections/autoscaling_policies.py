"""Scaling policies: what they say of themselves."""

from __future__ import annotations

from tapctl.emulator.correction import Answer, Ask, Call, corrects, memory

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
