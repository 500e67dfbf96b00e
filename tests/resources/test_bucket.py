from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from tapctl.model import Blocked, Found, Gone, Refused
from tapctl.naming import tag_list
from tapctl.policy import canonical
from tapctl.resources import bucket
from tapctl.resources.bucket import Bucket
from tests.resources.part import NewPart, Part

pytestmark = pytest.mark.usefixtures("spare")
ACCOUNT = "123456789012"
APP, ALB = (f"tapstack-production-{role}-{ACCOUNT}-us-east-1-an" for role in ("logs", "alb-logs"))
ROOT = "us-east-1/bucket"
CLOSED = dict.fromkeys(bucket.PUBLIC_ACCESS_BLOCK, True)
TLS_ONLY = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def rule(objects: int | None = None, versions: int | None = None, **more: Any) -> dict[str, Any]:
    """A lifecycle rule of these ages in days."""
    ages = {"Expiration": {"Days": objects}, "NoncurrentVersionExpiration": {"NoncurrentDays": versions}}
    return {"Status": "Enabled", **{name: age for name, age in ages.items() if None not in age.values()}, **more}


@pytest.mark.parametrize(("have", "loses"), [
    ({}, "objects older than 90 days; replaced versions older than 30 days"), ({"a": rule(90, 30)}, ""),
    ({"a": rule(1, 1)}, ""), ({"a": rule(91, 30)}, "objects older than 90 days"),
    ({"a": rule(9), "b": rule(versions=31)}, "replaced versions older than 30 days"),
    # what is deleted of a part, or not of all versions, says nothing of the rest
    ({"a": rule(9, 9, Filter={"Prefix": "x/"})}, "objects older than 90 days; replaced versions older than 30 days"),
    ({"a": rule(9, 9, Status="Disabled")}, "objects older than 90 days; replaced versions older than 30 days"),
    ({"a": rule(9, NoncurrentVersionExpiration={"NoncurrentDays": 9, "NewerNoncurrentVersions": 5})},
     "replaced versions older than 30 days"),
])
def test_what_stricter_rules_delete(have: dict[str, Any], loses: str) -> None:
    assert bucket.expires(have, {"expire": rule(90, 30, Filter={"Prefix": ""})}) == loses
    assert bucket.expires(have, {}) == ""


@pytest.fixture
def fresh(part: NewPart) -> Part:
    return part("bucket", regions=("us-east-1",))


@pytest.fixture
def buckets(fresh: Part) -> Part:
    fresh.made()
    return fresh


