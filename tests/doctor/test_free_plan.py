"""What the free plan refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tapctl.doctor import free_plan
from tapctl.doctor.check import made
from tapctl.events import Finding, Result
from tests.doctor.answers import Answers, said
from tests.doctor.wanted import of, settings, wanted
from tests.memory import EAST, PLACE, WEST, refusal

SMALL: dict[str, Any] = {"database.backup_days": 1}
FREE = {"accountPlanType": "FREE", "accountPlanStatus": "ACTIVE"}


def kind(name: str = "t3.micro", free: bool = True) -> dict[str, Any]:
    return {"InstanceTypes": [{"InstanceType": name, "FreeTierEligible": free}]}


def found(state: Any, *regions: str, types: Any = None, **flags: Any) -> list[Finding]:
    aws = Answers({"get_account_plan_state": state, "describe_instance_types": types or kind()}, place=PLACE.at(WEST))
    findings = made(free_plan.checks(aws, wanted(*regions, **flags), settings(*regions, **flags)))
    assert [region for region, operation, _ in aws.calls if operation == "get_account_plan_state"] == ["us-east-1"]
    return findings


@pytest.mark.parametrize("state", [
    {"accountPlanType": "PAID", "accountPlanStatus": "ACTIVE"}, refusal("ResourceNotFoundException")])
def test_not_on_it(state: Any) -> None:
    (finding,) = found(state, types=kind("t3.medium", free=False))
    assert (finding.check, finding.region) == ("free plan", "")
    assert said(finding) == (Result.OK, "the account is not on it", "")


@pytest.mark.parametrize(("flags", "types", "refused"), [
    ({}, kind(), "backup_days = 7"),
    ({**SMALL, "environments.test.database_class": "db.t3.small"}, kind(), "database_class = db.t3.small"),
    ({**SMALL, "environments.test.instance_type": "t3.medium"}, kind("t3.medium", free=False),
     "instance_type = t3.medium"),
    ({"environments.test.instance_type": "t3.medium", "environments.test.database_class": "db.t3.small"},
     kind("t3.medium", free=False), "backup_days = 7, database_class = db.t3.small, instance_type = t3.medium"),
])
def test_more_than_it_allows(flags: dict[str, Any], types: Any, refused: str) -> None:
    (finding,) = found(FREE, EAST, WEST, types=types, **flags)
    assert said(finding) == (Result.PROBLEM, f"the account is on it, and it does not allow {refused}", free_plan.MEND)


def test_small_enough() -> None:
    (finding,) = found(FREE, **SMALL)
    assert finding.result is Result.WARNING
    assert "several zones" in finding.seen


def test_over() -> None:
    (finding,) = found({**FREE, "accountPlanStatus": "EXPIRED"}, **SMALL)
    assert (finding.result, finding.seen) == (Result.PROBLEM, "the account's free plan has expired")
    assert finding.mend.startswith("upgrade the account's plan (https://")


def test_not_allowed_to_ask() -> None:
    (finding,) = found(refusal("AccessDeniedException", "no", "GetAccountPlanState"))
    assert said(finding) == (Result.UNKNOWN, "can't be checked: not allowed: GetAccountPlanState", "")


def test_only_where_it_matters() -> None:
    aws = Answers({})
    assert list(free_plan.checks(aws, of("table"), settings())) == []
    china = replace(aws, place=replace(PLACE, partition="aws-cn"))
    assert list(free_plan.checks(china, wanted(), settings())) == []
    (check,) = free_plan.checks(aws, of("database"), settings())
    assert len(check.asks) == 1  # without instances, their type is nobody's business
