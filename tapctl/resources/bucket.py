"""The two log buckets of a region: the application's, under the stack's key, and the load balancer's, under SSE-S3.

Two, because AWS delivers access logs only to a bucket whose default encryption is SSE-S3.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.model import Aspect, Aws, Blocked, Born, Found, Gone, Out, Ref, Refused, Resource
from tapctl.naming import BUCKET_ROLES, claims, tag_dict, tag_list
from tapctl.policy import canonical, document, dumps
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, code, tolerate

DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
STALE_UPLOAD_DAYS = 7
FORBIDDEN = ("AccessDenied", "403")
#: What lifecycle rules delete -> where they say after how many days.
AGES = {"objects": ("Expiration", "Days"), "replaced versions": ("NoncurrentVersionExpiration", "NoncurrentDays")}
PAGE = 1000  # objects that one DeleteObjects takes


def s3(aws: Aws, operation: str, bucket: str, **parameters: Any) -> Any:
    """A call on a bucket that must be this account's: of a stranger's of the same name, nothing is asked or told."""
    call = getattr(aws.client("s3"), operation)
    # one that was made just now may not be known everywhere yet
    passing = ("OperationAborted", "NoSuchBucket") if operation.startswith("put_") else ("OperationAborted",)
    return tolerate(lambda: call(Bucket=bucket, ExpectedBucketOwner=aws.place.account, **parameters), *passing)


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    s3(aws, "put_bucket_tagging", it.id, Tagging={"TagSet": tag_list({**it.tags, **tags})})


PUBLIC_ACCESS_BLOCK = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def want_block(r: Bucket, out: Out) -> dict[str, bool]:
    return dict.fromkeys(PUBLIC_ACCESS_BLOCK, True)


def read_block(aws: Aws, it: Found) -> dict[str, bool]:
    answer = absent(lambda: s3(aws, "get_public_access_block", it.id), "NoSuchPublicAccessBlockConfiguration")
    found = answer["PublicAccessBlockConfiguration"] if answer else {}
    return {name: bool(found.get(name)) for name in PUBLIC_ACCESS_BLOCK}


def put_block(aws: Aws, it: Found, have: dict[str, bool], want: dict[str, bool]) -> None:
    s3(aws, "put_public_access_block", it.id, PublicAccessBlockConfiguration=want)


def want_ownership(r: Bucket, out: Out) -> str:
    return "BucketOwnerEnforced"


def read_ownership(aws: Aws, it: Found) -> str:
    answer = absent(lambda: s3(aws, "get_bucket_ownership_controls", it.id), "OwnershipControlsNotFoundError")
    return str(answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"]) if answer else "ObjectWriter"


def put_ownership(aws: Aws, it: Found, have: str, want: str) -> None:
    s3(aws, "put_bucket_ownership_controls", it.id, OwnershipControls={"Rules": [{"ObjectOwnership": want}]})


def want_versioning(r: Bucket, out: Out) -> str:
    return "Enabled"


def read_versioning(aws: Aws, it: Found) -> str:
    return str(s3(aws, "get_bucket_versioning", it.id).get("Status", "Off"))


def put_versioning(aws: Aws, it: Found, have: str, want: str) -> None:
    s3(aws, "put_bucket_versioning", it.id, VersioningConfiguration={"Status": want})


SSE_S3: dict[str, Any] = {"SSEAlgorithm": "AES256", "BucketKeyEnabled": False}


def want_encryption(r: Bucket, out: Out) -> dict[str, Any]:
    if r.cmk is None:
        return SSE_S3
    return {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": out(r.cmk).id, "BucketKeyEnabled": True}


def read_encryption(aws: Aws, it: Found) -> dict[str, Any]:
    rule = s3(aws, "get_bucket_encryption", it.id)["ServerSideEncryptionConfiguration"]["Rules"][0]
    return {**rule["ApplyServerSideEncryptionByDefault"], "BucketKeyEnabled": bool(rule.get("BucketKeyEnabled"))}


def put_encryption(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    default = {name: value for name, value in want.items() if name != "BucketKeyEnabled"}
    s3(aws, "put_bucket_encryption", it.id, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": want["BucketKeyEnabled"]}]})


def want_lifecycle(r: Bucket, out: Out) -> dict[str, Any]:
    """By rule id. Without an age, objects stay, and only delete markers that hide nothing expire."""
    expiration = {"ExpiredObjectDeleteMarker": True} if r.expire_days is None else {"Days": r.expire_days}
    return {"expire": {"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": expiration,
                       "NoncurrentVersionExpiration": {"NoncurrentDays": r.noncurrent_days},
                       "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": STALE_UPLOAD_DAYS}}}


def read_lifecycle(aws: Aws, it: Found) -> dict[str, Any]:
    answer = absent(lambda: s3(aws, "get_bucket_lifecycle_configuration", it.id), "NoSuchLifecycleConfiguration")
    rules = answer["Rules"] if answer else []
    return {rule["ID"]: {name: value for name, value in rule.items() if name != "ID"} for rule in rules}


def put_lifecycle(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    s3(aws, "put_bucket_lifecycle_configuration", it.id, LifecycleConfiguration={
        "Rules": [{"ID": name, **rule} for name, rule in want.items()]})


def expires(have: dict[str, Any], want: dict[str, Any]) -> str:
    """What S3 deletes under the rules to come and didn't under those in force."""
    return "; ".join(f"{what} older than {days} days" for what, path in AGES.items()
                     if (days := least(want, *path)) < least(have, *path))


