"""What the way through the corrections does for all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from moto.core.exceptions import JsonRESTError
from moto.core.request import Request

from tapctl.emulator import dispatch, wire
from tapctl.emulator.inprocess import emulated
from tapctl.emulator.wire import Scope
from tests.emulator.conftest import EAST, Aws
from tests.emulator.proof import refused


def test_an_operation_that_moto_lacks_is_said_in_the_services_own_words(aws: Aws) -> None:
    with refused("NotImplemented", "the emulator lacks rds DescribeReservedDBInstances"):
        aws("rds").describe_reserved_db_instances()
    with refused("NotImplemented", "the emulator lacks kms GetParametersForImport"):
        aws("kms").get_parameters_for_import(
            KeyId="alias/a", WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_2048")


def test_an_unsigned_request_is_moto_s_own_affair(aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="open", ObjectOwnership="ObjectWriter")
    aws("s3").delete_public_access_block(Bucket="open")
    aws("s3").put_object(Bucket="open", Key="k", Body=b"x", ACL="public-read")
    anybody = boto3.client("s3", region_name=EAST, config=Config(signature_version=UNSIGNED))
    assert anybody.get_object(Bucket="open", Key="k")["Body"].read() == b"x"


def test_a_bucket_may_be_in_the_host_or_in_the_path(aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="logs")
    for style in "path", "virtual":
        client = boto3.client("s3", region_name=EAST, config=Config(s3={"addressing_style": style}))
        client.put_object(Bucket="logs", Key=f"{style}/a b+c", Body=b"x", ExpectedBucketOwner="123456789012")
        client.get_bucket_encryption(Bucket="logs")
    listed = aws("s3").list_objects_v2(Bucket="logs", ExpectedBucketOwner="123456789012")
    assert [one["Key"] for one in listed["Contents"]] == ["path/a b+c", "virtual/a b+c"]


def test_a_host_that_nobody_serves_is_not_found() -> None:
    scope = Scope("key", EAST, "nothing")
    with emulated():
        request = Request.from_primitives("POST", "http://127.0.0.1/", {"Host": "127.0.0.1"}, b"")
        assert dispatch.respond(scope, request)[0] == 404
        elsewhere = Request.from_primitives("POST", "http://127.0.0.1/a/b", {"Host": "127.0.0.1"}, b"")
        assert dispatch.respond(Scope("key", EAST, "rds"), elsewhere)[0] == 404


def test_an_operation_may_be_unknown() -> None:
    request = Request.from_primitives("TRACE", "http://127.0.0.1/b", {"Host": "127.0.0.1"}, b"")
    assert wire.operation_of(Scope("key", EAST, "s3"), request) is None
    assert wire.operation_of(Scope("key", EAST, "rds"), request) is None


@pytest.mark.parametrize(("authorization", "presigned", "scope"), [
    ("AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host", "",
     Scope("KEY", "us-east-1", "monitoring")),
    ("", "KEY/20260101/us-west-2/s3/aws4_request", Scope("KEY", "us-west-2", "s3")),
    ("Bearer x", "", None), ("", "", None),
])
def test_who_signs_and_for_what(authorization: str, presigned: str, scope: Scope | None) -> None:
    assert wire.scope_of(authorization, presigned) == scope
    assert scope is None or wire.signing_name(scope.service) == scope.signing_name


def test_many_threads_may_ask_at_once(aws: Aws) -> None:
    def one(number: int) -> Any:
        aws("logs").create_log_group(logGroupName=f"/{number}")
        aws("s3").create_bucket(Bucket=f"bucket-{number}")
        return aws("logs").describe_log_groups()["logGroups"]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(24)))
    assert len(aws("s3").list_buckets()["Buckets"]) == 24


def test_nothing_is_left_after_an_emulation() -> None:
    with emulated() as world:
        boto3.client("s3", region_name=EAST).create_bucket(Bucket="logs")
        world.regrets.append("something")
    with emulated() as world:
        assert boto3.client("s3", region_name=EAST).list_buckets()["Buckets"] == []
        assert world.regrets == []


def test_what_moto_throws_past_its_own_handlers_is_an_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def throwing(*_: object) -> None:
        raise JsonRESTError("Odd", "out of place")

    monkeypatch.setattr(dispatch, "_handler", lambda *_: throwing)
    request = Request.from_primitives("POST", "http://127.0.0.1/", {"Host": "127.0.0.1"}, b"")
    status, headers, body = dispatch.respond(Scope("key", EAST, "kms"), request)
    assert (status, headers["X-Amzn-ErrorType"]) == (400, "Odd")
    assert "out of place" in str(body)
