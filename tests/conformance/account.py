"""What an account holds, by raw describe calls only: the product's own look-ups are what is tested by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from moto.backends import get_backend

from tapctl.emulator.correction import ACCOUNT

Raw = Callable[[str, str], Any]  # (service, region) -> boto3 client
Used = Callable[[str, str], bool]
Listed = Iterator[tuple[str, str, Mapping[str, Any]]]

GONE = frozenset(("deleted", "deleting", "terminated", "shutting-down", "failed", "rejected", "expired"))
PASSING = ("LatestRestorableTime",)

# service, operation, where its answer has them, and what names one; first what every account is born with
BORN = (
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
)
REGIONAL = (
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", "VpcPeeringConnectionId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("ec2", "describe_volumes", "Volumes", "VolumeId"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
    ("autoscaling", "describe_policies", "ScalingPolicies", "PolicyARN"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ("rds", "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups", "DbiResourceId"),
    ("secretsmanager", "list_secrets", "SecretList", "ARN"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
)


def inventory(raw: Raw, regions: Sequence[str], used: Used = lambda service, region: True) -> frozenset[str]:
    """One line for each thing: what names it, and the whole of what AWS says about it.

    Left out is what changes by itself, and what may stay: service-linked roles, keys pending deletion with their
    alias, what is on its way out. used: which services may hold anything there; the others aren't asked.
    """
    return frozenset(f"{where} {name}: {spelled(said)}" for where, name, said in everything(raw, regions, used))


def spelled(said: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in said.items() if name not in PASSING}, default=str, sort_keys=True)


def everything(raw: Raw, regions: Sequence[str], used: Used) -> Listed:
    # Found out before anything is asked: what the emulator answers for one service may be looked up in another.
    usual = [(region, *what) for region in regions for what in (*BORN, *REGIONAL)
             if what in BORN or used(what[0], region)]
    odd = [(region, listed) for region in regions for service, listed in ODD if used(service, region)]
    for region, service, operation, field, name in usual:
        client = raw(service, region)
        pages = client.get_paginator(operation).paginate() if client.can_paginate(operation) else [
            getattr(client, operation)()]
        yield from ((f"{region} {service}", one[name], one) for page in pages for one in page[field]
                    if state(one) not in GONE)
    for region, listed in odd:
        yield from ((f"{region} {what}", name, said) for what, name, said in listed(raw, region))
    home = regions[0]
    for bucket in raw("s3", home).list_buckets()["Buckets"]:
        yield "s3", bucket["Name"], bucket
    iam = raw("iam", home)
    for role in iam.list_roles()["Roles"]:
        if not role["Path"].startswith("/aws-service-role/"):
            yield "role", role["RoleName"], role
    for profile in iam.list_instance_profiles()["InstanceProfiles"]:
        yield "instance profile", profile["InstanceProfileName"], profile


def touched(service: str, region: str) -> bool:
    """used, of the emulator in this process: whether anybody has called it there since the account was empty."""
    return dict.__contains__(get_backend(service)[ACCOUNT], region)


def instances(raw: Raw, region: str) -> Listed:
    for reservation in raw("ec2", region).describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            if state(instance) not in GONE:
                yield "instance", instance["InstanceId"], instance


def tables(raw: Raw, region: str) -> Listed:
    dynamodb = raw("dynamodb", region)
    for table in dynamodb.list_tables()["TableNames"]:
        yield "table", table, dynamodb.describe_table(TableName=table)["Table"]


def keys(raw: Raw, region: str) -> Listed:
    kms = raw("kms", region)
    for listed in kms.list_keys()["Keys"]:
        key = kms.describe_key(KeyId=listed["KeyId"])["KeyMetadata"]
        if key["KeyState"] != "PendingDeletion" and key["KeyManager"] == "CUSTOMER":
            yield "key", listed["KeyId"], key


# What is listed in a way of its own.
ODD: Sequence[tuple[str, Callable[[Raw, str], Listed]]] = (("ec2", instances), ("dynamodb", tables), ("kms", keys))


def state(one: Mapping[str, Any]) -> str:
    """How far it is, wherever its service says so; lower-case, for EC2 isn't of one mind."""
    said = one.get("State") or one.get("Status") or one.get("DBInstanceStatus") or ""
    return str(said if isinstance(said, str) else said.get("Name") or said.get("Code")).lower()
