"""What was made just now is not there yet for whoever uses it at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tapctl.emulator.corrections import visibility
from tests.emulator.conftest import EAST, Aws
from tests.emulator.proof import proves, refused

pytestmark = pytest.mark.slow_clock
SOON = 10  # seconds, after which all is seen


@proves(visibility.key_is_new, visibility.new_key_is_not_found, visibility.new_key_is_not_listed)
def test_a_key(aws: Aws) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]
    with refused("NotFoundException", key["Arn"]):
        kms.describe_key(KeyId=key["Arn"])
    with refused("NotFoundException"):
        kms.create_alias(AliasName="alias/new", TargetKeyId=key["KeyId"])
    assert kms.list_keys()["Keys"] == []
    aws.wait(SOON)
    kms.create_alias(AliasName="alias/new", TargetKeyId=key["KeyId"])
    assert [one["KeyId"] for one in kms.list_keys()["Keys"]] == [key["KeyId"]]


@proves(visibility.name_is_new, visibility.new_name_is_not_found)
def test_a_role_and_a_profile(aws: Aws) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    iam.create_instance_profile(InstanceProfileName="profile")
    policy = {"RoleName": "role", "PolicyName": "p", "PolicyDocument": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})}
    with refused("NoSuchEntity", "role"):
        iam.put_role_policy(**policy)
    with refused("NoSuchEntity", "Instance Profile profile"):
        iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="role")
    aws.wait(SOON)
    iam.put_role_policy(**policy)
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="role")


@proves(visibility.principal_is_new)
def test_a_role_in_a_policy(aws: Aws) -> None:
    kms, s3 = aws("kms"), aws("s3")
    s3.create_bucket(Bucket="new-bucket")
    aws.wait(SOON)
    roles = (aws("iam").create_role(RoleName="app", AssumeRolePolicyDocument="{}"),
             aws("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com"))
    for role in roles:
        with refused("MalformedPolicyDocumentException"):
            kms.create_key(Policy=_policy(role))
        with refused("MalformedPolicy", "Invalid principal in policy"):
            s3.put_bucket_policy(Bucket="new-bucket", Policy=_policy(role))
    aws.wait(SOON)
    for role in roles:
        kms.create_key(Policy=_policy(role))
        s3.put_bucket_policy(Bucket="new-bucket", Policy=_policy(role))


def _policy(created: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": created["Role"]["Arn"]}, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::new-bucket/*"}]})


@proves(visibility.name_is_new, visibility.new_profile_launches_nothing)
def test_a_profile_that_ec2_does_not_know_yet(aws: Aws) -> None:
    aws("iam").create_instance_profile(InstanceProfileName="profile")
    aws("ec2").create_launch_template(LaunchTemplateName="template", LaunchTemplateData={
        "ImageId": aws("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"], "InstanceType": "t3.micro",
        "IamInstanceProfile": {"Name": "profile"}})
    group = {"AutoScalingGroupName": "group", "MinSize": 0, "MaxSize": 0, "AvailabilityZones": [f"{EAST}a"],
             "LaunchTemplate": {"LaunchTemplateName": "template"}}
    with refused("ValidationError", "Invalid IAM Instance Profile name"):
        aws("autoscaling").create_auto_scaling_group(**group)
    aws.wait(SOON)
    aws("autoscaling").create_auto_scaling_group(**group)


@proves(visibility.id_is_new, visibility.new_id_is_not_found)
def test_a_group_and_an_endpoint(aws: Aws) -> None:
    ec2 = aws("ec2")
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    group = ec2.create_security_group(GroupName="new", Description="new")["GroupId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc["VpcId"], ServiceName=f"com.amazonaws.{EAST}.s3")["VpcEndpoint"]["VpcEndpointId"]
    rule = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    with refused("InvalidGroup.NotFound", group):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
    with refused("InvalidVpcEndpointId.NotFound", endpoint):
        ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert group not in [one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]]
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []
    aws.wait(SOON)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
    assert [one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]] == [endpoint]


@proves(visibility.subnet_group_is_new, visibility.new_subnet_group_is_not_found)
def test_a_subnet_group(aws: Aws) -> None:
    subnets = [one["SubnetId"] for one in aws("ec2").describe_subnets()["Subnets"]]
    aws("rds").create_db_subnet_group(DBSubnetGroupName="new", DBSubnetGroupDescription="new", SubnetIds=subnets)
    database = {"DBInstanceIdentifier": "new", "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
                "AllocatedStorage": 20, "MasterUsername": "tap", "MasterUserPassword": "of-no-account",
                "DBSubnetGroupName": "new"}
    with refused("DBSubnetGroupNotFoundFault", "'new'"):
        aws("rds").create_db_instance(**database)
    aws.wait(SOON)
    aws("rds").create_db_instance(**database)


@proves(visibility.bucket_is_new, visibility.new_bucket_is_not_found)
def test_a_bucket(aws: Aws) -> None:
    s3, versioned = aws("s3"), {"Bucket": "new-bucket", "VersioningConfiguration": {"Status": "Enabled"}}
    s3.create_bucket(Bucket="new-bucket")
    with refused("NoSuchBucket"):
        s3.put_bucket_versioning(**versioned)
    aws.wait(SOON)
    s3.put_bucket_versioning(**versioned)
