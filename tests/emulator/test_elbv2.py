from __future__ import annotations

import json
from typing import Any

import pytest

from tapctl.emulator import durations
from tapctl.emulator.corrections import elbv2, elbv2_access_logs
from tests.emulator.conftest import EAST, WEST, Aws
from tests.emulator.proof import proves, refused

NAME = "TapStack-test-us-east-1"


def _subnets(aws: Aws) -> list[str]:
    return [subnet["SubnetId"] for subnet in aws("ec2").describe_subnets()["Subnets"]]


def _make(aws: Aws, name: str = NAME, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = aws("elbv2").create_load_balancer(
        **{"Name": name, "Subnets": _subnets(aws)[:2], **more})["LoadBalancers"][0]
    return made


def _state(aws: Aws) -> str:
    return str(aws("elbv2").describe_load_balancers(Names=[NAME])["LoadBalancers"][0]["State"]["Code"])


@proves(elbv2.creation, elbv2.states)
@pytest.mark.slow_clock
def test_a_load_balancer_is_provisioned_first(aws: Aws) -> None:
    assert _make(aws)["State"]["Code"] == _state(aws) == "provisioning"
    assert _state(aws) == "provisioning"
    aws.wait(150)
    assert _state(aws) == "active"


@proves(elbv2.creation)
def test_it_faces_the_internet_unless_told_otherwise(aws: Aws) -> None:
    _make(aws)
    assert aws("elbv2").describe_load_balancers(Names=[NAME])["LoadBalancers"][0]["Scheme"] == "internet-facing"
    assert _make(aws, "other", Scheme="internal")["Scheme"] == "internal"


def test_on_the_instant_clock_the_next_look_sees_it_active(aws: Aws) -> None:
    assert _make(aws)["State"]["Code"] == "provisioning"
    assert _state(aws) == "active"


@proves(elbv2.creation)
@pytest.mark.parametrize("name", ["TapStack-production-ap-southeast-1", "-a", "a-", "a_b", "internal-a"])
def test_names_that_aws_refuses(aws: Aws, name: str) -> None:
    with refused("ValidationError"):
        _make(aws, name)


@proves(elbv2.creation)
def test_it_spans_two_zones_and_has_groups_that_exist(aws: Aws) -> None:
    with refused("ValidationError", "two different Availability Zones"):
        _make(aws, Subnets=[], SubnetMappings=[{"SubnetId": _subnets(aws)[0]}])
    with refused("InvalidSecurityGroup"):
        _make(aws, SecurityGroups=["sg-00000000"])


def test_unknown_subnets_are_said(aws: Aws) -> None:
    with refused("InvalidSubnetID.NotFound"):
        _make(aws, Subnets=["subnet-00000000"])


@proves(elbv2.creation)
def test_a_creation_may_be_repeated_but_not_changed(aws: Aws) -> None:
    made, subnets = _make(aws), _subnets(aws)
    assert _make(aws)["LoadBalancerArn"] == made["LoadBalancerArn"]
    with refused("DuplicateLoadBalancerName"):
        _make(aws, Subnets=subnets[1:3])
    _make(aws, "another")


@proves(elbv2.creation)
def test_all_attributes_are_told(aws: Aws) -> None:
    arn = _make(aws)["LoadBalancerArn"]
    told = aws("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    found = {one["Key"]: one["Value"] for one in told}
    assert (found["idle_timeout.timeout_seconds"], found["access_logs.s3.enabled"]) == ("60", "false")
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "false"


@proves(elbv2.deletion)
def test_a_protected_one_stays(aws: Aws) -> None:
    client, arn = aws("elbv2"), _make(aws)["LoadBalancerArn"]
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protection])
    with refused("OperationNotPermitted"):
        client.delete_load_balancer(LoadBalancerArn=arn)


def test_deleting_twice_is_as_once(aws: Aws) -> None:
    client, arn = aws("elbv2"), _make(aws)["LoadBalancerArn"]
    client.delete_load_balancer(LoadBalancerArn=arn)
    client.delete_load_balancer(LoadBalancerArn=arn)
    with refused("LoadBalancerNotFound"):
        client.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "30"}])


def _group(aws: Aws, **more: Any) -> str:
    vpc = aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = aws("elbv2").create_target_group(**{"Name": "tg", "Protocol": "HTTP", "Port": 80, "VpcId": vpc, **more})
    return str(made["TargetGroups"][0]["TargetGroupArn"])


@proves(elbv2.target_group_creation)
def test_a_target_group_may_be_repeated_but_not_changed(aws: Aws) -> None:
    arn = _group(aws)
    _group(aws, Name="another")
    assert _group(aws) == arn
    with refused("DuplicateTargetGroupName"):
        _group(aws, Port=81)


@proves(elbv2.listener_creation)
def test_a_port_has_one_listener(aws: Aws) -> None:
    client, group = aws("elbv2"), _group(aws)
    wanted = {"LoadBalancerArn": _make(aws)["LoadBalancerArn"], "Protocol": "HTTP",
              "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}]}
    first = client.create_listener(**wanted, Port=80)["Listeners"][0]["ListenerArn"]
    assert client.create_listener(**wanted, Port=80)["Listeners"][0]["ListenerArn"] == first
    client.create_listener(**wanted, Port=81)
    redirect = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS"}}
    with refused("DuplicateListener"):
        client.create_listener(**{**wanted, "DefaultActions": [redirect]}, Port=80)
    with refused("LoadBalancerNotFound"):
        client.create_listener(**{**wanted, "LoadBalancerArn": wanted["LoadBalancerArn"] + "0"}, Port=80)


def _policy(**more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                 "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/alb/AWSLogs/123456789012/*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::logs/*"]}, statement]})


