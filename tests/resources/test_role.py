from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.model import Blocked, Gone
from tapctl.policy import canonical
from tapctl.resources.role import Role
from tests.resources.part import NewPart

NAME, KEY = "TapStack-production-us-east-1", "us-east-1/role"
ACCOUNT = "123456789012"


def policies(iam: Any, name: str = NAME) -> dict[str, Any]:
    return {policy: canonical(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]}


def statements(iam: Any, name: str = NAME) -> dict[str, Any]:
    return {s["Sid"]: {k: v for k, v in s.items() if k not in ("Sid", "Effect")}
            for s in policies(iam, name)["app"]["Statement"]}


def test_instances_may_write_their_regions_logs_and_nothing_else(part: NewPart) -> None:
    stack = part("role")
    stack.made()
    stack.at_rest()
    for region in stack.regions:
        name, iam = f"TapStack-production-{region}", stack.client("iam")
        role = iam.get_role(RoleName=name)["Role"]
        assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
        assert list(policies(iam, name)) == ["app"]
        assert statements(iam, name) == {
            "Objects": {"Action": "s3:PutObject",
                        "Resource": f"arn:aws:s3:::tapstack-production-logs-{ACCOUNT}-{region}-an/app/*"},
            "Logs": {"Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                     "Resource": f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}:*"},
            "Key": {"Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Resource": stack.found(f"{region}/kms_key").id,
                    "Condition": {"StringEquals": {"kms:ViaService": [
                        f"logs.{region}.amazonaws.com", f"s3.{region}.amazonaws.com"]}}}}
    stack.gone()


def test_with_data_access_they_reach_table_and_secret_of_their_own_region(part: NewPart) -> None:
    stack = part("role", **{"app.data_access": True})
    stack.made()
    stack.at_rest()
    iam = stack.client("iam")
    primary, replica = statements(iam), statements(iam, "TapStack-production-us-west-2")
    assert primary["Table"]["Resource"] == f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{NAME}"
    assert "dynamodb:PutItem" in primary["Table"]["Action"]
    assert "dynamodb:DeleteTable" not in primary["Table"]["Action"]
    assert primary["Secret"] == {"Action": "secretsmanager:GetSecretValue",
                                 "Resource": stack.found("us-east-1/secret/database").id}
    assert primary["Key"]["Condition"]["StringEquals"]["kms:ViaService"] == [
        f"{service}.us-east-1.amazonaws.com" for service in ("dynamodb", "logs", "s3", "secretsmanager")]
    assert "Secret" not in replica
    assert "us-east-1" not in json.dumps(replica)
    stack.gone()


@pytest.fixture
def role(part: NewPart) -> Any:
    stack = part("role", regions=("us-east-1",))
    stack.made()
    return stack


def test_what_somebody_added_is_taken_away(role: Any) -> None:
    iam = role.client("iam")
    everything = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    iam.put_role_policy(RoleName=NAME, PolicyName="more", PolicyDocument=everything)
    arn = iam.create_policy(PolicyName="all", PolicyDocument=everything)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    role.mends(f"{KEY} policies", f"{KEY} managed_policies")
    assert list(policies(iam)) == ["app"]
    assert not iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    assert iam.get_policy(PolicyArn=arn)  # detached, not deleted: it is somebody else's


def test_what_somebody_changed_is_put_back(role: Any) -> None:
    iam = role.client("iam")
    before = policies(iam)
    iam.delete_role_policy(RoleName=NAME, PolicyName="app")
    iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                                                 "Action": "sts:AssumeRole"}]}))
    iam.tag_role(RoleName=NAME, Tags=[{"Key": "Owner", "Value": "somebody"}, {"Key": "theirs", "Value": "stays"}])
    role.mends(f"{KEY} policies", f"{KEY} trust", f"{KEY} tags")
    assert policies(iam) == before
    assert {"Key": "theirs", "Value": "stays"} in iam.list_role_tags(RoleName=NAME)["Tags"]


def test_the_same_policy_in_another_spelling_is_no_drift(role: Any) -> None:
    iam = role.client("iam")
    document = iam.get_role_policy(RoleName=NAME, PolicyName="app")["PolicyDocument"]
    for statement in document["Statement"]:
        statement["Action"] = [statement["Action"]] if isinstance(statement["Action"], str) else (
            statement["Action"][::-1])
    document["Statement"].reverse()
    iam.put_role_policy(RoleName=NAME, PolicyName="app", PolicyDocument=json.dumps(document))
    role.at_rest()


def test_a_role_of_its_name_that_is_not_the_stacks_is_left_as_it_is(part: NewPart) -> None:
    stack = part("role", regions=("us-east-1",))
    iam = stack.client("iam")
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument="{}")
    assert "taken by something that is not this stack's" in stack.up().failures[f"{KEY} exists"]
    stack.down()
    assert iam.get_role(RoleName=NAME)["Role"]["AssumeRolePolicyDocument"] == {}


def test_a_role_that_iam_does_not_know_everywhere_yet_is_waited_for(part: NewPart) -> None:
    stack = part("role", regions=("us-east-1",))
    with stack.refusing("iam", "PutRolePolicy", "NoSuchEntity", times=3):
        stack.made()
    stack.at_rest()


def test_it_goes_with_all_that_was_added_and_not_while_it_is_held(role: Any) -> None:
    iam = role.client("iam")
    anything = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    arn = iam.create_policy(PolicyName="all", PolicyDocument=anything)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    iam.create_instance_profile(InstanceProfileName="theirs")
    iam.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName=NAME)
    it = role.found(KEY)
    with pytest.raises(Blocked, match="must remove roles from instance profile"):
        Role.delete(role.cloud, it)
    iam.remove_role_from_instance_profile(InstanceProfileName="theirs", RoleName=NAME)
    iam.delete_instance_profile(InstanceProfileName="theirs")
    role.gone()
    assert Role.delete(role.cloud, it) is Gone.NOW  # once more


def test_other_refusals_to_go_are_said(role: Any) -> None:
    with role.refusing("iam", "DeleteRole", "UnmodifiableEntity", "no"), pytest.raises(ClientError, match="no"):
        Role.delete(role.cloud, role.found(KEY))
