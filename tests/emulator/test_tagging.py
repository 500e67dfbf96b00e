from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.corrections import servicequotas, tagging
from tests.emulator.conftest import WEST, Aws
from tests.emulator.proof import proves, refused

TAGS = [{"Key": "Project", "Value": "x"}]


def _make(aws: Aws) -> None:
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"][:2]]

    def tagged(kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": TAGS}]

    group = ec2.create_security_group(GroupName="g", Description="x", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1,
                                       "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
        TagSpecifications=tagged("security-group-rule"))
    ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={"InstanceType": "t3.micro"},
                               TagSpecifications=tagged("launch-template"))
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3",
                            TagSpecifications=tagged("vpc-endpoint"))
    target = elbv2.create_target_group(Name="a", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    balancer = elbv2.create_load_balancer(Name="a", Subnets=subnets, Tags=TAGS)["LoadBalancers"][0]
    forward = {"Type": "forward", "TargetGroupArn": target["TargetGroupArn"]}
    elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
                          DefaultActions=[forward], Tags=TAGS)
    aws("rds").create_db_subnet_group(DBSubnetGroupName="a", DBSubnetGroupDescription="x", SubnetIds=subnets,
                                      Tags=[{"Key": "Project", "Value": "y"}])
    aws("iam").create_instance_profile(InstanceProfileName="app", Tags=TAGS)
    aws("iam").create_role(RoleName="app", AssumeRolePolicyDocument="{}", Tags=TAGS)


def _found(aws: Aws, region: str = "us-east-1", **query: Any) -> list[str]:
    found = aws("resourcegroupstaggingapi", region).get_resources(**query)["ResourceTagMappingList"]
    return sorted({one["ResourceARN"].split(":", 2)[2].split("/")[0].split(":a")[0] for one in found})


@proves(tagging.more_kinds_are_listed)
def test_more_kinds_are_listed(aws: Aws) -> None:
    _make(aws)
    here = "us-east-1:123456789012"
    assert _found(aws, TagFilters=[{"Key": "Project", "Values": ["x"]}]) == [
        f"ec2:{here}:launch-template", f"ec2:{here}:security-group-rule", f"ec2:{here}:vpc-endpoint",
        f"elasticloadbalancing:{here}:listener", f"elasticloadbalancing:{here}:loadbalancer",
        "iam::123456789012:instance-profile"]
    assert _found(aws, TagFilters=[{"Key": "Project"}], ResourceTypeFilters=["rds:subgrp"]) == [f"rds:{here}:subgrp"]
    assert len(_found(aws, ResourceTypeFilters=["ec2"])) == 3
    assert _found(aws, WEST) == []


@pytest.mark.parametrize("query", [{"ResourcesPerPage": 1}, {"ResourceARNList": ["arn:aws:s3:::nowhere"]}])
def test_other_ways_of_asking_are_left_to_moto(aws: Aws, query: dict[str, Any]) -> None:
    for name in "one", "two":
        aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": TAGS})
    aws("iam").create_instance_profile(InstanceProfileName="app", Tags=TAGS)
    assert len(_found(aws, **query)) <= 1


@pytest.mark.slow_clock
@proves(tagging.what_is_gone_is_still_listed)
def test_what_is_gone_is_still_listed(aws: Aws) -> None:
    ec2, one = aws("ec2"), [{"ResourceType": "security-group", "Tags": TAGS}]
    groups = [ec2.create_security_group(GroupName=name, Description="x", TagSpecifications=one)["GroupId"]
              for name in ("gone", "stays")]
    project = [{"Key": "Project", "Values": ["x"]}]

    def listed(**query: Any) -> list[str]:
        found = aws("resourcegroupstaggingapi").get_resources(**query)["ResourceTagMappingList"]
        return sorted(mapping["ResourceARN"].rpartition("/")[2] for mapping in found)

    assert listed(TagFilters=project) == sorted(groups)
    ec2.delete_security_group(GroupId=groups[0])
    assert listed(TagFilters=project) == sorted(groups)
    assert listed(TagFilters=[{"Key": "Project", "Values": ["y"]}]) == []
    assert listed(ResourceTypeFilters=["ec2:security-group"]) == sorted(groups)
    aws.wait(700)
    assert listed(TagFilters=project) == groups[1:]


@proves(tagging.buckets_are_listed_in_their_region)
def test_buckets_are_listed_in_their_region(aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="one", CreateBucketConfiguration={"Tags": TAGS})
    assert _found(aws) == ["s3:::one"]
    assert _found(aws, WEST) == []


@proves(servicequotas.quotas)
def test_quotas(aws: Aws) -> None:
    client = aws("service-quotas")
    quota = client.get_service_quota(ServiceCode="ec2", QuotaCode="L-1216C47A")["Quota"]
    assert (quota["Value"], quota["QuotaCode"]) == (64.0, "L-1216C47A")
    with refused("NoSuchResourceException"):
        client.get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")
