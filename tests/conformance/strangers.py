"""Things of others that look like the stack's: one of each kind with its tags, copied, and one with its name, taken.

All are made by raw calls of boto3, as somebody else in the account would.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tapctl.naming import Place, tag_list
from tapctl.tags import ec2_specification
from tests.conformance.lab import Lab
from tests.conformance.labs import EAST

Tags = dict[str, str]
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
PASSWORD = "theirs-theirs"


class Stranger:
    """Somebody with the hands of `lab`'s account, in its first region. name, tags: what is made next is given."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.place = lab, lab.place.at(EAST)
        subnets = self.raw("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        self.vpc, self.subnets = subnets[0]["VpcId"], sorted(one["SubnetId"] for one in subnets)[:2]

    def raw(self, service: str) -> Any:
        return self.lab.raw(service, EAST)

    # ------------------------------------------------------------ one of each kind; empty tags: none
    def bucket(self, name: str, tags: Tags) -> None:
        own = {"BucketNamespace": "account-regional"} if name.endswith("-an") else {}
        self.raw("s3").create_bucket(Bucket=name, **own)
        if tags:
            self.raw("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})

    def kms_key(self, name: str, tags: Tags) -> str:
        """With an alias of this name; none where it is empty."""
        key = str(self.raw("kms").create_key(Description="theirs", Tags=tag_list(tags, "Tag"))["KeyMetadata"]["Arn"])
        if name:
            self.raw("kms").create_alias(AliasName=name, TargetKeyId=key)
        return key

    def log_group(self, name: str, tags: Tags) -> None:
        self.raw("logs").create_log_group(logGroupName=name, **({"tags": tags} if tags else {}))

    def secret(self, name: str, tags: Tags) -> None:
        self.raw("secretsmanager").create_secret(Name=name, SecretString="theirs", Tags=tag_list(tags))

    def table(self, name: str, tags: Tags) -> None:
        self.raw("dynamodb").create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "x", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}], Tags=tag_list(tags))

    def role(self, name: str, tags: Tags) -> None:
        self.raw("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=tag_list(tags))

    def instance_profile(self, name: str, tags: Tags) -> None:
        self.raw("iam").create_instance_profile(InstanceProfileName=name, Tags=tag_list(tags))

    def security_group(self, name: str, tags: Tags) -> None:
        self.raw("ec2").create_security_group(GroupName=name, Description="theirs", VpcId=self.vpc, **self.specified(
            "security-group", tags))

    def launch_template(self, name: str, tags: Tags) -> str:
        return str(self.raw("ec2").create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "t3.micro", "ImageId": "ami-12c6146b"},
            **self.specified("launch-template", tags))["LaunchTemplate"]["LaunchTemplateId"])

    def auto_scaling_group(self, name: str, tags: Tags) -> None:
        template = self.launch_template(f"{name}-theirs", {})
        self.raw("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=0, MaxSize=0, VPCZoneIdentifier=",".join(self.subnets),
            LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
            Tags=[{**tag, "PropagateAtLaunch": False} for tag in tag_list(tags)])

    def load_balancer(self, name: str, tags: Tags) -> str:
        tagged = {"Tags": tag_list(tags)} if tags else {}
        return str(self.raw("elbv2").create_load_balancer(Name=name, Subnets=self.subnets, **tagged)[
            "LoadBalancers"][0]["LoadBalancerArn"])

    def target_group(self, name: str, tags: Tags) -> str:
        """With all the settings of the stack's: AWS answers the creation of such a one as if it were made."""
        tagged = {"Tags": tag_list(tags)} if tags else {}
        return str(self.raw("elbv2").create_target_group(
            Name=name, Protocol="HTTP", Port=8080, VpcId=self.vpc, TargetType="instance", HealthCheckProtocol="HTTP",
            HealthCheckPort="traffic-port", HealthCheckPath="/health", HealthCheckIntervalSeconds=15,
            HealthCheckTimeoutSeconds=5, HealthyThresholdCount=2, UnhealthyThresholdCount=2,
            Matcher={"HttpCode": "200"}, **tagged)["TargetGroups"][0]["TargetGroupArn"])

    def listener(self, balancer: str, tags: Tags) -> None:
        """On this load balancer."""
        tagged = {"Tags": tag_list(tags)} if tags else {}
        self.raw("elbv2").create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}], **tagged)

    def db_subnet_group(self, name: str, tags: Tags) -> None:
        self.raw("rds").create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="theirs",
                                               SubnetIds=self.subnets, Tags=tag_list(tags))

    def database(self, name: str, tags: Tags) -> None:
        self.raw("rds").create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
            MasterUsername="theirs", MasterUserPassword=PASSWORD, Tags=tag_list(tags))

    def alarm(self, name: str, tags: Tags) -> None:
        self.raw("cloudwatch").put_metric_alarm(
            AlarmName=name, Namespace="theirs", MetricName="theirs", Statistic="Sum", Period=60, EvaluationPeriods=1,
            Threshold=1.0, ComparisonOperator="GreaterThanThreshold", Tags=tag_list(tags))

    def endpoint(self, vpc: str, tags: Tags) -> str:
        """A gateway in this VPC."""
        return str(self.raw("ec2").create_vpc_endpoint(
            VpcId=vpc, ServiceName=f"com.amazonaws.{EAST}.s3", **self.specified("vpc-endpoint", tags),
        )["VpcEndpoint"]["VpcEndpointId"])

    def specified(self, kind: str, tags: Tags) -> dict[str, Any]:
        return {"TagSpecifications": ec2_specification(kind, tags)} if tags else {}


