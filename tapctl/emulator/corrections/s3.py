"""S3: what a bucket is born with, whose it is, and where it may be made."""

from __future__ import annotations

from typing import Any

from moto.core.utils import get_service_model
from moto.s3.models import s3_backends

from tapctl.emulator import principals
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects

_CREATE = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"
_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_REGIONAL = "account-regional"
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _bucket(call: Call) -> Any:
    return s3_backends[ACCOUNT]["aws"].buckets.get(call.params["Bucket"])


def _owned_operations() -> list[str]:
    model = get_service_model("s3")
    return [name for name in model.operation_names
            if (shape := model.operation_model(name).input_shape) and "ExpectedBucketOwner" in shape.members]


@corrects("s3", *_owned_operations(), page=_GUIDE + "bucket-owner-condition.html")
def expected_owner_is_checked(call: Call, ask: Ask) -> Answer:
    """moto ignores ExpectedBucketOwner: a bucket of somebody else's would be written to."""
    owner = call.params.get("ExpectedBucketOwner")
    if owner and s3_backends.bucket_accounts.get(call.params["Bucket"], ("aws", owner)) != ("aws", owner):
        raise Refusal("AccessDenied", "Access Denied", 403)
    return ask()


@corrects("s3", "CreateBucket", page=_CREATE)
def location_is_the_endpoints(call: Call, ask: Ask) -> Answer:
    """A regional endpoint makes buckets in its own region only; moto's makes them anywhere."""
    wanted = call.params.get("CreateBucketConfiguration", {}).get("LocationConstraint")
    if wanted and wanted != call.region:
        raise Refusal("IllegalLocationConstraintException", f"The {wanted} location constraint is incompatible for "
                      "the region specific endpoint this request was sent to.")
    return ask()


@corrects("s3", "CreateBucket", page=_GUIDE + "gpbucketnamespaces.html")
def own_namespace(call: Call, ask: Ask) -> Answer:
    """`-an` names belong to the namespace of account and region, where making one's own again is always an error."""
    regional = call.params.get("BucketNamespace") == _REGIONAL
    if call.params["Bucket"].endswith("-an") and not regional:
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.")
    if regional and _bucket(call):
        raise Refusal("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and "
                      "you already own it.", 409)
    return ask()


@corrects("s3", "CreateBucket", page=_CREATE)
def tags_of_birth(call: Call, ask: Ask) -> Answer:
    """Tags come with the creation; moto drops them. Making one's own bucket again doesn't change it."""
    known = _bucket(call)
    answer = ask()
    tags = call.params.get("CreateBucketConfiguration", {}).get("Tags", [])
    if tags and not known:
        s3_backends[ACCOUNT]["aws"].put_bucket_tagging(call.params["Bucket"], {t["Key"]: t["Value"] for t in tags})
    return answer


@corrects("s3", "CreateBucket", page=_GUIDE + "create-bucket-faq.html")
def born_closed(call: Call, ask: Ask) -> Answer:
    """Since April 2023 a new bucket blocks public access and has no ACLs, unless the call says otherwise."""
    known = _bucket(call)
    answer = ask()
    if not known:
        s3_backends[ACCOUNT]["aws"].put_public_access_block(call.params["Bucket"], dict.fromkeys(_BLOCKS, True))
        bucket = _bucket(call)
        bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"
    return answer


@corrects("s3", "PutBucketPolicy", page="https://repost.aws/knowledge-center/s3-invalid-principal-in-policy-error")
def bucket_policy_principals_exist(call: Call, ask: Ask) -> Answer:
    """And are known to S3; moto takes any."""
    if not principals.known(call.params["Policy"]):
        raise Refusal("MalformedPolicy", "Invalid principal in policy")
    return ask()


@corrects("s3", "GetBucketEncryption", page=_GUIDE + "default-encryption-faq.html")
def always_encrypted(call: Call, ask: Ask) -> Answer:
    """Since January 2023 every bucket has at least SSE-S3, which nobody can take away."""
    bucket = _bucket(call)
    if bucket is None or bucket.encryption:
        return ask()
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