def policy(s3: Any, name: str) -> dict[str, Any]:
    document = canonical(s3.get_bucket_policy(Bucket=name)["Policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def s3_calls(calls: list[Any], name: str) -> list[str]:
    return [call.operation for call in calls if call.service == "s3" and call.params["Bucket"] == name]


def names(s3: Any) -> set[str]:
    return {one["Name"] for one in s3.list_buckets()["Buckets"]}


# ---------------------------------------------------------------- whose it is
def test_one_of_another_account_is_named_and_left(fresh: Part) -> None:
    """Where S3 has no name space of the account's, anybody may have the name."""
    there = fresh.cloud.at("me-south-1")
    mine = Bucket(there.place, "logs", 1, None)
    s3_backends["210987654321"]["aws"].create_bucket(mine.bucket, "me-south-1")
    assert list(Bucket.owned(there)) == []
    with pytest.raises(Refused, match=f"another account has a bucket {mine.bucket}"):
        mine.create(there, lambda ref: Found("", "", {}))


def test_not_allowed_to_look_is_not_somebody_elses(buckets: Part) -> None:
    with (buckets.refusing("s3", "GetBucketTagging", "AccessDenied", "not allowed"),
          pytest.raises(ClientError, match="GetBucketTagging")):
        list(Bucket.owned(buckets.cloud))
    with (buckets.refusing("s3", "HeadBucket", "400", "Bad Request"), pytest.raises(ClientError, match="HeadBucket")):
        Bucket(buckets.place, "logs", 1, None).create(buckets.cloud, lambda ref: Found("", "", {}))


# ---------------------------------------------------------------- birth
def test_they_are_born_closed_versioned_and_encrypted(fresh: Part) -> None:
    up, s3 = fresh.made(), fresh.client("s3")
    after = ["PutBucketLifecycleConfiguration", "PutBucketPolicy"]
    assert s3_calls(up.mutating, APP) == ["CreateBucket", "PutBucketVersioning", "PutBucketEncryption", *after]
    assert s3_calls(up.mutating, ALB) == ["CreateBucket", "PutBucketVersioning", *after]
    for name in (APP, ALB):
        assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == CLOSED
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        rule, = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        assert rule["Expiration"] == {"ExpiredObjectDeleteMarker": True}
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == fresh.settings.logs.noncurrent_days
    default, = s3.get_bucket_encryption(Bucket=APP)["ServerSideEncryptionConfiguration"]["Rules"]
    assert default == {"BucketKeyEnabled": True, "ApplyServerSideEncryptionByDefault": {
        "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": fresh.found("us-east-1/kms_key").id}}
    default, = s3.get_bucket_encryption(Bucket=ALB)["ServerSideEncryptionConfiguration"]["Rules"]
    assert default["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}  # or no access log arrives
    fresh.at_rest()
    fresh.gone()


def test_their_policies(buckets: Part) -> None:
    s3 = buckets.client("s3")
    app, alb = f"arn:aws:s3:::{APP}", f"arn:aws:s3:::{ALB}"
    assert policy(s3, APP) == {"TlsOnly": TLS_ONLY | {"Resource": [app, f"{app}/*"]}}
    assert policy(s3, ALB) == {
        "TlsOnly": TLS_ONLY | {"Resource": [alb, f"{alb}/*"]},
        "AccessLogs": {
            "Sid": "AccessLogs", "Effect": "Allow", "Action": "s3:PutObject",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Resource": f"{alb}/AWSLogs/{ACCOUNT}/*",
            "Condition": {"ArnLike": {
                "aws:SourceArn": f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/*"}}}}


def test_objects_expire_if_configured(part: NewPart) -> None:
    stack = part("bucket", regions=("us-east-1",), **{"logs.object_days": 400})
    stack.made()
    rule, = stack.client("s3").get_bucket_lifecycle_configuration(Bucket=APP)["Rules"]
    assert rule["Expiration"] == {"Days": 400}
    stack.at_rest()


@pytest.mark.parametrize(("region", "end", "namespace"), [
    ("us-east-1", "-us-east-1-an", "account-regional"),
    ("us-west-2", "-us-west-2-an", "account-regional"),
    ("me-central-1", "-me-central-1", None)])
def test_where_they_are_made(fresh: Part, region: str, end: str, namespace: str | None) -> None:
    there = fresh.cloud.at(region)
    made = Bucket(there.place, "alb-logs", 30, None).create(there, lambda ref: fresh.found(ref.key))
    call, = fresh.meter.mutating
    assert call.params["Bucket"] == f"tapstack-production-alb-logs-{ACCOUNT}{end}"
    assert call.params["CreateBucketConfiguration"].get("LocationConstraint") == (
        None if region == "us-east-1" else region)  # which is no constraint that S3 takes
    assert call.params.get("BucketNamespace") == namespace
    assert [(it.id, it.tags) for it in Bucket.owned(there)] == [(made.id, there.place.tags(made.key))]


# ---------------------------------------------------------------- drift
def test_what_somebody_took_away_is_put_back(buckets: Part) -> None:
    s3 = buckets.client("s3")
    before = policy(s3, ALB)
    s3.delete_public_access_block(Bucket=ALB)
    s3.delete_bucket_ownership_controls(Bucket=ALB)
    s3.delete_bucket_lifecycle(Bucket=ALB)
    s3.delete_bucket_policy(Bucket=ALB)
    s3.put_bucket_versioning(Bucket=ALB, VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_encryption(Bucket=ALB, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]})
    up = buckets.mends(*(f"{ROOT}/alb-logs {aspect}" for aspect in (
        "encryption", "lifecycle", "object_ownership", "policy", "public_access_block", "versioning")))
    assert s3_calls(up.mutating, ALB)[0] == "PutPublicAccessBlock"  # before any policy
    assert policy(s3, ALB) == before


def test_tags_of_others_stay(buckets: Part) -> None:
    s3, tags = buckets.client("s3"), buckets.found(f"{ROOT}/logs").tags
    s3.put_bucket_tagging(Bucket=APP, Tagging={
        "TagSet": tag_list({**tags, "Owner": "somebody", "theirs": "stays"})})
    buckets.mends(f"{ROOT}/logs tags")
    assert buckets.found(f"{ROOT}/logs").tags == {**tags, "theirs": "stays"}


# ---------------------------------------------------------------- whose it is
@pytest.mark.parametrize("tags", [
    {}, {"tapctl:stack": "TapStack/staging", "tapctl:key": f"{ROOT}/logs"},
    {"tapctl:stack": "TapStack/production", "tapctl:key": f"{ROOT}/alb-logs"}])
def test_one_of_its_name_that_is_not_the_stacks_is_left_as_it_is(fresh: Part, tags: dict[str, str]) -> None:
    s3 = fresh.client("s3")
    s3.create_bucket(Bucket=APP, BucketNamespace="account-regional")
    if tags:
        s3.put_bucket_tagging(Bucket=APP, Tagging={"TagSet": tag_list(tags)})
    s3.put_object(Bucket=APP, Key="theirs", Body=b"theirs")
    up = fresh.up()
    assert f"there is a bucket {APP} without this stack's tags" in up.failures[f"{ROOT}/logs exists"]
    assert s3_calls(up.mutating, APP) == []
    assert fresh.down().complete
    assert s3.get_object(Bucket=APP, Key="theirs")["Body"].read() == b"theirs"


def test_of_a_stranger_s_bucket_nothing_is_asked_or_told(buckets: Part) -> None:
    for call in buckets.made().calls:
        if call.service == "s3":
            assert call.params["ExpectedBucketOwner"] == ACCOUNT


def test_a_name_that_is_just_being_given_up_is_waited_for(fresh: Part) -> None:
    with (fresh.refusing("s3", "CreateBucket", "OperationAborted", times=2),
          fresh.refusing("s3", "PutBucketVersioning", "OperationAborted", times=2)):
        fresh.made()
    fresh.at_rest()


# ---------------------------------------------------------------- deletion
def opened(stack: Part) -> Any:
    """S3, where moto lets objects into the bucket: it takes a Deny for one whatever its condition."""
    s3 = stack.client("s3")
    s3.delete_bucket_policy(Bucket=APP)
    return s3


def fill(s3: Any, name: str) -> None:
    """Versions of two objects, the marker of one, and half an upload."""
    for body in (b"1", b"2"):
        s3.put_object(Bucket=name, Key="app/one", Body=body)
        s3.put_object(Bucket=name, Key="app/two", Body=body)
    s3.delete_object(Bucket=name, Key="app/one")
    upload = s3.create_multipart_upload(Bucket=name, Key="app/three")["UploadId"]
    s3.upload_part(Bucket=name, Key="app/three", PartNumber=1, UploadId=upload, Body=b"3")


@contextmanager
def before(stack: Part, operation: str, do: Any) -> Iterator[None]:
    """Do it once, just before the operation reaches S3."""
    events, left = stack.cloud.client("s3").meta.events, [do]

    def act(**_: Any) -> None:
        if left:
            left.pop()()

    events.register_first(f"before-call.s3.{operation}", act)
    yield
    events.unregister(f"before-call.s3.{operation}", act)
    assert not left


def test_they_go_with_all_that_is_in_them(buckets: Part) -> None:
    s3 = opened(buckets)
    fill(s3, APP)
    buckets.meter.calls = []
    it = buckets.found(f"{ROOT}/logs")
    assert Bucket.delete(buckets.cloud, it) is Gone.NOW
    assert s3_calls(buckets.meter.mutating, APP) == [
        "DeleteBucketPolicy", "DeleteObjects", "AbortMultipartUpload", "DeleteBucket"]
    deleted = buckets.meter.mutating[1].params["Delete"]["Objects"]
    assert sorted(one["Key"] for one in deleted) == ["app/one"] * 3 + ["app/two"] * 2
    assert names(s3) == {ALB}
    assert Bucket.delete(buckets.cloud, it) is Gone.NOW  # once more
    buckets.gone()


def test_no_call_deletes_more_than_it_may(buckets: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "PAGE", 2)
    fill(opened(buckets), APP)
    buckets.gone()
    sizes = [len(call.params["Delete"]["Objects"]) for call in buckets.meter.calls if call.operation == "DeleteObjects"]
    assert sizes == [2, 2, 1]


def test_an_object_that_arrives_meanwhile_goes_too(buckets: Part) -> None:
    s3, it = buckets.client("s3"), buckets.found(f"{ROOT}/logs")

    def late() -> None:
        s3.put_object(Bucket=APP, Key="late", Body=b"late")

    with before(buckets, "DeleteBucket", late), pytest.raises(Blocked, match="an object arrived"):
        Bucket.delete(buckets.cloud, it)
    assert s3.get_object(Bucket=APP, Key="late")
    with before(buckets, "AbortMultipartUpload", late):
        fill(s3, APP)
        buckets.gone()


def test_what_s3_says_in_an_answer_of_success_is_heard(buckets: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    s3, it = opened(buckets), buckets.found(f"{ROOT}/logs")
    s3.put_object(Bucket=APP, Key="locked", Body=b"")
    client = buckets.cloud.client("s3")
    for said, heard in (({"Message": "Access Denied"}, "locked: AccessDenied: Access Denied"),
                        ({}, "locked: AccessDenied: ")):
        answer = {"Errors": [{"Key": "locked", "Code": "AccessDenied", **said}]}
        with monkeypatch.context() as patch:
            patch.setattr(client, "delete_objects", lambda answer=answer, **named: answer)
            with pytest.raises(Blocked, match=heard):
                Bucket.delete(buckets.cloud, it)
    buckets.gone()


def test_other_refusals_to_go_are_said(buckets: Part) -> None:
    it = buckets.found(f"{ROOT}/logs")
    with buckets.refusing("s3", "DeleteBucket", "AccessDenied", "no"), pytest.raises(ClientError, match="no"):
        Bucket.delete(buckets.cloud, it)
    with buckets.refusing("s3", "DeleteBucketPolicy", "NoSuchBucket"):
        assert Bucket.delete(buckets.cloud, it) is Gone.NOW
