"""The plan of an account: moto has no such service."""

from __future__ import annotations

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects


@corrects("freetier", "GetAccountPlanState",
          page="https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_freetier_GetAccountPlanState.html")
def account_plan(call: Call, ask: Ask) -> Answer:
    """The account is on the paid plan."""
    return {"accountId": ACCOUNT, "accountPlanType": "PAID", "accountPlanStatus": "ACTIVE"}
