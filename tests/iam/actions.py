"""Calls -> the IAM actions that they take: mostly the one that is called like the operation; the tables have the rest.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tapctl.permissions import fits
from tests.conformance.meter import Call

#: boto3's name of a service -> IAM's, where they differ.
PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag", "service-quotas": "servicequotas"}

#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
RENAMED: Mapping[str, tuple[str, ...]] = {
    "s3:DeleteObjects": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "s3:GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
    "s3:GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "s3:GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock",),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:ListBuckets": ("s3:ListAllMyBuckets",),
    "s3:ListMultipartUploads": ("s3:ListBucketMultipartUploads",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "s3:PutPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
}


@dataclass(frozen=True)
class Besides:
    """What AWS wants allowed besides an action, for what this stack asks of it. page: where AWS says so."""

    actions: tuple[str, ...]
    page: str


GUIDE = "https://docs.aws.amazon.com/"
_AUTHORIZATION = f"{GUIDE}service-authorization/latest/reference/list_"
_SCALING = f"{GUIDE}autoscaling/ec2/userguide/ec2-auto-scaling-api-permissions.html"
_BALANCING = f"{GUIDE}elasticloadbalancing/latest/userguide/elb-api-permissions.html"
_DATABASES = f"{GUIDE}AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html"
_SECRETS = f"{GUIDE}secretsmanager/latest/apireference/API_"
_DATABASE = ("kms:CreateGrant", "kms:DescribeKey", "rds:AddTagsToResource")
_LAUNCHING = ("ec2:CreateTags", "ec2:RunInstances", "iam:PassRole")  # it tries the launch template as the caller

#: By action.
BESIDES: Mapping[str, Besides] = {
    "autoscaling:CreateAutoScalingGroup": Besides(
        ("autoscaling:CreateOrUpdateTags", "iam:CreateServiceLinkedRole", *_LAUNCHING), _SCALING),
    "autoscaling:UpdateAutoScalingGroup": Besides(
        _LAUNCHING, f"{GUIDE}autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html"),
    "cloudwatch:PutMetricAlarm": Besides(
        ("cloudwatch:TagResource",), f"{GUIDE}AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"),
    "dynamodb:CreateTable": Besides(
        ("dynamodb:TagResource", "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt",
         "kms:GenerateDataKey*", "kms:ReEncrypt*"),
        f"{GUIDE}amazondynamodb/latest/developerguide/encryption.usagenotes.html"),
    "ec2:CreateLaunchTemplate": Besides(("ec2:CreateTags",), f"{_AUTHORIZATION}amazonec2.html"),
    "ec2:CreateSecurityGroup": Besides(("ec2:CreateTags",), f"{_AUTHORIZATION}amazonec2.html"),
    "ec2:CreateVpcEndpoint": Besides(
        ("ec2:CreateTags", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
         "route53:AssociateVPCWithHostedZone"), f"{_AUTHORIZATION}amazonec2.html"),
    "ec2:CreateVpcPeeringConnection": Besides(("ec2:CreateTags",), f"{_AUTHORIZATION}amazonec2.html"),
    "elasticloadbalancing:CreateListener": Besides(
        ("elasticloadbalancing:AddTags",), f"{_AUTHORIZATION}awselasticloadbalancingv2.html"),
    "elasticloadbalancing:CreateLoadBalancer": Besides(
        ("ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeInternetGateways",
         "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "elasticloadbalancing:AddTags",
         "iam:CreateServiceLinkedRole"), _BALANCING),
    "elasticloadbalancing:CreateTargetGroup": Besides(
        ("ec2:DescribeInternetGateways", "ec2:DescribeVpcs", "elasticloadbalancing:AddTags"), _BALANCING),
    "elasticloadbalancing:SetSubnets": Besides(("ec2:DescribeSubnets",), _BALANCING),
    "iam:AddRoleToInstanceProfile": Besides(
        ("iam:PassRole",), f"{GUIDE}IAM/latest/APIReference/API_AddRoleToInstanceProfile.html"),
    "iam:CreateInstanceProfile": Besides(
        ("iam:TagInstanceProfile",), f"{GUIDE}IAM/latest/UserGuide/id_tags_instance-profiles.html"),
    "iam:CreateRole": Besides(("iam:TagRole",), f"{GUIDE}IAM/latest/UserGuide/id_tags_roles.html"),
    "kms:CreateKey": Besides(
        ("kms:PutKeyPolicy", "kms:TagResource"), f"{GUIDE}kms/latest/APIReference/API_CreateKey.html"),
    "logs:AssociateKmsKey": Besides(
        ("kms:DescribeKey",), f"{GUIDE}AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"),
    "logs:CreateLogGroup": Besides(
        ("kms:DescribeKey", "logs:TagResource"),
        f"{GUIDE}AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"),
    "rds:CreateDBInstance": Besides(_DATABASE, _DATABASES),
    "rds:CreateDBInstanceReadReplica": Besides(_DATABASE, _DATABASES),
    "rds:CreateDBSubnetGroup": Besides(("rds:AddTagsToResource",), f"{_AUTHORIZATION}amazonrds.html"),
    "s3:CreateBucket": Besides(
        ("s3:PutBucketOwnershipControls", "s3:TagResource"), f"{GUIDE}AmazonS3/latest/API/API_CreateBucket.html"),
    "secretsmanager:CreateSecret": Besides(
        ("kms:Decrypt", "kms:GenerateDataKey", "secretsmanager:TagResource"), f"{_SECRETS}CreateSecret.html"),
    "secretsmanager:GetSecretValue": Besides(("kms:Decrypt",), f"{_SECRETS}GetSecretValue.html"),
    "secretsmanager:UpdateSecret": Besides(
        ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"), f"{_SECRETS}UpdateSecret.html"),
    "ssm:PutParameter": Besides(
        ("ssm:AddTagsToResource",), f"{GUIDE}systems-manager/latest/APIReference/API_PutParameter.html"),
}


@dataclass(frozen=True)
class Rare:
    """What a command calls only when there is cause to. when: the cause."""

    commands: tuple[str, ...]
    when: str


#: By action.
RARE: Mapping[str, Rare] = {
    "autoscaling:DeletePolicy": Rare(("up",), "somebody has given the group another scaling policy"),
    "autoscaling:DetachLoadBalancerTargetGroups": Rare(("up",), "somebody has attached another target group"),
    "ec2:DescribeInstances": Rare(("down",), "something isn't let go of: who holds it"),
    "ec2:DescribeNetworkInterfaces": Rare(("down",), "something isn't let go of: who holds it"),
    "ec2:DescribeRegions": Rare(("plan", "up"), "names tell of the stack in a region that isn't configured"),
    "ec2:ReplaceRoute": Rare(("up",), "a connection that was deleted by hand has left its routes"),
    "iam:GetPolicy": Rare(("verify",), "the role has a permissions boundary"),
    "iam:GetPolicyVersion": Rare(("verify",), "the role has a permissions boundary"),
    "iam:ListInstanceProfilesForRole": Rare(("down",), "something isn't let go of: who holds it"),
    "kms:CancelKeyDeletion": Rare(("up",), "a key that was about to be deleted is taken back"),
    "rds:DeleteDBInstanceAutomatedBackup": Rare(("down",), "a database was deleted by other means"),
    "s3:ListBucket": Rare(("doctor",), "the region has no bucket names of the account's own"),
    "servicequotas:GetAWSDefaultServiceQuota": Rare(
        ("doctor", "up"), "the account was never given a quota of its own"),
}


PLANNING = ("doctor", "status", "up")  # what they ask first is what `plan` does


def operation(call: Call) -> str:
    return f"{PREFIXES.get(call.service, call.service)}:{call.operation}"


def of(call: Call) -> tuple[str, ...]:
    """What the call itself takes."""
    return RENAMED.get(operation(call), (operation(call),))


def called(calls: Iterable[Call]) -> set[str]:
    return {action for call in calls for action in of(call)}


def needed(calls: Mapping[str, Iterable[Call]]) -> dict[str, set[str]]:
    """By command, all that it takes, with what it takes rarely, and what AWS wants besides."""
    own = {command: called(its) | {action for action, rare in RARE.items() if command in rare.commands}
           for command, its in calls.items()}
    found = {}
    for command, its in own.items():
        its = its | own["plan"] if command in PLANNING else its
        its = its | {more for action in its if action in BESIDES for more in BESIDES[action].actions}
        found[command] = {action for action in its if not any(other != action and fits(other, action) for other in its)}
    return found
