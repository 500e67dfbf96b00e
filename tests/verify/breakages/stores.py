"""Encryption, exposure, TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.verify.breakages.database import described, modified
from tests.verify.breakages.table import breaks
from tests.verify.standing import Here


# ---------------------------------------------------------------- encryption
@breaks("encryption.key", "is Disabled")
def key_disabled(here: Here) -> Iterator[None]:
    here("kms").disable_key(KeyId=here.found["kms_key"].id)
    yield
    here("kms").enable_key(KeyId=here.found["kms_key"].id)


@breaks("encryption.grants", "arn:aws:iam::210987654321:role/theirs may Decrypt")
def key_granted(here: Here) -> Iterator[None]:
    kms, key = here("kms"), here.found["kms_key"].id
    grant = kms.create_grant(KeyId=key, GranteePrincipal="arn:aws:iam::210987654321:role/theirs",
                             Operations=["Decrypt"])["GrantId"]
    yield
    kms.revoke_grant(KeyId=key, GrantId=grant)


@breaks("encryption.key", "is not rotated")
def rotation_stopped(here: Here) -> Iterator[None]:
    here("kms").disable_key_rotation(KeyId=here.found["kms_key"].id)
    yield
    here("kms").enable_key_rotation(KeyId=here.found["kms_key"].id)


def encrypted(here: Here, role: str, broken: dict[str, Any], whole: dict[str, Any]) -> Iterator[None]:
    for rule in (broken, whole):
        here("s3").put_bucket_encryption(
            Bucket=here.found[f"bucket/{role}"].id, ServerSideEncryptionConfiguration={"Rules": [
                {"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": "KMSMasterKeyID" in rule}]})
        if rule is broken:
            yield


@breaks("encryption.bucket", "the log bucket is under a key of AWS")
def bucket_under_sse_s3(here: Here) -> Iterator[None]:
    yield from encrypted(here, "logs", {"SSEAlgorithm": "AES256"},
                         {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": here.found["kms_key"].id})


@breaks("encryption.access-logs", "come only to AES256")
def access_logs_under_kms(here: Here) -> Iterator[None]:
    yield from encrypted(here, "alb-logs", {"SSEAlgorithm": "aws:kms"}, {"SSEAlgorithm": "AES256"})


@breaks("encryption.volumes", "is not encrypted")
def plain_volume(here: Here) -> Iterator[None]:
    ec2, instance = here("ec2"), here.instances[0]
    tags = [tag for tag in instance["Tags"] if not tag["Key"].startswith("aws:")]
    volume = ec2.create_volume(
        AvailabilityZone=instance["Placement"]["AvailabilityZone"], Size=1, Encrypted=False,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}])["VolumeId"]
    ec2.attach_volume(Device="/dev/sdf", InstanceId=instance["InstanceId"], VolumeId=volume)
    yield
    ec2.detach_volume(VolumeId=volume, InstanceId=instance["InstanceId"])
    ec2.delete_volume(VolumeId=volume)


@breaks("encryption.database", "the database is under a key of AWS")
def database_in_plain(here: Here) -> Iterator[None]:
    yield from described(here, StorageEncrypted=False)


@breaks("encryption.table", "the table is under a key of AWS")
def table_under_the_key_of_aws(here: Here) -> Iterator[None]:
    table, key = here.lab.place.at(here.region).name(), here.found["kms_key"].id
    here("dynamodb").update_table(TableName=table, SSESpecification={"Enabled": False})
    yield
    here("dynamodb").update_table(TableName=table, SSESpecification={
        "Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})


@breaks("encryption.log-group", "the log group is under a key of AWS")
def log_group_in_plain(here: Here) -> Iterator[None]:
    name = here.lab.place.at(here.region).name()
    here("logs").disassociate_kms_key(logGroupName=name)
    yield
    here("logs").associate_kms_key(logGroupName=name, kmsKeyId=here.found["kms_key"].id)


@breaks("encryption.secret", "is under a key of AWS")
def secret_under_another_key(here: Here) -> Iterator[None]:
    for key in ("alias/aws/secretsmanager", here.found["kms_key"].id):
        here("secretsmanager").update_secret(SecretId=here.found["secret/database"].id, KmsKeyId=key)
        if key.startswith("alias"):
            yield


# ---------------------------------------------------------------- exposure, TLS
@breaks("exposure.buckets", "BlockPublicAcls is off")
def block_lifted(here: Here) -> Iterator[None]:
    bucket = here.found["bucket/logs"].id
    before = here("s3").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    here("s3").delete_public_access_block(Bucket=bucket)
    yield
    here("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=before)


@breaks("exposure.database", "PubliclyAccessible is true")
def database_public(here: Here) -> Iterator[None]:
    yield from modified(here, {"PubliclyAccessible": True}, {"PubliclyAccessible": False})


@breaks("exposure.metadata", "answers IMDSv1")
def old_metadata(here: Here) -> Iterator[None]:
    instance = here.instances[0]["InstanceId"]
    for tokens in ("optional", "required"):
        here("ec2").modify_instance_metadata_options(InstanceId=instance, HttpTokens=tokens)
        if tokens == "optional":
            yield


@breaks("tls.buckets", "lets in what comes without TLS")
def bucket_policy_removed(here: Here) -> Iterator[None]:
    bucket = here.found["bucket/logs"].id
    before = here("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    here("s3").delete_bucket_policy(Bucket=bucket)
    yield
    here("s3").put_bucket_policy(Bucket=bucket, Policy=before)


@breaks("tls.buckets", "lets in what comes without TLS")
def only_reads_need_tls(here: Here) -> Iterator[None]:
    bucket = here.found["bucket/alb-logs"].id
    before = here("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    here("s3").put_bucket_policy(Bucket=bucket, Policy=before.replace('"s3:*"', '"s3:GetObject"'))
    yield
    here("s3").put_bucket_policy(Bucket=bucket, Policy=before)


@breaks("tls.database", "rds.force_ssl is 0 in plain")
def tls_not_forced(here: Here) -> Iterator[None]:
    rds, before = here("rds"), here.found["database"].raw["DBParameterGroups"][0]["DBParameterGroupName"]
    rds.create_db_parameter_group(DBParameterGroupName="plain", DBParameterGroupFamily="postgres17", Description="x")
    rds.modify_db_parameter_group(DBParameterGroupName="plain", Parameters=[
        {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}])
    yield from modified(here, {"DBParameterGroupName": "plain"}, {"DBParameterGroupName": before})
    rds.delete_db_parameter_group(DBParameterGroupName="plain")


@breaks("tls.database", "pending-reboot")
def tls_after_the_next_reboot(here: Here) -> Iterator[None]:
    with here.answered("rds", "DescribeDBInstances", lambda answer: [
            group.update(ParameterApplyStatus="pending-reboot") for one in answer["DBInstances"]
            for group in one["DBParameterGroups"]]):
        yield
