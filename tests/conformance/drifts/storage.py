"""Keys, buckets, log groups, secrets, tables."""

from __future__ import annotations

import json

from tapctl.model import Found
from tests.conformance.drifts.table import TAG, Here, drifts


# ---------------------------------------------------------------- KMS
@drifts("kms_key", "tags")
def key_tagged(here: Here, it: Found) -> None:
    here("kms").tag_resource(KeyId=it.id, Tags=[{"TagKey": TAG["Key"], "TagValue": TAG["Value"]}])


@drifts("kms_key", "tags")
def key_untagged(here: Here, it: Found) -> None:
    here("kms").untag_resource(KeyId=it.id, TagKeys=["Environment"])


@drifts("kms_key", "enabled")
def key_disabled(here: Here, it: Found) -> None:
    here("kms").disable_key(KeyId=it.id)


@drifts("kms_key", "policy")
def key_opened(here: Here, it: Found) -> None:
    here("kms").put_key_policy(KeyId=it.id, PolicyName="default", Policy=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}]}))


@drifts("kms_key", "rotation")
def rotation_stopped(here: Here, it: Found) -> None:
    here("kms").disable_key_rotation(KeyId=it.id)


# ---------------------------------------------------------------- S3
@drifts("bucket", "tags")
def bucket_tagged(here: Here, it: Found) -> None:
    tags = {**it.tags, TAG["Key"]: TAG["Value"], "somebody": "else"}
    here("s3").put_bucket_tagging(Bucket=it.id, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})


@drifts("bucket", "public_access_block")
def block_lifted(here: Here, it: Found) -> None:
    here("s3").delete_public_access_block(Bucket=it.id)


@drifts("bucket", "public_access_block")
def block_weakened(here: Here, it: Found) -> None:
    here("s3").put_public_access_block(Bucket=it.id, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": True})


@drifts("bucket", "object_ownership")
def ownership_given_away(here: Here, it: Found) -> None:
    here("s3").put_bucket_ownership_controls(
        Bucket=it.id, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})


@drifts("bucket", "versioning")
def versioning_suspended(here: Here, it: Found) -> None:
    here("s3").put_bucket_versioning(Bucket=it.id, VersioningConfiguration={"Status": "Suspended"})


@drifts("bucket", "encryption", only="/logs")
def encryption_reset(here: Here, it: Found) -> None:
    here("s3").delete_bucket_encryption(Bucket=it.id)


@drifts("bucket", "encryption")
def encryption_by_the_key_of_s3(here: Here, it: Found) -> None:
    here("s3").put_bucket_encryption(Bucket=it.id, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})


@drifts("bucket", "lifecycle")
def lifecycle_removed(here: Here, it: Found) -> None:
    here("s3").delete_bucket_lifecycle(Bucket=it.id)


@drifts("bucket", "lifecycle")
def lifecycle_of_somebody_else(here: Here, it: Found) -> None:
    here("s3").put_bucket_lifecycle_configuration(Bucket=it.id, LifecycleConfiguration={"Rules": [
        {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 1}}]})


@drifts("bucket", "policy")
def policy_removed(here: Here, it: Found) -> None:
    here("s3").delete_bucket_policy(Bucket=it.id)


# ---------------------------------------------------------------- CloudWatch Logs
@drifts("log_group", "tags")
def group_tagged(here: Here, it: Found) -> None:
    here("logs").tag_resource(resourceArn=it.id, tags={TAG["Key"]: TAG["Value"]})


@drifts("log_group", "kms_key")
def group_decrypted(here: Here, it: Found) -> None:
    here("logs").disassociate_kms_key(logGroupName=it.raw["logGroupName"])


@drifts("log_group", "retention_days")
def kept_for_ever(here: Here, it: Found) -> None:
    here("logs").delete_retention_policy(logGroupName=it.raw["logGroupName"])


@drifts("log_group", "retention_days")
def kept_for_a_day(here: Here, it: Found) -> None:
    here("logs").put_retention_policy(logGroupName=it.raw["logGroupName"], retentionInDays=1)


# ---------------------------------------------------------------- Secrets Manager
@drifts("secret", "tags")
def secret_untagged(here: Here, it: Found) -> None:
    here("secretsmanager").untag_resource(SecretId=it.id, TagKeys=["Owner"])


@drifts("secret", "standing")
def secret_deleted_with_days_to_take_it_back(here: Here, it: Found) -> None:
    here("secretsmanager").delete_secret(SecretId=it.id, RecoveryWindowInDays=7)


@drifts("secret", "kms_key")
def secret_under_another_key(here: Here, it: Found) -> None:
    here("secretsmanager").update_secret(SecretId=it.id, KmsKeyId="alias/aws/secretsmanager")


# ---------------------------------------------------------------- DynamoDB
@drifts("table", "tags")
def table_tagged(here: Here, it: Found) -> None:
    here("dynamodb").tag_resource(ResourceArn=it.id, Tags=[TAG])


@drifts("table", "billing")
def table_provisioned(here: Here, it: Found) -> None:
    here("dynamodb").update_table(TableName=it.raw["TableName"], BillingMode="PROVISIONED",
                                  ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})


@drifts("table", "kms_key")
def table_under_the_key_of_aws(here: Here, it: Found) -> None:
    here("dynamodb").update_table(TableName=it.raw["TableName"], SSESpecification={"Enabled": False})


@drifts("table", "deletion_protection")
def table_protected(here: Here, it: Found) -> None:
    here("dynamodb").update_table(TableName=it.raw["TableName"], DeletionProtectionEnabled=True)


@drifts("table", "point_in_time_recovery")
def recovery_stopped(here: Here, it: Found) -> None:
    here("dynamodb").update_continuous_backups(
        TableName=it.raw["TableName"], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})
