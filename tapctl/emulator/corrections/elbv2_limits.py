"""How many load balancers an account may have."""

from __future__ import annotations

from tapctl.emulator.correction import Answer, Ask, Call, corrects
from tapctl.emulator.corrections.servicequotas import QUOTAS

_OF = {"application-load-balancers": "L-53DA6B97", "target-groups": "L-B22855CB"}


@corrects("elbv2", "DescribeAccountLimits",
          page="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html")
def account_limits(call: Call, ask: Ask) -> Answer:
    """AWS's defaults of today; moto has those of once."""
    answer = ask()
    for limit in answer["Limits"]:
        if limit["Name"] in _OF:
            limit["Max"] = f"{QUOTAS['elasticloadbalancing', _OF[limit['Name']]][1]:.0f}"
    return answer
