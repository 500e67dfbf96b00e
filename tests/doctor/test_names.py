"""Names that are taken by something else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tapctl.doctor import names
from tapctl.doctor.check import made
from tapctl.events import Finding, Result
from tapctl.model import Resource
from tapctl.resources import KINDS
from tests.doctor.answers import Answers, said
from tests.doctor.wanted import of, wanted
from tests.memory import EAST, PLACE, WEST, refusal

NAME = f"TapStack-test-{EAST}"
KEY = {"KeyMetadata": {"KeyId": "1", "Arn": "arn:key", "Description": "somebody's", "KeyManager": "CUSTOMER",
                       "KeyState": "Enabled"}}


def account(**more: Any) -> dict[str, Any]:
    """What AWS answers where every name is free."""
    return {
        "get_role": refusal("NoSuchEntity"),
        "get_instance_profile": refusal("NoSuchEntity"),
        "describe_key": refusal("NotFoundException"),
        "list_buckets": {"Buckets": [{"Name": "another"}]},
        "describe_log_groups": {"logGroups": [{"logGroupName": f"{NAME}-more"}]},
        "describe_security_groups": {"SecurityGroups": [
            {"GroupName": f"{NAME}-app", "VpcId": "vpc-2"}, {"GroupName": "classic"}]},
        "describe_load_balancers": {"LoadBalancers": [{"LoadBalancerName": "another"}]},
        "describe_target_groups": {"TargetGroups": []},
        "describe_launch_templates": {"LaunchTemplates": []},
        "describe_auto_scaling_groups": {"AutoScalingGroups": []},
        "describe_db_subnet_groups": refusal("DBSubnetGroupNotFoundFault"),
        "describe_db_instances": {"DBInstances": []},
        "describe_secret": refusal("ResourceNotFoundException"),
        "describe_table": refusal("ResourceNotFoundException"),
        "describe_alarms": {"MetricAlarms": []},
        **more}


def found(aws: Answers, *making: Resource) -> list[Finding]:
    return made(names.checks(aws, list(making) or wanted()))


def test_all_free() -> None:
    aws = Answers(account())
    assert [said(finding) for finding in found(aws)] == [(Result.OK, "22 that will be given are free", "")]
    assert len(aws.calls) == 15  # each a question, however many names it is about


def test_region_by_region() -> None:
    aws = Answers(account())
    assert [(finding.region, finding.result) for finding in found(aws, *wanted(EAST, WEST))] == [
        (EAST, Result.OK), (WEST, Result.OK)]
    asked = [(region, operation) for region, operation, _ in aws.calls]
    assert sum(operation == "list_buckets" for _, operation in asked) == 1
    assert (WEST, "describe_secret") not in asked


def test_every_kind_that_has_a_name() -> None:
    """What has none, or none of the stack's, is written down here: a new kind has to be one or the other."""
    nameless = {"endpoint", "endpoint_share", "peering", "listener", "service_linked_role"}
    resources = {kind.kind for kind in KINDS if issubclass(kind, Resource)}
    assert names.NAMES.keys() == resources - nameless
    assert found(Answers(account()), *of("endpoint"), *of("service_linked_role")) == []