# ---------------------------------------------------------------- tables, by kind
def elsewhere(stranger: Stranger) -> str:
    """Another VPC."""
    return str(stranger.raw("ec2").create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"])


def copied(stranger: Stranger) -> dict[str, Callable[[], object]]:
    """What makes one of each kind with the tags of the stack's own, which is another one all the same."""

    def tags(kind: str, role: str = "") -> Tags:
        return stranger.place.tags("/".join(part for part in (EAST, kind, role) if part))

    def with_another_purpose() -> None:
        """A group of the form of the stack's names, and the tags of another of them."""
        stranger.security_group(stranger.place.name("theirs"), tags("security_group", "app"))

    return {
        "kms_key": lambda: stranger.kms_key("", tags("kms_key")),
        "bucket": lambda: stranger.bucket("theirs-123456789012", tags("bucket", "logs")),
        "log_group": lambda: stranger.log_group("theirs", tags("log_group")),
        "secret": lambda: stranger.secret("theirs", tags("secret", "database")),
        "table": lambda: stranger.table("theirs", tags("table")),
        "role": lambda: stranger.role("theirs", tags("role")),
        "instance_profile": lambda: stranger.instance_profile("theirs", tags("instance_profile")),
        "security_group": with_another_purpose,
        "launch_template": lambda: stranger.launch_template("theirs", tags("launch_template")),
        "auto_scaling_group": lambda: stranger.auto_scaling_group("theirs", tags("auto_scaling_group")),
        "load_balancer": lambda: stranger.load_balancer("theirs", tags("load_balancer")),
        "target_group": lambda: stranger.target_group("theirs", tags("target_group")),
        "listener": lambda: stranger.listener(stranger.load_balancer("theirs-too", {}), tags("listener", "http")),
        "db_subnet_group": lambda: stranger.db_subnet_group("theirs", tags("db_subnet_group")),
        "database": lambda: stranger.database("theirs", tags("database")),
        "alarm": lambda: stranger.alarm("theirs", tags("alarm", "target-5xx")),
    }


def taken(stranger: Stranger) -> dict[str, Callable[[], object]]:
    """What makes one of each kind under the name of the stack's own, without its tags."""
    place: Place = stranger.place
    return {
        "kms_key": lambda: stranger.kms_key(place.alias_name, {}),
        "bucket": lambda: stranger.bucket(place.bucket_name("logs"), {}),
        "log_group": lambda: stranger.log_group(place.name(), {}),
        "secret": lambda: stranger.secret(place.secret_name, {}),
        "table": lambda: stranger.table(place.name(), {}),
        "role": lambda: stranger.role(place.name(), {}),
        "instance_profile": lambda: stranger.instance_profile(place.name(), {}),
        "security_group": lambda: stranger.security_group(place.name("app"), {}),
        "launch_template": lambda: stranger.launch_template(place.name(), {}),
        "auto_scaling_group": lambda: stranger.auto_scaling_group(place.name(), {}),
        "load_balancer": lambda: stranger.load_balancer(place.load_balancer_name, {}),
        "target_group": lambda: stranger.target_group(place.target_group_name, {}),
        "db_subnet_group": lambda: stranger.db_subnet_group(place.db_subnet_group_name, {}),
        "database": lambda: stranger.database(place.database_id, {}),
        "alarm": lambda: stranger.alarm(place.name("target-5xx"), {}),
    }
