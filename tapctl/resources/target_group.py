"""The target group that the instances are registered with, and their health check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.model import Aspect, Aws, Blocked, Chain, Found, Gone, Out, Ref, Resource
from tapctl.naming import tag_dict, tag_list
from tapctl.resources.holders import of_arns
from tapctl.resources.load_balancer import TAGS, require_free, tagged
from tapctl.waiting import absent, code

DELAY_ATTRIBUTE = "deregistration_delay.timeout_seconds"


# ---------------------------------------------------------------- aspects
def want_fixed(r: TargetGroup, out: Out) -> dict[str, Any]:
    return {"Protocol": "HTTP", "Port": r.port, "VpcId": r.vpc, "TargetType": "instance"}


def read_fixed(aws: Aws, it: Found) -> dict[str, Any]:
    return {name: it.raw[name] for name in ("Protocol", "Port", "VpcId", "TargetType")}


def want_health(r: TargetGroup, out: Out) -> dict[str, Any]:
    """Seconds and counts. An instance counts as healthy half a minute after it answers."""
    return {"HealthCheckProtocol": "HTTP", "HealthCheckPort": "traffic-port", "HealthCheckPath": r.health_path,
            "HealthCheckIntervalSeconds": 15, "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 2, "Matcher": {"HttpCode": "200"}}


def read_health(aws: Aws, it: Found) -> dict[str, Any]:
    return {name: it.raw.get(name) for name in (
        "HealthCheckProtocol", "HealthCheckPort", "HealthCheckPath", "HealthCheckIntervalSeconds",
        "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher")}


def put_health(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    aws.client("elbv2").modify_target_group(TargetGroupArn=it.id, **want)


def want_delay(r: TargetGroup, out: Out) -> str:
    return "30"


def read_delay(aws: Aws, it: Found) -> str:
    answer = aws.client("elbv2").describe_target_group_attributes(TargetGroupArn=it.id)
    return tag_dict(answer["Attributes"])[DELAY_ATTRIBUTE]


def put_delay(aws: Aws, it: Found, have: str, want: str) -> None:
    aws.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=it.id, Attributes=tag_list({DELAY_ATTRIBUTE: want}))


FIXED = Aspect("fixed", want_fixed, read_fixed, None,
               mend="Set [app] port and [network] vpc_id back, or `tapctl down` and `tapctl up`")
HEALTH = Aspect("health_check", want_health, read_health, put_health)
# seconds that an instance on its way out gets to answer; CreateTargetGroup takes no attributes, and AWS's is 300
DELAY = Aspect("deregistration_delay", want_delay, read_delay, put_delay, born="300")


# ---------------------------------------------------------------- the target group
@dataclass(frozen=True)
class TargetGroup(Resource):
    """port, health_path: where the application listens and what it is asked for; linked_role: ELB's."""

    vpc: str
    port: int
    health_path: str
    linked_role: Ref
    kind: ClassVar[str] = "target_group"
    aspects: ClassVar[tuple[Aspect[TargetGroup, Any], ...]] = (TAGS, FIXED, HEALTH, DELAY)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        return (it for it in tagged(aws, _named(aws), "TargetGroupArn") if it.key == f"{aws.place.region}/{cls.kind}")

    def create(self, aws: Aws, out: Out) -> Found:
        require_free(aws, _named(aws), "TargetGroupArn")
        raw = aws.client("elbv2").create_target_group(
            Name=self.place.target_group_name, Tags=tag_list(self.tags), **want_fixed(self, out),
            **want_health(self, out))["TargetGroups"][0]
        return Found(self.key, raw["TargetGroupArn"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        try:
            absent(lambda: aws.client("elbv2").delete_target_group(TargetGroupArn=it.id), "TargetGroupNotFound")
        except ClientError as error:
            if code(error) == "ResourceInUse":
                raise Blocked("the listener to let go of it") from error
            raise
        return Gone.NOW

    @classmethod
    def holders(cls, aws: Aws, it: Found) -> Iterable[Chain]:
        """Load balancers: a listener of theirs, or a rule of one, forwards to it."""
        answer = absent(lambda: aws.client("elbv2").describe_target_groups(TargetGroupArns=[it.id]),
                        "TargetGroupNotFound")
        arns = [arn for group in (answer["TargetGroups"] if answer else []) for arn in group["LoadBalancerArns"]]
        return ((link,) for link in of_arns(aws, arns))


def _named(aws: Aws) -> list[dict[str, Any]]:
    """The region's target group of this stack's name, whosever it is: one, or none."""
    answer = absent(lambda: aws.client("elbv2").describe_target_groups(Names=[aws.place.target_group_name]),
                    "TargetGroupNotFound")
    return list(answer["TargetGroups"]) if answer else []
