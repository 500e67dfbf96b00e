"""Policies of actions, each confined to what has the stack's names where it can be."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tapctl.permissions import fits
from tapctl.resources.service_linked_role import ROLES
from tests.conformance.meter import READS

PROJECT = "TapStack"  # settings.py: unless the configuration says otherwise
READING, CHANGING = ("plan", "status", "outputs", "verify", "doctor"), ("up", "down")
LIMIT = 6144  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: without white space


@dataclass(frozen=True)
class Scope:
    """What these actions, as patterns, are confined to. sid: of the statement."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    condition: Mapping[str, Any] = field(default_factory=dict)


def named(service: str, *resources: str) -> tuple[str, ...]:
    """In every region and account."""
    return tuple(f"arn:aws:{service}:*:*:{resource}" for resource in resources)


#: The first that fits counts. Ids of EC2 and KMS can't be told beforehand.
SCOPES = (
    Scope("Pass", ("iam:PassRole",), (f"arn:aws:iam::*:role/{PROJECT}-*",),
          {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
    Scope("Linked", ("iam:CreateServiceLinkedRole",), ("arn:aws:iam::*:role/aws-service-role/*",),
          {"StringEquals": {"iam:AWSServiceName": [f"{service}.amazonaws.com" for service in ROLES]}}),
    Scope("Key", ("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt?"),
          condition={"StringLike": {"kms:ViaService": [
              f"{service}.*.amazonaws.com" for service in ("dynamodb", "rds", "secretsmanager")]}}),
    Scope("Image", ("ssm:GetParameter",), ("arn:aws:ssm:*::parameter/aws/service/*",)),
    Scope("Lock", ("ssm:*",), named("ssm", "parameter/tapctl/*")),
    Scope("Secret", ("secretsmanager:GetSecretValue",), named("secretsmanager", f"secret:{PROJECT}-*")),
    Scope("Read", tuple(f"*:{verb}*" for verb in READS)),
    Scope("AutoScaling", ("autoscaling:*",),
          named("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{PROJECT}-*")),
    Scope("Alarms", ("cloudwatch:*",), named("cloudwatch", f"alarm:{PROJECT}-*")),
    Scope("Tables", ("dynamodb:*",), named("dynamodb", f"table/{PROJECT}-*")),
    Scope("Balancing", ("elasticloadbalancing:*",), named("elasticloadbalancing", *(
        f"{kind}/{PROJECT}-*" for kind in ("loadbalancer/app", "listener/app", "targetgroup")))),
    Scope("Roles", ("iam:*",), tuple(f"arn:aws:iam::*:{kind}/{PROJECT}-*" for kind in ("role", "instance-profile"))),
    Scope("Logs", ("logs:*",), named("logs", f"log-group:{PROJECT}-*")),
    # also checked: the parameter and option group that a database has, and backups, whose ids AWS makes up
    Scope("Databases", ("rds:*",), named("rds", *(f"{kind}:{PROJECT.lower()}-*" for kind in ("db", "subgrp")),
                                         "pg:default*", "og:default*", "auto-backup:*")),
    Scope("Buckets", ("s3:*",), (f"arn:aws:s3:::{PROJECT.lower()}-*",)),
    Scope("Secrets", ("secretsmanager:*",), named("secretsmanager", f"secret:{PROJECT}-*")),
    Scope("Network", ("ec2:*", "route53:*")),
    Scope("Keys", ("kms:*",)),
)


def scope(action: str) -> Scope:
    return next(one for one in SCOPES if any(fits(pattern, action) for pattern in one.actions))


def policy(actions: Collection[str]) -> dict[str, Any]:
    """That allows these: a statement for each scope."""
    statements = []
    for one in SCOPES:
        if its := sorted(action for action in actions if scope(action) is one):
            statements.append({"Sid": one.sid, "Effect": "Allow", "Action": its,
                               "Resource": list(one.resources) if len(one.resources) > 1 else one.resources[0],
                               **({"Condition": one.condition} if one.condition else {})})
    return {"Version": "2012-10-17", "Statement": statements}


def size(document: Mapping[str, Any]) -> int:
    """As IAM counts it."""
    return len("".join(json.dumps(document).split()))


def parted(needs: Mapping[str, Collection[str]]) -> dict[str, dict[str, Any]]:
    """"read": what commands need that change nothing, and all that others read besides; "up", "down": the rest of what
    these need. needs: by command."""
    read = {action for command, actions in needs.items() for action in actions
            if command in READING or scope(action).sid == "Read"}
    return {"read": policy(read)} | {command: policy({*needs[command]} - read) for command in CHANGING}
