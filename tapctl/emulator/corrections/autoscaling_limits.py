"""How many Auto Scaling groups an account may have, and has."""

from __future__ import annotations

from tapctl.emulator.correction import Answer, Ask, Call, corrects
from tapctl.emulator.corrections.servicequotas import QUOTAS
from tapctl.emulator.fleet import groups


@corrects("autoscaling", "DescribeAccountLimits",
          page="https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAccountLimits.html")
def account_limits(call: Call, ask: Ask) -> Answer:
    """AWS's defaults, and what stands in the region; moto answers none of it."""
    return {"MaxNumberOfAutoScalingGroups": int(QUOTAS["autoscaling", "L-CDE20ADC"][1]),
            "NumberOfAutoScalingGroups": len(groups(call.region)),
            "MaxNumberOfLaunchConfigurations": 200, "NumberOfLaunchConfigurations": 0}
