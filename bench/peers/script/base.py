"""What everything else stands on: service-linked roles, key, buckets, log group, role and profile."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from bench.peers.script.here import Here, as_list, maybe

LINKED_ROLES = ("autoscaling", "elasticloadbalancing", "rds")
USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


def service_linked_roles(here: Here) -> None:
    pages = here.iam.get_paginator("list_roles").paginate(PathPrefix="/aws-service-role/")
    there = {role["Path"].split("/")[2] for page in pages for role in page["Roles"]}
    for service in LINKED_ROLES:
        if f"{service}.amazonaws.com" not in there:
            here.iam.create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")


def key(here: Here) -> None:
    alias = f"alias/{here.name}"
    found = maybe(here.kms.describe_key, KeyId=alias)
    if found:
        here.key = found["KeyMetadata"]["Arn"]
        return
    scaling = {"AWS": f"arn:aws:iam::{here.account}:role/aws-service-role/autoscaling.amazonaws.com/"
                      "AWSServiceRoleForAutoScaling"}
    made = here.kms.create_key(Description=here.name, Tags=as_list(here.tags("kms_key"), "Tag"), Policy=policy(
        {"Sid": "Account", "Principal": {"AWS": f"arn:aws:iam::{here.account}:root"}, "Action": "kms:*",
         "Resource": "*"},
        {"Sid": "AutoScaling", "Principal": scaling, "Action": USE, "Resource": "*"},
        {"Sid": "AutoScalingGrants", "Principal": scaling, "Action": "kms:CreateGrant", "Resource": "*",
         "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}},
        {"Sid": "Logs", "Principal": {"Service": f"logs.{here.region}.amazonaws.com"}, "Action": USE, "Resource": "*",
         "Condition": {"ArnLike": {
             "kms:EncryptionContext:aws:logs:arn": here.arn("logs", f"log-group:{here.name}")}}}))["KeyMetadata"]
    here.key = made["Arn"]
    here.kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
    here.kms.enable_key_rotation(KeyId=made["KeyId"])


def bucket(here: Here, purpose: str, encrypted: bool) -> None:
    """encrypted: under the key; else with SSE-S3, and the load balancer may write to it."""
    s3, name = here.s3, here.buckets[purpose]
    of: dict[str, Any] = {"Bucket": name, "ExpectedBucketOwner": here.account}
    try:
        s3.head_bucket(**of)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        configuration: dict[str, Any] = {"Tags": here.tag_list(f"bucket/{purpose}")}
        if here.region != "us-east-1":
            configuration["LocationConstraint"] = here.region
        s3.create_bucket(Bucket=name, BucketNamespace="account-regional", ObjectOwnership="BucketOwnerEnforced",
                         CreateBucketConfiguration=configuration)
    s3.put_public_access_block(**of, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
    s3.put_bucket_versioning(**of, VersioningConfiguration={"Status": "Enabled"})
    sse = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": here.key} if encrypted else {"SSEAlgorithm": "AES256"}
    s3.put_bucket_encryption(**of, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": sse, "BucketKeyEnabled": encrypted}]})
    s3.put_bucket_lifecycle_configuration(**of, LifecycleConfiguration={"Rules": [{
        "ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": True}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]})
    arn = f"arn:aws:s3:::{name}"
    statements: list[dict[str, Any]] = [
        {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]
    if not encrypted:
        statements.append({
            "Sid": "AccessLogs", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/{here.account}/*",
            "Condition": {"ArnLike": {"aws:SourceArn": here.arn("elasticloadbalancing", "loadbalancer/*")}}})
    s3.put_bucket_policy(**of, Policy=policy(*statements))


def log_group(here: Here) -> None:
    found = here.logs.describe_log_groups(logGroupNamePrefix=here.name)["logGroups"]
    if here.name not in [group["logGroupName"] for group in found]:
        here.logs.create_log_group(logGroupName=here.name, kmsKeyId=here.key, tags=here.tags("log_group"))
    here.logs.put_retention_policy(logGroupName=here.name, retentionInDays=30)


def role(here: Here) -> None:
    iam, name = here.iam, here.name
    if not maybe(iam.get_role, RoleName=name):
        iam.create_role(RoleName=name, Tags=here.tag_list("role"), AssumeRolePolicyDocument=policy(
            {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}))
    through = [f"{service}.{here.region}.amazonaws.com" for service in ("s3", "logs")]
    iam.put_role_policy(RoleName=name, PolicyName="app", PolicyDocument=policy(
        {"Sid": "Objects", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{here.buckets['logs']}/app/*"},
        {"Sid": "Logs", "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
         "Resource": here.arn("logs", f"log-group:{name}:*")},
        {"Sid": "Key", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": here.key,
         "Condition": {"StringEquals": {"kms:ViaService": through}}}))
    profile = maybe(iam.get_instance_profile, InstanceProfileName=name)
    if not profile:
        profile = iam.create_instance_profile(InstanceProfileName=name, Tags=here.tag_list("instance_profile"))
    if not profile["InstanceProfile"]["Roles"]:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
