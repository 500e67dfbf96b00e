"""Everything of one region goes, in reverse."""

from __future__ import annotations

import time

from botocore.exceptions import ClientError

from bench.peers.script.compute import ALARMS, LOOKS, PAUSE
from bench.peers.script.here import Here, maybe
from bench.peers.script.network import GROUPS


def down(here: Here) -> None:
    alarms = here.cloudwatch.describe_alarms(AlarmNames=[f"{here.name}-{alarm[0]}" for alarm in ALARMS])
    names = [alarm["AlarmName"] for alarm in alarms["MetricAlarms"]]
    if names:
        here.cloudwatch.delete_alarms(AlarmNames=names)
    database(here)
    instances(here)
    load_balancer(here)
    role(here)
    maybe(here.logs.delete_log_group, logGroupName=here.name)
    if maybe(here.dynamodb.delete_table, TableName=here.name):
        here.dynamodb.get_waiter("table_not_exists").wait(TableName=here.name)
    if here.primary:
        maybe(here.secretsmanager.delete_secret, SecretId=f"{here.name}-database", ForceDeleteWithoutRecovery=True)
    network(here)
    for name in here.buckets.values():
        bucket(here, name)
    found = maybe(here.kms.describe_key, KeyId=f"alias/{here.name}")
    if found:
        here.kms.delete_alias(AliasName=f"alias/{here.name}")
        here.kms.schedule_key_deletion(KeyId=found["KeyMetadata"]["KeyId"], PendingWindowInDays=7)


def database(here: Here) -> None:
    rds, name = here.rds, here.name.lower()
    if maybe(rds.describe_db_instances, DBInstanceIdentifier=name):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
        rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=name)
    maybe(rds.delete_db_subnet_group, DBSubnetGroupName=name)


def instances(here: Here) -> None:
    scaling = here.autoscaling

    def groups() -> bool:
        return bool(scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[here.name])["AutoScalingGroups"])

    if groups():
        scaling.delete_auto_scaling_group(AutoScalingGroupName=here.name, ForceDelete=True)
        for _ in range(LOOKS):
            if not groups():
                break
            time.sleep(PAUSE)
    maybe(here.ec2.delete_launch_template, LaunchTemplateName=here.name)


def load_balancer(here: Here) -> None:
    elb = here.elbv2
    for balancer in (maybe(elb.describe_load_balancers, Names=[here.name]) or {}).get("LoadBalancers", []):
        arn = balancer["LoadBalancerArn"]
        elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
            {"Key": "access_logs.s3.enabled", "Value": "false"}])
        elb.delete_load_balancer(LoadBalancerArn=arn)
        elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
    for targets in (maybe(elb.describe_target_groups, Names=[here.name]) or {}).get("TargetGroups", []):
        elb.delete_target_group(TargetGroupArn=targets["TargetGroupArn"])


def role(here: Here) -> None:
    iam, name = here.iam, here.name
    found = maybe(iam.get_instance_profile, InstanceProfileName=name)
    if found:
        for one in found["InstanceProfile"]["Roles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=one["RoleName"])
        iam.delete_instance_profile(InstanceProfileName=name)
    maybe(iam.delete_role_policy, RoleName=name, PolicyName="app")
    maybe(iam.delete_role, RoleName=name)


def network(here: Here) -> None:
    ec2, own = here.ec2, [{"Name": "tag:tapctl:stack", "Values": [here.tags("kms_key")["tapctl:stack"]]}]

    def endpoints() -> list[str]:
        return [one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints(Filters=own)["VpcEndpoints"]
                if one["State"] != "deleted"]

    ids = endpoints()
    if ids:
        ec2.delete_vpc_endpoints(VpcEndpointIds=ids)
        for _ in range(LOOKS):
            if not endpoints():
                break
            time.sleep(PAUSE)
    groups = ec2.describe_security_groups(Filters=[
        {"Name": "group-name", "Values": [f"{here.name}-{purpose}" for purpose in GROUPS]}])["SecurityGroups"]
    for group in groups:  # let go of each other first, or none can go
        if group["IpPermissions"]:
            ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
        if group["IpPermissionsEgress"]:
            ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    for group in groups:
        ec2.delete_security_group(GroupId=group["GroupId"])


def bucket(here: Here, name: str) -> None:
    s3, owner = here.s3, here.account
    try:
        s3.head_bucket(Bucket=name, ExpectedBucketOwner=owner)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        return
    s3.delete_bucket_policy(Bucket=name, ExpectedBucketOwner=owner)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name, ExpectedBucketOwner=owner):
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]}
                   for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]]
        if objects:
            s3.delete_objects(Bucket=name, ExpectedBucketOwner=owner, Delete={"Objects": objects})
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name, ExpectedBucketOwner=owner):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"],
                                      ExpectedBucketOwner=owner)
    s3.delete_bucket(Bucket=name, ExpectedBucketOwner=owner)