def least(rules: dict[str, Any], action: str, age: str) -> float:
    """Days after which a rule in force does so in the whole bucket; infinity: none does."""
    return min((rule[action][age] for rule in rules.values() if rule["Status"] == "Enabled"
                and {*rule.get(action, {})} == {age} and not any(rule.get("Filter", {}).values())), default=math.inf)


def want_policy(r: Bucket, out: Out) -> dict[str, Any]:
    place = r.place
    bucket = place.arn("s3", r.bucket, region="", account="")
    statements: list[dict[str, Any]] = [
        {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [bucket, f"{bucket}/*"],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]
    if r.cmk is None:
        statements.append(
            {"Sid": "AccessLogs", "Effect": "Allow", "Principal": {"Service": DELIVERY}, "Action": "s3:PutObject",
             "Resource": f"{bucket}/AWSLogs/{place.account}/*",
             "Condition": {"ArnLike": {"aws:SourceArn": place.arn("elasticloadbalancing", "loadbalancer/*")}}})
    return document(*statements)


def read_policy(aws: Aws, it: Found) -> dict[str, Any] | None:
    answer = absent(lambda: s3(aws, "get_bucket_policy", it.id), "NoSuchBucketPolicy")
    return canonical(answer["Policy"]) if answer else None


def put_policy(aws: Aws, it: Found, have: dict[str, Any] | None, want: dict[str, Any] | None) -> None:
    s3(aws, "put_bucket_policy", it.id, Policy=dumps(want or {}))


TAGS = tags_aspect(put_tags)
OWNERSHIP = Aspect("object_ownership", want_ownership, read_ownership, put_ownership, born=Born.SET)
BLOCK = Aspect("public_access_block", want_block, read_block, put_block)  # on by default since 2023: asked, not assumed
VERSIONING = Aspect("versioning", want_versioning, read_versioning, put_versioning, born="Off")
ENCRYPTION = Aspect("encryption", want_encryption, read_encryption, put_encryption, born=SSE_S3)
LIFECYCLE = Aspect("lifecycle", want_lifecycle, read_lifecycle, put_lifecycle, born=dict[str, Any](), loses=expires)
POLICY = Aspect("policy", want_policy, read_policy, put_policy, born=None)


# ---------------------------------------------------------------- the bucket
@dataclass(frozen=True)
class Bucket(Resource):
    """purpose: one of naming.BUCKET_ROLES; cmk: the key it is encrypted under, None for SSE-S3; ages in days."""

    purpose: str
    noncurrent_days: int
    expire_days: int | None
    cmk: Ref | None = None
    kind: ClassVar[str] = "bucket"
    uses: ClassVar[frozenset[str]] = frozenset({"kms_key", "stray_key"})
    holds_data: ClassVar[str] = "every object, in all its versions"
    # the public access block before the policy: a mistake in the policy can't open the bucket even for a moment
    aspects: ClassVar[tuple[Aspect[Bucket, Any], ...]] = (
        TAGS, BLOCK, OWNERSHIP, VERSIONING, ENCRYPTION, LIFECYCLE, POLICY)

    @property
    def role(self) -> str:
        return self.purpose

    @property
    def bucket(self) -> str:
        return self.place.bucket_name(self.purpose)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        for purpose in BUCKET_ROLES:
            name = aws.place.bucket_name(purpose)
            try:
                answer = absent(partial(s3, aws, "get_bucket_tagging", name), "NoSuchBucket", "NoSuchTagSet")
            except ClientError as error:
                if code(error) not in FORBIDDEN or _listed(aws, name):
                    raise
                continue  # another account's
            tags = tag_dict(answer["TagSet"]) if answer else {}
            key = claims(tags, aws.place)
            if key == f"{aws.place.region}/{cls.kind}/{purpose}":
                yield Found(key, name, {}, tags)

    def create(self, aws: Aws, out: Out) -> Found:
        # outside the account's own name space, S3 in us-east-1 answers "made" for a bucket that the account has already
        try:
            there = absent(lambda: s3(aws, "head_bucket", self.bucket), "404", "NoSuchBucket")
        except ClientError as error:
            if code(error) not in FORBIDDEN:
                raise
            raise Refused(f"another account has a bucket {self.bucket}; it is left as it is. Choose another project or "
                          "environment name. Or s3:ListBucket is not allowed: S3 answers the same to that") from error
        if there is not None:
            raise Refused(f"there is a bucket {self.bucket} without this stack's tags; it is left as it is")
        configuration: dict[str, Any] = {"Tags": tag_list(self.tags)}
        if self.place.region != "us-east-1":
            configuration["LocationConstraint"] = self.place.region
        namespace = {"BucketNamespace": "account-regional"} if self.place.has_account_buckets else {}
        tolerate(lambda: aws.client("s3").create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration=configuration, ObjectOwnership="BucketOwnerEnforced",
            **namespace), "OperationAborted", seconds=300)  # a bucket of this name is just being deleted
        return Found(self.key, self.bucket, {}, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        """The policy first, so that nothing is delivered any more; then everything in it; then the bucket."""
        try:
            s3(aws, "delete_bucket_policy", it.id)
            _empty(aws, it.id)
            s3(aws, "delete_bucket", it.id)
        except ClientError as error:
            if code(error) == "BucketNotEmpty":
                raise Blocked("an object arrived while it was emptied") from error
            if code(error) != "NoSuchBucket":
                raise
        return Gone.NOW


def _listed(aws: Aws, bucket: str) -> bool:
    """Whether it is this account's: S3 answers the same to who may not look and to who asks for a stranger's."""
    return any(one["Name"] == bucket for one in aws.client("s3").list_buckets()["Buckets"])


def _empty(aws: Aws, bucket: str) -> None:
    client, owner = aws.client("s3"), aws.place.account
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, ExpectedBucketOwner=owner):
        versions = [{"Key": v["Key"], "VersionId": v["VersionId"]}
                    for side in ("Versions", "DeleteMarkers") for v in page.get(side, [])]
        if versions:
            answer = s3(aws, "delete_objects", bucket, Delete={"Objects": versions[:PAGE], "Quiet": True})
            for refused in answer.get("Errors", []):  # in an answer of status 200
                raise Blocked(f"{refused['Key']}: {refused['Code']}: {refused.get('Message', '')}")
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, ExpectedBucketOwner=owner):
        for upload in page.get("Uploads", []):
            s3(aws, "abort_multipart_upload", bucket, Key=upload["Key"], UploadId=upload["UploadId"])
