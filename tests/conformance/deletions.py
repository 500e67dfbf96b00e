"""Deletion by hand: how somebody takes away a resource of each kind behind the product's back, by raw calls of boto3.

AWS refuses some of them, as any hand would find: a subnet group with a database in it, a security group in use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tapctl.model import Found
from tests.conformance.drifts.table import Change, Here


@dataclass(frozen=True)
class Deletion:
    kind: str
    change: Change

    def __str__(self) -> str:
        return f"{self.kind}: {self.change.__name__}"


TABLE: list[Deletion] = []


def deletes(kind: str) -> Callable[[Change], Change]:
    """Put a deletion into the table. Every kind that a stack wants needs one at least."""

    def register(change: Change) -> Change:
        TABLE.append(Deletion(kind, change))
        return change

    return register


# ---------------------------------------------------------------- storage
@deletes("kms_key")
def key_scheduled(here: Here, it: Found) -> None:
    here("kms").schedule_key_deletion(KeyId=it.id, PendingWindowInDays=30)


@deletes("kms_key")
def alias_deleted(here: Here, it: Found) -> None:
    here("kms").delete_alias(AliasName=f"alias/{it.raw['Description']}")


@deletes("bucket")
def bucket_emptied_and_deleted(here: Here, it: Found) -> None:
    s3 = here("s3")
    listed = s3.list_object_versions(Bucket=it.id)
    for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
        s3.delete_object(Bucket=it.id, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=it.id)


@deletes("log_group")
def log_group_deleted(here: Here, it: Found) -> None:
    here("logs").delete_log_group(logGroupName=it.raw["logGroupName"])


@deletes("secret")
def secret_deleted_for_good(here: Here, it: Found) -> None:
    here("secretsmanager").delete_secret(SecretId=it.id, ForceDeleteWithoutRecovery=True)


@deletes("table")
def table_deleted(here: Here, it: Found) -> None:
    here("dynamodb").delete_table(TableName=it.raw["TableName"])


# ---------------------------------------------------------------- databases
@deletes("database")
def database_deleted(here: Here, it: Found) -> None:
    here("rds").delete_db_instance(DBInstanceIdentifier=it.raw["DBInstanceIdentifier"], SkipFinalSnapshot=True)


@deletes("database")
def database_deleted_and_its_backups_retained(here: Here, it: Found) -> None:
    here("rds").delete_db_instance(DBInstanceIdentifier=it.raw["DBInstanceIdentifier"], SkipFinalSnapshot=True,
                                   DeleteAutomatedBackups=False)


@deletes("db_subnet_group")
def subnet_group_deleted(here: Here, it: Found) -> None:
    here("rds").delete_db_subnet_group(DBSubnetGroupName=it.id)


# ---------------------------------------------------------------- compute
@deletes("role")
def role_deleted(here: Here, it: Found) -> None:
    iam = here("iam")
    for profile in iam.list_instance_profiles_for_role(RoleName=it.id)["InstanceProfiles"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=it.id)
    for policy in iam.list_attached_role_policies(RoleName=it.id)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=it.id, PolicyArn=policy["PolicyArn"])
    for name in iam.list_role_policies(RoleName=it.id)["PolicyNames"]:
        iam.delete_role_policy(RoleName=it.id, PolicyName=name)
    iam.delete_role(RoleName=it.id)


@deletes("instance_profile")
def profile_deleted(here: Here, it: Found) -> None:
    for role in it.raw["Roles"]:
        here("iam").remove_role_from_instance_profile(InstanceProfileName=it.id, RoleName=role["RoleName"])
    here("iam").delete_instance_profile(InstanceProfileName=it.id)


@deletes("launch_template")
def template_deleted(here: Here, it: Found) -> None:
    here("ec2").delete_launch_template(LaunchTemplateId=it.id)


@deletes("auto_scaling_group")
def group_deleted(here: Here, it: Found) -> None:
    here("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=it.id, ForceDelete=True)


@deletes("alarm")
def alarm_deleted(here: Here, it: Found) -> None:
    here("cloudwatch").delete_alarms(AlarmNames=[it.raw["AlarmName"]])


# ---------------------------------------------------------------- network
@deletes("security_group")
def security_group_deleted(here: Here, it: Found) -> None:
    here("ec2").delete_security_group(GroupId=it.id)


@deletes("endpoint")
def endpoint_deleted(here: Here, it: Found) -> None:
    here("ec2").delete_vpc_endpoints(VpcEndpointIds=[it.id])


@deletes("endpoint_share")
def use_of_the_endpoint_unsaid(here: Here, it: Found) -> None:
    here("ec2").delete_tags(Resources=[it.id], Tags=[
        {"Key": name} for name in it.tags if name.startswith("tapctl:used-by:")])


@deletes("peering")
def peering_deleted(here: Here, it: Found) -> None:
    here("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=it.id)


@deletes("load_balancer")
def balancer_deleted(here: Here, it: Found) -> None:
    here("elbv2").delete_load_balancer(LoadBalancerArn=it.id)


@deletes("target_group")
def target_group_deleted(here: Here, it: Found) -> None:
    here("elbv2").delete_target_group(TargetGroupArn=it.id)


@deletes("listener")
def listener_deleted(here: Here, it: Found) -> None:
    here("elbv2").delete_listener(ListenerArn=it.id)
