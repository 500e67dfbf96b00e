"""How many load balancers an account may have."""

from __future__ import annotations

from tapctl.emulator.correction import Answer, Ask, Call, corrects

_MOST = {"application-load-balancers": "50", "network-load-balancers": "50"}


@corrects("elbv2", "DescribeAccountLimits",
          page="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html")
def account_limits(call: Call, ask: Ask) -> Answer:
    """AWS's defaults of today; moto has those of once."""
    answer = ask()
    for limit in answer["Limits"]:
        limit["Max"] = _MOST.get(limit["Name"], limit["Max"])
    return answer
