"""Service-linked roles: the account's, shared by everything in it. Made sure of first, tagged by nobody, never deleted.

A fresh account has none: they come with the first Auto Scaling group, load balancer or database. But a key policy
may name only a principal that exists, and the key comes before all of these.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from botocore.exceptions import ClientError

from tapctl.model import Aws, Found, Gone, Kept, Out, Remnant, Resource
from tapctl.waiting import message

ROLES = {
    "autoscaling": "AWSServiceRoleForAutoScaling",
    "elasticloadbalancing": "AWSServiceRoleForElasticLoadBalancing",
    "rds": "AWSServiceRoleForRDS",
}


@dataclass(frozen=True)
class ServiceLinkedRole(Resource):
    """service: a key of ROLES."""

    service: str
    kind: ClassVar[str] = "service_linked_role"
    shared: ClassVar[bool] = True
    regional: ClassVar[bool] = False

    @property
    def role(self) -> str:
        return self.service

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        pages = aws.client("iam").get_paginator("list_roles").paginate(PathPrefix="/aws-service-role/")
        there = {role["RoleName"]: role for page in pages for role in page["Roles"]}
        for service, name in ROLES.items():
            if name in there:
                yield Found(f"{aws.place.region}/{cls.kind}/{service}", there[name]["Arn"], there[name])

    def create(self, aws: Aws, out: Out) -> Found:
        try:
            aws.client("iam").create_service_linked_role(AWSServiceName=f"{self.service}.amazonaws.com")
        except ClientError as error:
            if "has been taken" not in message(error):  # somebody was faster
                raise
        return Found(self.key, self.place.arn("iam", f"role/aws-service-role/{self.service}.amazonaws.com/"
                                              f"{ROLES[self.service]}", region=""), {})

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        raise Kept("a service-linked role belongs to the account")

    @classmethod
    def remains(cls, aws: Aws) -> Iterable[Remnant]:
        return (Remnant("service-linked role", it.id, why="belongs to the account") for it in cls.owned(aws))
