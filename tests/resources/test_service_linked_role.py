from __future__ import annotations

from typing import Any

import pytest

from tapctl.model import Kept
from tapctl.resources.service_linked_role import ROLES, ServiceLinkedRole
from tests.resources.part import NewPart, Part

pytestmark = pytest.mark.usefixtures("spare")
KEYS = {f"us-east-1/service_linked_role/{service}" for service in ROLES}
TAKEN = "Service role name AWSServiceRoleForRDS has been taken in this account, please try a different suffix."


@pytest.fixture
def fresh(part: NewPart) -> Part:
    return part("service_linked_role")


def standing(stack: Part) -> set[str]:
    return {role["RoleName"] for role in stack.client("iam").list_roles()["Roles"]}


def test_those_that_the_account_lacks_are_made_once_and_stay(fresh: Part) -> None:
    fresh.client("iam").create_service_linked_role(AWSServiceName="rds.amazonaws.com")
    fresh.client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")  # no business of ours
    up = fresh.made()
    assert sorted(call.params["AWSServiceName"] for call in up.mutating) == [
        "autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com"]
    assert {it.key for it in ServiceLinkedRole.owned(fresh.cloud)} == KEYS
    fresh.at_rest()
    removal = fresh.down()
    assert removal.complete
    assert not removal.removed
    assert set(ROLES.values()) < standing(fresh)
    assert len(list(ServiceLinkedRole.remains(fresh.cloud))) == 3
    assert all("belongs to the account" in str(line) for line in ServiceLinkedRole.remains(fresh.cloud))


def test_its_arn_is_known_before_iam_tells_it(fresh: Part) -> None:
    made: dict[str, Any] = {}
    for service in ROLES:
        it = ServiceLinkedRole(fresh.cloud.place, service).create(fresh.cloud, lambda ref: fresh.found(ref.key))
        made[it.key] = it.id
    assert made == {it.key: it.id for it in ServiceLinkedRole.owned(fresh.cloud)}


@pytest.mark.parametrize("code", ["InvalidInput", "EntityAlreadyExists"])  # AWS's, and what one would expect
def test_somebody_was_faster(fresh: Part, code: str) -> None:
    with fresh.refusing("iam", "CreateServiceLinkedRole", code, TAKEN):
        fresh.made()


def test_made_twice_it_is_made(fresh: Part) -> None:
    role = ServiceLinkedRole(fresh.cloud.place, "rds")
    first, second = (role.create(fresh.cloud, lambda ref: fresh.found(ref.key)) for _ in range(2))
    assert first == second


def test_other_refusals_are_said(fresh: Part) -> None:
    with fresh.refusing("iam", "CreateServiceLinkedRole", "AccessDenied", "no"):
        failure, = fresh.up().failures.values()
    assert "AccessDenied" in failure


def test_nobody_deletes_one(fresh: Part) -> None:
    fresh.made()
    it, *_ = ServiceLinkedRole.owned(fresh.cloud)
    with pytest.raises(Kept, match="belongs to the account"):
        ServiceLinkedRole.delete(fresh.cloud, it)
    assert len(standing(fresh)) == 3
