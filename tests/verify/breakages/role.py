"""The role of the instances."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.verify.breakages.table import breaks
from tests.verify.standing import Here

ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


# ---------------------------------------------------------------- the role
def app_policy(here: Here) -> str:
    answer = here("iam").get_role_policy(RoleName=here.found["role"].id, PolicyName="app")
    return json.dumps(answer["PolicyDocument"])


def with_policy(here: Here, broken: str) -> Iterator[None]:
    before, role = app_policy(here), here.found["role"].id
    here("iam").put_role_policy(RoleName=role, PolicyName="app", PolicyDocument=broken)
    yield
    here("iam").put_role_policy(RoleName=role, PolicyName="app", PolicyDocument=before)


@breaks("role.allows", "logs:PutLogEvents on")
def logs_forgotten(here: Here) -> Iterator[None]:
    yield from with_policy(here, app_policy(here).replace('"logs:PutLogEvents"', '"logs:CreateLogStream"'))


@breaks("role.allows", "beyond the role's permissions boundary")
def bounded(here: Here) -> Iterator[None]:
    iam, role = here("iam"), here.found["role"].id
    arn = iam.create_policy(PolicyName="bound", PolicyDocument=ANYTHING.replace('"Action": "*"', '"Action": "s3:*"'))[
        "Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn)
    yield
    iam.delete_role_permissions_boundary(RoleName=role)
    iam.delete_policy(PolicyArn=arn)


@breaks("role.nothing-else", "policy theirs allows * on *")
def policy_added(here: Here) -> Iterator[None]:
    role = here.found["role"].id
    here("iam").put_role_policy(RoleName=role, PolicyName="theirs", PolicyDocument=ANYTHING)
    yield
    here("iam").delete_role_policy(RoleName=role, PolicyName="theirs")


@breaks("role.nothing-else", "managed policy arn:aws:iam::123456789012:policy/theirs is attached")
def policy_attached(here: Here) -> Iterator[None]:
    iam, role = here("iam"), here.found["role"].id
    arn = iam.create_policy(PolicyName="theirs", PolicyDocument=ANYTHING)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    yield
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


@breaks("role.nothing-else", "policy app allows s3:PutObject on")
def bucket_widened(here: Here) -> Iterator[None]:
    yield from with_policy(here, app_policy(here).replace("/app/*", "/*"))


def trusting(here: Here, who: str) -> Iterator[None]:
    """In the place of EC2."""
    role, ec2 = here.found["role"], '{"Service": "ec2.amazonaws.com"}'
    whole = json.dumps(role.raw["AssumeRolePolicyDocument"])
    assert ec2 in whole
    here("iam").update_assume_role_policy(RoleName=role.id, PolicyDocument=whole.replace(ec2, who))
    yield
    here("iam").update_assume_role_policy(RoleName=role.id, PolicyDocument=whole)


@breaks("role.trust", "Service lambda.amazonaws.com may be")
def trusts_somebody_else(here: Here) -> Iterator[None]:
    yield from trusting(here, '{"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}')


@breaks("role.trust", "ec2.amazonaws.com may not be")
def trusts_everybody(here: Here) -> Iterator[None]:
    yield from trusting(here, '"*"')


@breaks("role.instances", "holds no role")
def profile_emptied(here: Here) -> Iterator[None]:
    names = {"InstanceProfileName": here.found["instance_profile"].id, "RoleName": here.found["role"].id}
    here("iam").remove_role_from_instance_profile(**names)
    yield
    here("iam").add_role_to_instance_profile(**names)


@breaks("role.instances", "has no instance profile")
def profile_taken_off(here: Here) -> Iterator[None]:
    with here.answered("ec2", "DescribeInstances", lambda answer: answer["Reservations"][0]["Instances"][0].pop(
            "IamInstanceProfile")):
        yield
