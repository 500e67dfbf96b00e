from __future__ import annotations

import pytest

from tapctl.emulator.corrections import iam
from tests.emulator.conftest import Aws
from tests.emulator.proof import proves, refused


@proves(iam.service_linked_role)
@pytest.mark.parametrize(("service", "name"), [
    ("autoscaling", "AWSServiceRoleForAutoScaling"), ("rds", "AWSServiceRoleForRDS"),
    ("elasticloadbalancing", "AWSServiceRoleForElasticLoadBalancing"), ("other", "AWSServiceRoleForother"),
])
def test_a_service_linked_role_is_taken_once(aws: Aws, service: str, name: str) -> None:
    made = aws("iam").create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")["Role"]
    path = f"/aws-service-role/{service}.amazonaws.com/"
    assert made["Arn"] == f"arn:aws:iam::123456789012:role{path}{name}"
    assert aws("iam").get_role(RoleName=name)["Role"]["Arn"] == made["Arn"]
    with refused("InvalidInput", f"Service role name {name} has been taken in this account"):
        aws("iam").create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")


@proves(iam.service_linked_role)
def test_a_suffix_makes_another(aws: Aws) -> None:
    for suffix in "a", "b":
        made = aws("iam").create_service_linked_role(AWSServiceName="rds.amazonaws.com", CustomSuffix=suffix)
        assert made["Role"]["RoleName"] == f"AWSServiceRoleForRDS_{suffix}"
