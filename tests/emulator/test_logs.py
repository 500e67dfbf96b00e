from __future__ import annotations

import json

import pytest

from tapctl.emulator.corrections import logs
from tests.emulator.conftest import EAST, WEST, Aws
from tests.emulator.proof import proves, refused

GROUP = "/app"


def _key(aws: Aws, services: object = (f"logs.{EAST}.amazonaws.com",)) -> str:
    statements = [{"Effect": "Allow", "Principal": "*", "Action": "kms:DescribeKey", "Resource": "*"},
                  {"Effect": "Allow", "Principal": {"Service": services}, "Action": "kms:*", "Resource": "*"}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return str(aws("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


@proves(logs.associate_key, logs.disassociate_key)
def test_a_group_comes_under_a_key_and_from_under_it(aws: Aws) -> None:
    client, key = aws("logs"), _key(aws)
    client.create_log_group(logGroupName=GROUP)
    client.associate_kms_key(logGroupName=GROUP, kmsKeyId=key)
    assert client.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    client.disassociate_kms_key(resourceIdentifier=f"arn:aws:logs:{EAST}:123456789012:log-group:{GROUP}")
    assert "kmsKeyId" not in client.describe_log_groups()["logGroups"][0]


@proves(logs.associate_key)
def test_there_must_be_a_group(aws: Aws) -> None:
    with refused("ResourceNotFoundException"):
        aws("logs").associate_kms_key(logGroupName=GROUP, kmsKeyId=_key(aws))


@proves(logs.key_lets_logs_in)
@pytest.mark.parametrize("services", [f"logs.{WEST}.amazonaws.com", []])
def test_the_keys_policy_names_logs_of_the_region(aws: Aws, services: object) -> None:
    with refused("AccessDeniedException", "is not allowed to be used with Arn"):
        aws("logs").create_log_group(logGroupName=GROUP, kmsKeyId=_key(aws, services))
    aws("logs").create_log_group(logGroupName=GROUP, kmsKeyId=_key(aws, f"logs.{EAST}.amazonaws.com"))


@proves(logs.key_lets_logs_in)
def test_there_must_be_a_key(aws: Aws) -> None:
    with refused("AccessDeniedException"):
        aws("logs").create_log_group(
            logGroupName=GROUP, kmsKeyId=f"arn:aws:kms:{EAST}:123456789012:key/00000000-0000-0000-0000-000000000000")


@proves(logs.tags_go_with_the_group)
def test_a_group_that_is_made_again_has_no_tags(aws: Aws) -> None:
    client = aws("logs")
    client.create_log_group(logGroupName=GROUP, tags={"Owner": "me"})
    client.delete_log_group(logGroupName=GROUP)
    client.create_log_group(logGroupName=GROUP)
    assert client.list_tags_log_group(logGroupName=GROUP)["tags"] == {}