@pytest.mark.parametrize(("operation", "answer", "taken"), [
    ("get_role", {"Role": {"RoleName": NAME}}, f"role {NAME}"),
    ("get_instance_profile", {"InstanceProfile": {"InstanceProfileName": NAME}}, f"instance profile {NAME}"),
    ("describe_log_groups", {"logGroups": [{"logGroupName": NAME}]}, f"log group {NAME}"),
    ("describe_security_groups", {"SecurityGroups": [{"GroupName": f"{NAME}-APP", "VpcId": "vpc-1"}]},
     f"security group {NAME}-app"),
    ("describe_load_balancers", {"LoadBalancers": [{"LoadBalancerName": NAME}]}, f"load balancer {NAME}"),
    ("describe_target_groups", {"TargetGroups": [{"TargetGroupName": NAME}]}, f"target group {NAME}"),
    ("describe_launch_templates", {"LaunchTemplates": [{}]}, f"launch template {NAME}"),
    ("describe_auto_scaling_groups", {"AutoScalingGroups": [{"Status": "Delete in progress"}]},
     f"Auto Scaling group {NAME}"),
    ("describe_db_subnet_groups", {"DBSubnetGroups": [{}]}, f"database subnet group {NAME.lower()}"),
    ("describe_db_instances", {"DBInstances": [{}]}, f"database {NAME.lower()}"),
    ("describe_secret", {"ARN": "arn:secret", "DeletedDate": "today"}, f"secret {NAME}-database"),
    ("describe_table", {"Table": {"TableName": NAME}}, f"table {NAME}"),
    ("describe_alarms", {"MetricAlarms": [{"AlarmName": f"{NAME}-target-5xx"}]}, f"alarm {NAME}-target-5xx"),
    ("describe_alarms", {"CompositeAlarms": [{"AlarmName": f"{NAME}-target-5xx"}]}, f"alarm {NAME}-target-5xx"),
    ("list_buckets", {"Buckets": [{"Name": PLACE.bucket_name("logs")}]}, f"bucket {PLACE.bucket_name('logs')}"),
    ("describe_key", KEY, f"key alias/{NAME}"),
])
def test_taken(operation: str, answer: Any, taken: str) -> None:
    (finding,) = found(Answers(account(**{operation: answer})))
    assert said(finding) == (Result.PROBLEM, f"taken by what is not this stack's: {taken}", names.MEND)


def test_a_key_of_ours_is_taken_back() -> None:
    metadata = {**KEY["KeyMetadata"], "Description": NAME, "KeyState": "PendingDeletion", "DeletionDate": PLACE}
    tags = [{"TagKey": name, "TagValue": value} for name, value in PLACE.tags(f"{EAST}/kms_key").items()]

    class Date(str):
        def __format__(self, spec: str) -> str:
            return "2027-01-01"

    answers = account(describe_key={"KeyMetadata": {**metadata, "DeletionDate": Date()}},
                      list_resource_tags={"Tags": tags})
    assert found(Answers(answers), *of("kms_key"))[0].result is Result.OK


def test_all_that_is_taken_is_named_whatever_may_not_be_asked() -> None:
    denied = refusal("AccessDeniedException", "x is not authorized to perform: dynamodb:DescribeTable on y", "Describe")
    answers = account(describe_table=denied, describe_db_instances=denied)
    assert said(found(Answers(answers))[0]) == (
        Result.UNKNOWN, "can't be checked: not allowed: dynamodb:DescribeTable", "")
    taken = {**answers, "get_role": {"Role": {"RoleName": NAME}},
             "describe_launch_templates": {"LaunchTemplates": [{}]}}
    (finding,) = found(Answers(taken))
    assert finding.result is Result.PROBLEM
    assert finding.seen.endswith(f": role {NAME}, launch template {NAME}")


# ---------------------------------------------------------------- buckets of everybody's name space
@pytest.mark.parametrize(("answer", "result"), [
    (refusal("404"), Result.OK), (refusal("NoSuchBucket"), Result.OK), ({}, Result.PROBLEM),
    (refusal("403"), Result.PROBLEM), (refusal("301"), Result.PROBLEM), (refusal("503"), Result.UNKNOWN)])
def test_a_bucket_whose_name_others_may_have(answer: Any, result: Result) -> None:
    aws = Answers({"head_bucket": answer})
    bucket = replace(of("bucket")[0], place=PLACE.at("me-south-1"))
    (finding,) = found(aws, bucket)
    assert finding.result is result
    assert [(region, operation) for region, operation, _ in aws.calls] == [("me-south-1", "head_bucket")]
