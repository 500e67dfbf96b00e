"""The free plan of accounts since July 2025, and what it refuses of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tapctl.doctor.check import Check, Outcome, Question, fine, warning, wrong
from tapctl.doctor.quotas import instance_type
from tapctl.model import Aws, Resource
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.resources.database import Database
from tapctl.settings import Settings
from tapctl.waiting import absent

HOME = "us-east-1"  # the only region of this service
# what RDS answers with FreeTierRestrictionError to more of
DATABASE_SIZE, BACKUP_DAYS = ".micro", 1
MEND = ("upgrade the account's plan (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/free-tier-plans.html)"
        ", or make these smaller in config.toml")


def plan(aws: Aws) -> Question:
    """None: the account has no such plan, because it is older than these.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_freetier_GetAccountPlanState.html
    """
    return Question("account plan", "", lambda: absent(
        aws.at(HOME).client("freetier").get_account_plan_state, "ResourceNotFoundException"))


def checks(aws: Aws, making: Sequence[Resource], settings: Settings) -> Iterator[Check]:
    """The one check, where something is made of which the free plan has not all sizes. Only this partition has plans.
    """
    databases = [resource for resource in making if isinstance(resource, Database)]
    instances = any(isinstance(resource, AutoScalingGroup) for resource in making)
    if aws.place.partition == "aws" and (databases or instances):
        kinds = (instance_type(aws, settings.sizes.instance_type),) if instances else ()
        yield Check("free plan", "", (plan(aws), *kinds), partial(allowed, databases))


def allowed(databases: Sequence[Database], state: Mapping[str, Any] | None, *kinds: Mapping[str, Any]) -> Outcome:
    """Pure. state: as GetAccountPlanState has it, kinds: as DescribeInstanceTypes."""
    if state is None or state["accountPlanType"] != "FREE":
        return fine("the account is not on it")
    if state["accountPlanStatus"] == "EXPIRED":
        return wrong("the account's free plan has expired", MEND.partition(", or")[0])
    most = {f"backup_days = {database.backup_days}" for database in databases
            if not database.source and database.backup_days > BACKUP_DAYS}
    most |= {f"database_class = {database.instance_class}" for database in databases
             if not database.instance_class.endswith(DATABASE_SIZE)}
    most |= {f"instance_type = {kind['InstanceType']}" for kind in kinds if not kind["FreeTierEligible"]}
    if most:
        return wrong(f"the account is on it, and it does not allow {', '.join(sorted(most))}", MEND)
    return warning("the account is on it, and AWS may refuse databases in several zones and replicas", MEND)
