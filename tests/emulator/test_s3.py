from __future__ import annotations

import json
from typing import Any

import pytest

from tapctl.emulator.corrections import s3
from tests.emulator.conftest import EAST, WEST, Aws
from tests.emulator.proof import proves, refused

TAGS = [{"Key": "Project", "Value": "x"}]


def _make(aws: Aws, name: str = "logs", region: str = WEST, **parameters: Any) -> None:
    place = {} if region == EAST else {"LocationConstraint": region}
    aws("s3", region).create_bucket(Bucket=name, CreateBucketConfiguration={**place, "Tags": TAGS}, **parameters)


@proves(s3.tags_of_birth)
def test_a_bucket_is_born_with_its_tags(aws: Aws) -> None:
    _make(aws, region=EAST)
    aws("s3").create_bucket(Bucket="logs", CreateBucketConfiguration={"Tags": [{"Key": "other", "Value": "y"}]})
    assert aws("s3").get_bucket_tagging(Bucket="logs")["TagSet"] == TAGS


def test_a_bucket_may_have_no_tags(aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="logs")
    with refused("NoSuchTagSet"):
        aws("s3").get_bucket_tagging(Bucket="logs")


@proves(s3.location_is_the_endpoints)
def test_a_bucket_is_made_where_the_endpoint_is(aws: Aws) -> None:
    with refused("IllegalLocationConstraintException"):
        aws("s3").create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": WEST})
    _make(aws, region=WEST)
    assert aws("s3", WEST).get_bucket_location(Bucket="logs")["LocationConstraint"] == WEST


@proves(s3.own_namespace)
@pytest.mark.parametrize("region", [EAST, WEST])
def test_a_name_in_the_accounts_namespace_is_made_once(aws: Aws, region: str) -> None:
    name = f"logs-123456789012-{region}-an"
    with refused("InvalidBucketName"):
        _make(aws, name, region)
    _make(aws, name, region, BucketNamespace="account-regional")
    with refused("BucketAlreadyOwnedByYou"):
        _make(aws, name, region, BucketNamespace="account-regional")


@proves(s3.born_closed)
def test_a_bucket_is_born_closed(aws: Aws) -> None:
    _make(aws)
    block = aws("s3", WEST).get_public_access_block(Bucket="logs")["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    rules = aws("s3", WEST).get_bucket_ownership_controls(Bucket="logs")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


@proves(s3.born_closed)
def test_making_it_again_does_not_close_it_again(aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="logs", ObjectOwnership="ObjectWriter")
    aws("s3").delete_public_access_block(Bucket="logs")
    aws("s3").create_bucket(Bucket="logs")
    with refused("NoSuchPublicAccessBlockConfiguration"):
        aws("s3").get_public_access_block(Bucket="logs")
    rules = aws("s3").get_bucket_ownership_controls(Bucket="logs")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "ObjectWriter"}]
    aws("s3").create_bucket(Bucket="closed")
    aws("s3").get_public_access_block(Bucket="closed")


@proves(s3.always_encrypted)
def test_every_bucket_is_encrypted(aws: Aws) -> None:
    _make(aws)
    rules = aws("s3", WEST).get_bucket_encryption(Bucket="logs")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_an_encryption_that_was_set_is_told(aws: Aws) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"},
            "BucketKeyEnabled": True}
    _make(aws)
    aws("s3", WEST).put_bucket_encryption(Bucket="logs", ServerSideEncryptionConfiguration={"Rules": [rule]})
    told = aws("s3", WEST).get_bucket_encryption(Bucket="logs")["ServerSideEncryptionConfiguration"]["Rules"]
    assert told == [rule]
    with refused("NoSuchBucket"):
        aws("s3", WEST).get_bucket_encryption(Bucket="nowhere")


@proves(s3.expected_owner_is_checked)
def test_somebody_elses_bucket_is_not_touched(aws: Aws) -> None:
    _make(aws)
    client = aws("s3", WEST)
    with refused("AccessDenied"):
        client.put_object(Bucket="logs", Key="k", Body=b"x", ExpectedBucketOwner="210987654321")
    client.put_object(Bucket="logs", Key="a b/ü", Body=b"x", ExpectedBucketOwner="123456789012")
    read = client.get_object(Bucket="logs", Key="a b/ü", ExpectedBucketOwner="123456789012")
    assert read["Body"].read() == b"x"
    with refused("404"):
        client.head_bucket(Bucket="nowhere", ExpectedBucketOwner="210987654321")


@proves(s3.bucket_policy_principals_exist)
def test_a_bucket_policy_names_only_principals_that_exist(aws: Aws) -> None:
    _make(aws)
    account, role = "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/app"
    for named in [account, role], role:
        with refused("MalformedPolicy", "Invalid principal in policy"):
            _let_in(aws, {"AWS": named})
    aws("iam").create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    for principal in {"AWS": [account, role]}, {"Service": "logging.s3.amazonaws.com"}, "*":
        _let_in(aws, principal)


def _let_in(aws: Aws, principal: Any) -> None:
    aws("s3", WEST).put_bucket_policy(Bucket="logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}]}))