def _let_in() -> str:
    """Without the denial."""
    return json.dumps(json.loads(_policy()) | {"Statement": json.loads(_policy())["Statement"][1:]})


def _log(aws: Aws, arn: str) -> None:
    aws("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
        {"Key": "access_logs.s3.enabled", "Value": "true"}, {"Key": "access_logs.s3.bucket", "Value": "logs"},
        {"Key": "access_logs.s3.prefix", "Value": "alb"}])


@proves(elbv2_access_logs.bucket_is_tried)
def test_the_bucket_of_access_logs_must_let_them_in(aws: Aws) -> None:
    arn = _make(aws)["LoadBalancerArn"]
    with refused("InvalidConfigurationRequest", "Access Denied for bucket: logs. Please check S3bucket permission"):
        _log(aws, arn)
    aws("s3").create_bucket(Bucket="logs")
    with refused("InvalidConfigurationRequest"):
        _log(aws, arn)
    for wrong in {"Effect": "Deny"}, {"Action": "s3:GetObject"}, {"Resource": "arn:aws:s3:::logs/AWSLogs/*"}, {
            "Principal": {"Service": "delivery.logs.amazonaws.com"}}, {"Principal": {"AWS": "127311923021"}}:
        aws("s3").put_bucket_policy(Bucket="logs", Policy=_policy(**wrong))
        with refused("InvalidConfigurationRequest"):
            _log(aws, arn)
    aws("s3").put_bucket_policy(Bucket="logs", Policy=_policy())
    _log(aws, arn)
    files = aws("s3").list_objects_v2(Bucket="logs")["Contents"]
    assert [one["Key"] for one in files] == ["alb/AWSLogs/123456789012/ELBAccessLogTestFile"]
    aws("elbv2").delete_load_balancer(LoadBalancerArn=arn)


@proves(elbv2_access_logs.bucket_is_tried)
@pytest.mark.parametrize(("algorithm", "works"), [("AES256", True), ("aws:kms", False)])
def test_the_bucket_of_access_logs_is_not_under_kms(aws: Aws, algorithm: str, works: bool) -> None:
    arn = _make(aws)["LoadBalancerArn"]
    aws("s3").create_bucket(Bucket="logs")
    aws("s3").put_bucket_policy(Bucket="logs", Policy=_policy())
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    aws("s3").put_bucket_encryption(Bucket="logs", ServerSideEncryptionConfiguration={"Rules": [rule]})
    if works:
        _log(aws, arn)
        assert aws("s3").list_objects_v2(Bucket="logs")["KeyCount"] == 1
    else:
        with refused("InvalidConfigurationRequest"):
            _log(aws, arn)


@proves(elbv2_access_logs.last_log_is_due, elbv2_access_logs.last_log_arrives)
@pytest.mark.slow_clock
def test_the_last_access_log_arrives_after_the_bucket_was_emptied(aws: Aws) -> None:
    s3, arn = aws("s3"), _make(aws)["LoadBalancerArn"]
    s3.create_bucket(Bucket="logs")
    aws.wait(durations.BUCKET_VISIBLE)
    s3.put_bucket_policy(Bucket="logs", Policy=_let_in())
    _log(aws, arn)
    aws("elbv2").delete_load_balancer(LoadBalancerArn=arn)
    s3.delete_object(Bucket="logs", Key="alb/AWSLogs/123456789012/ELBAccessLogTestFile")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket="logs")
    last, = s3.list_objects_v2(Bucket="logs")["Contents"]
    s3.delete_object(Bucket="logs", Key=last["Key"])
    s3.delete_bucket(Bucket="logs")


@pytest.mark.slow_clock
@pytest.mark.parametrize(("seconds", "policy"), [(301, True), (0, False)])
def test_no_access_log_arrives_later_or_where_it_is_not_let_in(aws: Aws, seconds: float, policy: bool) -> None:
    s3, arn = aws("s3"), _make(aws)["LoadBalancerArn"]
    s3.create_bucket(Bucket="logs")
    aws.wait(durations.BUCKET_VISIBLE)
    s3.put_bucket_policy(Bucket="logs", Policy=_let_in())
    _log(aws, arn)
    aws("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
        {"Key": "access_logs.s3.enabled", "Value": "false"}])
    s3.delete_object(Bucket="logs", Key="alb/AWSLogs/123456789012/ELBAccessLogTestFile")
    aws.wait(seconds)
    if not policy:
        s3.delete_bucket_policy(Bucket="logs")
    s3.delete_bucket(Bucket="logs")


@proves(elbv2_access_logs.bucket_is_tried)
def test_the_bucket_of_access_logs_is_in_the_region(aws: Aws) -> None:
    arn = _make(aws)["LoadBalancerArn"]
    aws("s3", WEST).create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": WEST})
    aws("s3", WEST).put_bucket_policy(Bucket="logs", Policy=_policy())
    with refused("InvalidConfigurationRequest"):
        _log(aws, arn)
    assert arn.split(":")[3] == EAST


@proves(elbv2.ssl_policies_are_known)
def test_an_unknown_ssl_policy_is_said(aws: Aws) -> None:
    client = aws("elbv2")
    known = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert client.describe_ssl_policies(Names=[known])["SslPolicies"][0]["Name"] == known
    with refused("SSLPolicyNotFound"):
        client.describe_ssl_policies(Names=["ELBSecurityPolicy-2099"])
    with refused("SSLPolicyNotFound"):
        client.create_listener(
            LoadBalancerArn=_make(aws)["LoadBalancerArn"], Protocol="HTTPS", Port=443,
            SslPolicy="ELBSecurityPolicy-2099", DefaultActions=[{"Type": "forward", "TargetGroupArn": _group(aws)}])
