"""Values that AWS takes at no time, whatever the call is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from moto.core.utils import get_service_model

from tapctl.emulator import limits
from tapctl.emulator.correction import Call, Refusal
from tapctl.emulator.limits import Limit, Rule, check, rules
from tests.emulator import schemas
from tests.emulator.conftest import Aws
from tests.emulator.proof import proves, refused

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}]

#: service, operation, parameters, code, what the answer says of the value.
TAKEN_NOWHERE: list[tuple[str, str, Mapping[str, Any], str, str]] = [
    ("kms", "create_key", {"Description": "d" * 8193}, "ValidationException", "length less than or equal to 8192"),
    ("kms", "create_key", {"KeyUsage": "GUESS"}, "ValidationException", "'GUESS' at 'KeyUsage'"),
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Description": "d" * 1001},
     "ValidationError", "length less than or equal to 1000"),
    ("iam", "create_instance_profile", {"InstanceProfileName": "a b"}, "ValidationError", "regular expression pattern"),
    ("logs", "create_log_group", {"logGroupName": "a b"}, "InvalidParameterException", "'a b' at 'logGroupName'"),
    ("dynamodb", "create_table", {
        "TableName": "table", "KeySchema": KEYS, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "X"}]},
     "ValidationException", "'X' at 'AttributeDefinitions.1.member.AttributeType'"),
    ("ec2", "create_security_group", {"GroupName": "x", "Description": "it's"}, "InvalidParameterValue",
     "'it's' at 'Description'"),
    ("elbv2", "create_target_group", {"Name": "x", "Protocol": "HTTP", "Port": 65536, "VpcId": "vpc-1"},
     "ValidationError", "'65536' at 'Port'"),
    ("rds", "create_db_subnet_group", {
        "DBSubnetGroupName": "x", "DBSubnetGroupDescription": "d", "SubnetIds": [],
        "Tags": [{"Key": "k" * 129, "Value": "v"}]}, "InvalidParameterValue", "at 'Tags.1.member.Key'"),
    ("autoscaling", "put_scaling_policy", {"AutoScalingGroupName": "a", "PolicyName": "p", "PolicyType": "Guess"},
     "ValidationError", "'Guess' at 'PolicyType'"),
    ("cloudwatch", "put_metric_alarm", {"AlarmName": "a", "EvaluationPeriods": 1, "ComparisonOperator": "Near"},
     "ValidationError", "'Near' at 'ComparisonOperator'"),
    ("secretsmanager", "create_secret", {"Name": "x", "SecretString": "y" * 65537}, "ValidationException",
     "Value at 'SecretString'"),
    ("ssm", "put_parameter", {"Name": "/a", "Value": "v", "Type": "Text"}, "ValidationException", "'Text' at 'Type'"),
    ("acm", "request_certificate", {"DomainName": "no domain"}, "ValidationException", "'no domain' at 'DomainName'"),
]


@proves()
@pytest.mark.parametrize(("service", "operation", "parameters", "code", "words"), TAKEN_NOWHERE)
def test_refused(aws: Aws, service: str, operation: str, parameters: Mapping[str, Any], code: str, words: str) -> None:
    with refused(code, words):
        getattr(aws(service), operation)(**parameters)


@proves()
def test_of_s3(aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="one-bucket")
    with refused("MalformedXML", "'Maybe' at 'ObjectOwnership"):
        aws("s3").create_bucket(Bucket="other-bucket", ObjectOwnership="Maybe")


def test_every_error_of_a_call_is_told_at_once() -> None:
    call = Call("kms", "CreateKey", "us-east-1", {"KeyUsage": "GUESS", "Tags": [{"TagKey": "", "TagValue": "v" * 257}]})
    with pytest.raises(Refusal, match="3 validation errors detected: "):
        check(call)
    check(Call("kms", "CreateKey", "us-east-1", {"Tags": [{"TagKey": "k", "TagValue": ""}]}))


def test_what_takes_no_parameters_or_is_unknown_has_no_limits() -> None:
    assert rules("dynamodb", "DescribeEndpoints") is None
    assert rules("kms", "NoSuchOperation") is None


@pytest.mark.parametrize(("limit", "fits", "fails"), [
    (Limit(least=1), (1, 1.0, "a", [0], {"a": 1}, True), (0, 0.5, "", [], {})),
    (Limit(most=2), (2, "ab", True), (3, "abc", [1, 2, 3])),
    (Limit(pattern=r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"), ("Ünïcode 1:/=", ""), ("a#",)),
    (Limit(pattern=r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF]*"), ("a\U0001f600",), ("\n",)),
    (Limit(enum=(1, 7)), (1, 7), (2,)),
    (Limit(enum=tuple(map(str, range(99)))), ("7",), ("99",)),
])
def test_limits(limit: Limit, fits: tuple[Any, ...], fails: tuple[Any, ...]) -> None:
    assert not any(map(limit.broken, fits))
    assert all(map(limit.broken, fails))


def test_what_is_in_a_map() -> None:
    rule = Rule(inner={"of": Rule(inner={"": Rule((Limit(most=1),))})})
    assert list(rule.broken({"of": {"a": "x", "b": "yy"}}, "")) == [
        "Value 'yy' at 'of.2.member' failed to satisfy constraint: Member must have length less than or equal to 1"]


def patterns(rule: Rule | None) -> Iterator[str]:
    for limit in rule.limits if rule else ():
        yield limit.pattern
    for inner in rule.inner.values() if rule else ():
        yield from patterns(inner)


@pytest.mark.parametrize("service", [
    "acm", "autoscaling", "cloudwatch", "dynamodb", "ec2", "elbv2", "iam", "kms", "logs", "rds",
    "resourcegroupstaggingapi", "s3", "secretsmanager", "service-quotas", "ssm", "sts"])
def test_every_pattern_is_understood(service: str) -> None:
    found = {pattern for operation in get_service_model(service).operation_names
             for pattern in patterns(rules(service, operation))}
    for pattern in found:
        assert isinstance(limits._compiled(pattern), re.Pattern)
    assert found


def test_the_table_is_as_it_is_made() -> None:
    assert schemas.FILE.read_text() == schemas.text()
    assert "PolicyType" in limits.schemas()["autoscaling"]["PutScalingPolicy"]
