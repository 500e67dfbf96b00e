"""What AWS has made and doesn't show everywhere yet: for some seconds, uses that come too soon find nothing there."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from moto.kms.models import kms_backends

from tapctl.emulator import durations, lifecycle, principals
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects
from tapctl.emulator.corrections.autoscaling import profile_of

_UNSEEN = "unseen"
_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html"
_KEY_POLICY = "https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html"
_EC2 = "https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html"
_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html"
_PROFILES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html"


def _begin(seconds: float, *what: Hashable) -> None:
    lifecycle.begin(_UNSEEN, what, ("unseen", seconds))


def _unseen(*what: Hashable) -> bool:
    return lifecycle.state(_UNSEEN, what) is not None


# ---------------------------------------------------------------- KMS
@corrects("kms", "CreateKey", page=_KMS)
def key_is_new(call: Call, ask: Ask) -> Answer:
    """It takes a moment until all of KMS knows of a key."""
    answer = ask()
    _begin(durations.KEY_VISIBLE, "key", answer["KeyMetadata"]["KeyId"])
    return answer


@corrects("kms", "CreateAlias", "DescribeKey", "EnableKeyRotation", "GetKeyPolicy", "GetKeyRotationStatus",
          "ListResourceTags", "PutKeyPolicy", "TagResource", page=_KMS)
def new_key_is_not_found(call: Call, ask: Ask) -> Answer:
    """However it is named."""
    named = call.params.get("TargetKeyId") or call.params["KeyId"]
    if _unseen("key", kms_backends[ACCOUNT][call.region].get_key_id(named)):
        raise Refusal("NotFoundException", f"Key '{named}' does not exist")
    return ask()


@corrects("kms", "ListKeys", page=_KMS)
def new_key_is_not_listed(call: Call, ask: Ask) -> Answer:
    """Nor is it among all keys."""
    answer = ask()
    answer["Keys"] = [key for key in answer["Keys"] if not _unseen("key", key["KeyId"])]
    return answer


# ---------------------------------------------------------------- IAM
@corrects("iam", "CreateInstanceProfile", "CreateRole", page=_IAM)
def name_is_new(call: Call, ask: Ask) -> Answer:
    """Changes in IAM take time until they are known everywhere."""
    answer = ask()
    for member, name in call.params.items():
        if member in ("RoleName", "InstanceProfileName"):
            _begin(durations.ROLE_VISIBLE, member, name)
    _begin(durations.PROFILE_LAUNCHES, "launches", call.params.get("InstanceProfileName"))
    return answer


@corrects("iam", "CreateRole", "CreateServiceLinkedRole", page=_KEY_POLICY)
def principal_is_new(call: Call, ask: Ask) -> Answer:
    """A new principal "might not be immediately visible" to who reads a resource's policy."""
    answer = ask()
    principals.born(answer["Role"]["Arn"])
    return answer


@corrects("iam", "AddRoleToInstanceProfile", "PutRolePolicy", page=_IAM)
def new_name_is_not_found(call: Call, ask: Ask) -> Answer:
    """Not even by IAM itself."""
    for member, what in (("InstanceProfileName", "Instance Profile"), ("RoleName", "The role with name")):
        name = call.params.get(member)
        if _unseen(member, name):
            raise Refusal("NoSuchEntity", f"{what} {name} cannot be found.", 404)
    return ask()


@corrects("autoscaling", "CreateAutoScalingGroup", page=_PROFILES)
def new_profile_launches_nothing(call: Call, ask: Ask) -> Answer:
    """EC2 learns of a profile seconds after IAM does."""
    name = profile_of(call).get("Name")
    if _unseen("launches", name):
        raise Refusal("ValidationError", "You must use a valid fully-formed launch template. Value "
                      f"({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")
    return ask()


# ---------------------------------------------------------------- EC2
#: By the parameter that names it: the error, and where an answer lists it.
_OF_EC2 = {"GroupId": ("InvalidGroup.NotFound", "SecurityGroups"),
           "VpcEndpointId": ("InvalidVpcEndpointId.NotFound", "VpcEndpoints")}


@corrects("ec2", "CreateSecurityGroup", "CreateVpcEndpoint", page=_EC2)
def id_is_new(call: Call, ask: Ask) -> Answer:
    """It takes a moment until it is known to all of EC2."""
    answer = ask()
    _begin(durations.EC2_VISIBLE, answer.get("GroupId") or answer["VpcEndpoint"]["VpcEndpointId"])
    return answer


@corrects("ec2", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "DescribeSecurityGroups",
          "DescribeVpcEndpoints", "ModifyVpcEndpoint", "RevokeSecurityGroupEgress", page=_EC2)
def new_id_is_not_found(call: Call, ask: Ask) -> Answer:
    """And where all are listed, it isn't among them."""
    for member, (error, _) in _OF_EC2.items():
        for identifier in _named(call.params, member):
            if _unseen(identifier):
                raise Refusal(error, f"The id '{identifier}' does not exist")
    answer = ask()
    for member, (_, listed) in _OF_EC2.items():
        if listed in answer:
            answer[listed] = [one for one in answer[listed] if not _unseen(one[member])]
    return answer


def _named(params: dict[str, Any], member: str) -> Iterable[str]:
    return [*params.get(f"{member}s", ()), *([params[member]] if member in params else ())]


# ---------------------------------------------------------------- RDS, S3
@corrects("rds", "CreateDBSubnetGroup", page=_RDS)
def subnet_group_is_new(call: Call, ask: Ask) -> Answer:
    """It takes a moment until a database can be made in it."""
    answer = ask()
    _begin(durations.SUBNET_GROUP_VISIBLE, "subnet group", call.region, call.params["DBSubnetGroupName"])
    return answer


@corrects("rds", "CreateDBInstance", "CreateDBInstanceReadReplica", page=_RDS)
def new_subnet_group_is_not_found(call: Call, ask: Ask) -> Answer:
    """DBSubnetGroupNotFoundFault, though a look shows it."""
    name = call.params.get("DBSubnetGroupName")
    if _unseen("subnet group", call.region, name):
        raise Refusal("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", 404)
    return ask()


@corrects("s3", "CreateBucket", page=_S3)
def bucket_is_new(call: Call, ask: Ask) -> Answer:
    """Buckets' configurations are consistent only in the end."""
    answer = ask()
    _begin(durations.BUCKET_VISIBLE, "bucket", call.params["Bucket"])
    return answer


@corrects("s3", "PutBucketEncryption", "PutBucketLifecycleConfiguration", "PutBucketOwnershipControls",
          "PutBucketPolicy", "PutBucketTagging", "PutBucketVersioning", "PutPublicAccessBlock", page=_S3)
def new_bucket_is_not_found(call: Call, ask: Ask) -> Answer:
    """NoSuchBucket, though it is there."""
    if _unseen("bucket", call.params["Bucket"]):
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
    return ask()
