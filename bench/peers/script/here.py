"""One region: its clients, names and tags, and what the account has there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PROJECT, ENVIRONMENT, OWNER = "TapStack", "production", "platform"
REGIONS = ("us-east-1", "us-west-2")
SERVICES = ("autoscaling", "cloudwatch", "dynamodb", "ec2", "elbv2", "iam", "kms", "logs", "rds", "s3",
            "secretsmanager", "ssm")
PORT, HEALTH_PATH = 8080, "/health"
ZONES = 3
AMI = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


def maybe(call: Callable[..., Any], **parameters: Any) -> Any:
    """The answer, or None when the thing is not there."""
    try:
        return call(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "NotFound" in code or "NoSuch" in code or code == "404":
            return None
        raise


def as_list(tags: dict[str, str], prefix: str = "") -> list[Any]:
    return [{f"{prefix}Key": key, f"{prefix}Value": value} for key, value in tags.items()]


class Here:
    """buckets, groups, ... are filled in on the way."""

    def __init__(self, region: str, account: str, user_data: bytes) -> None:
        self.region, self.account, self.user_data = region, account, user_data
        self.name = f"{PROJECT}-{ENVIRONMENT}-{region}"
        self.primary = region == REGIONS[0]
        self.buckets = {role: f"{PROJECT}-{ENVIRONMENT}-{role}-{account}-{region}-an".lower()
                        for role in ("logs", "alb-logs")}
        session = boto3.session.Session(region_name=region)
        config = Config(s3={"addressing_style": "path"})
        self.clients: dict[str, Any] = {service: session.client(service, config=config) for service in SERVICES}
        self.groups: dict[str, str] = {}
        self.key = self.role = self.profile = self.log_group = self.password = self.password_version = ""
        self.balancer = self.targets = self.template = self.database = ""

    def __getattr__(self, service: str) -> Any:
        """self.ec2, self.s3, ..."""
        try:
            return self.clients[service]
        except KeyError:
            raise AttributeError(service) from None

    def look_around(self) -> None:
        """The default VPC, and one subnet in each of its first zones."""
        self.vpc: str = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
        of_vpc = [{"Name": "vpc-id", "Values": [self.vpc]}]
        subnets = self.ec2.describe_subnets(Filters=of_vpc)["Subnets"]
        by_zone = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in subnets}
        self.subnets: list[str] = [by_zone[zone] for zone in sorted(by_zone)[:ZONES]]
        tables = self.ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
        self.tables: list[str] = [table["RouteTableId"] for table in tables]
        lists = self.ec2.describe_managed_prefix_lists(Filters=[{
            "Name": "prefix-list-name", "Values": [f"com.amazonaws.{self.region}.{s}" for s in ("s3", "dynamodb")]}])
        self.prefix_lists: list[str] = [one["PrefixListId"] for one in lists["PrefixLists"]]

    def tags(self, key: str) -> dict[str, str]:
        """key: of the thing in its region, "bucket/logs"; what comes after its kind ends the Name."""
        role = key.partition("/")[2]
        return {"Environment": ENVIRONMENT, "Project": PROJECT, "Owner": OWNER,
                "Name": self.name + (f"-{role}" if role else ""), "tapctl:stack": f"{PROJECT}/{ENVIRONMENT}",
                "tapctl:key": f"{self.region}/{key}"}

    def tag_list(self, key: str) -> list[Any]:
        return as_list(self.tags(key))

    def launch_tags(self, key: str) -> dict[str, str]:
        """What instances and their volumes get."""
        return {name: value for name, value in self.tags(key).items() if name != "tapctl:key"}

    def specification(self, kind: str, key: str) -> list[Any]:
        """As EC2 takes tags."""
        return [{"ResourceType": kind, "Tags": self.tag_list(key)}]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
