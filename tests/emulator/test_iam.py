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


@proves(iam.role_is_in_the_profile)
def test_a_role_leaves_a_profile_once(aws: Aws) -> None:
    client = aws("iam")
    client.create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    client.create_instance_profile(InstanceProfileName="app")
    named = {"InstanceProfileName": "app", "RoleName": "app"}
    client.add_role_to_instance_profile(**named)
    client.remove_role_from_instance_profile(**named)
    with refused("NoSuchEntity", "does not contain role"):
        client.remove_role_from_instance_profile(**named)
    with refused("NoSuchEntity"):
        client.remove_role_from_instance_profile(InstanceProfileName="nobody", RoleName="app")
