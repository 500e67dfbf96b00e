"""What an account may have, and what it has of it."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.emulator.correction import Call
from tapctl.emulator.corrections import (
    autoscaling_limits,
    ec2_instances,
    elbv2_limits,
    freetier,
    quotas,
    rds_quotas,
    servicequotas,
)
from tests.emulator.conftest import EAST, WEST, Aws
from tests.emulator.proof import proves, refused


@proves(servicequotas.quotas)
def test_the_quota_of_buckets(aws: Aws) -> None:
    quota = aws("service-quotas").get_service_quota(ServiceCode="s3", QuotaCode="L-DC2B2D3D")["Quota"]
    assert (quota["Value"], quota["QuotaCode"]) == (10000.0, "L-DC2B2D3D")


@proves(rds_quotas.account_attributes)
def test_databases_count_towards_their_quota(aws: Aws) -> None:
    def used(region: str) -> dict[str, tuple[int, int]]:
        return {quota["AccountQuotaName"]: (quota["Used"], quota["Max"])
                for quota in aws("rds", region).describe_account_attributes()["AccountQuotas"]}

    nothing = {"DBInstances": (0, 40), "DBSubnetGroups": (0, 50), "AllocatedStorage": (0, 100000)}
    assert used(EAST) == nothing
    subnets = [one["SubnetId"] for one in aws("ec2").describe_subnets()["Subnets"]][:2]
    aws("rds").create_db_subnet_group(DBSubnetGroupName="app", DBSubnetGroupDescription="app", SubnetIds=subnets)
    for name in "one", "two":
        aws("rds").create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", EngineVersion="17",
            AllocatedStorage=20, MasterUsername="master", MasterUserPassword="secret-enough")
    assert used(EAST) == {"DBInstances": (2, 40), "DBSubnetGroups": (1, 50), "AllocatedStorage": (40, 100000)}
    assert used(WEST) == nothing


@proves(autoscaling_limits.account_limits)
def test_groups_count_towards_their_limit(aws: Aws) -> None:
    client, ec2 = aws("autoscaling"), aws("ec2")
    assert client.describe_account_limits()["NumberOfAutoScalingGroups"] == 0
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={
        "ImageId": image, "InstanceType": "t3.micro"})
    client.create_auto_scaling_group(
        AutoScalingGroupName="app", MinSize=0, MaxSize=0, AvailabilityZones=["us-east-1a"],
        LaunchTemplate={"LaunchTemplateName": "app", "Version": "1"})
    limits = client.describe_account_limits()
    assert (limits["NumberOfAutoScalingGroups"], limits["MaxNumberOfAutoScalingGroups"]) == (1, 500)
    assert aws("autoscaling", WEST).describe_account_limits()["NumberOfAutoScalingGroups"] == 0


@proves(elbv2_limits.account_limits)
def test_how_many_load_balancers(aws: Aws) -> None:
    limits = {limit["Name"]: limit["Max"] for limit in aws("elbv2").describe_account_limits()["Limits"]}
    assert (limits["application-load-balancers"], limits["target-groups"]) == ("50", "3000")


@proves(ec2_instances.cpu_options)
@pytest.mark.parametrize(("kind", "cores"), [("t3.micro", 1), ("m5.xlarge", 2)])
def test_instances_tell_their_cpus(aws: Aws, kind: str, cores: int) -> None:
    image = aws("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    aws("ec2").run_instances(ImageId=image, InstanceType=kind, MinCount=1, MaxCount=1)
    (reservation,) = aws("ec2").describe_instances()["Reservations"]
    (instance,) = reservation["Instances"]
    assert instance["CpuOptions"] == {"CoreCount": cores, "ThreadsPerCore": 2}


@proves(freetier.account_plan)
def test_the_account_is_on_the_paid_plan(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    # its own address is not one of amazonaws.com, where plain moto would let the call out into the world
    monkeypatch.setenv("AWS_ENDPOINT_URL_FREETIER", "https://freetier.us-east-1.amazonaws.com")
    plan = aws("freetier").get_account_plan_state()
    assert (plan["accountPlanType"], plan["accountPlanStatus"], plan["accountId"]) == (
        "PAID", "ACTIVE", "123456789012")


RULE = {"IpPermissions": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [
    {"CidrIp": "10.0.0.0/8"}, {"CidrIp": "10.0.0.0/9"}]}]}
MADE: dict[str, Any] = {
    "CreateSecurityGroup": {"GroupName": "app", "Description": "app", "VpcId": "vpc-1"},
    "AuthorizeSecurityGroupIngress": {"GroupId": "sg-1", **RULE},
    "AuthorizeSecurityGroupEgress": {"GroupId": "sg-1", **RULE},
    "CreateVpcEndpoint": {"VpcId": "vpc-1", "ServiceName": "com.amazonaws.us-east-1.s3"},
    "CreateLoadBalancer": {"Name": "app", "Subnets": ["subnet-1", "subnet-2"]},
    "CreateTargetGroup": {"Name": "app", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1"},
    "CreateAutoScalingGroup": {"AutoScalingGroupName": "app", "MinSize": 0, "MaxSize": 0},
    "CreateDBInstance": {"DBInstanceIdentifier": "app", "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
                         "AllocatedStorage": 20},
    "CreateDBInstanceReadReplica": {"DBInstanceIdentifier": "app", "SourceDBInstanceIdentifier": "other"},
    "CreateDBSubnetGroup": {"DBSubnetGroupName": "app", "DBSubnetGroupDescription": "app",
                            "SubnetIds": ["subnet-1", "subnet-2"]},
    "CreateBucket": {"Bucket": "app-of-somebody"},
}


@proves(quotas.quota_is_kept)
@pytest.mark.parametrize(("most", "operation"), [(most, name) for most in quotas.TABLE for name in most.operations],
                         ids=lambda it: it if isinstance(it, str) else it.quota[1])
def test_no_more_than_the_quota(aws: Aws, monkeypatch: pytest.MonkeyPatch, most: quotas.Most, operation: str) -> None:
    name, _ = servicequotas.QUOTAS[most.quota]
    interface = {"VpcEndpointType": "Interface", "SecurityGroupIds": ["sg-1"], "PrivateDnsEnabled": False}
    params = MADE[operation] | (interface if most.then is quotas.interfaces else {})
    client = aws(most.service)
    call = getattr(client, next(snake for snake, name in client.meta.method_to_api_mapping.items()
                                if name == operation))
    monkeypatch.setitem(servicequotas.QUOTAS, most.quota, (name, most.then(Call(
        most.service, operation, EAST, params)) - 1))
    with refused(most.code, name):
        call(**params)
