"""The application load balancer of a region, and what its target group and listeners share with it: ELB's tags.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from tapctl.model import Aspect, Aws, Failed, Found, Gone, Out, Ref, Refused, Resource
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, tolerate

T = TypeVar("T")

SERVING = ("active", "active_impaired")  # impaired: it serves, and can't grow


# ---------------------------------------------------------------- tags, as all of ELB has them
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    aws.client("elbv2").add_tags(ResourceArns=[it.id], Tags=tag_list(tags))


def tagged(aws: Aws, raws: Sequence[Mapping[str, Any]], arn: str) -> Iterator[Found]:
    """Those whose tags claim to be this stack's, under the key that they claim; a listing has no tags in it.

    arn: the field with the ARN.
    """
    if not raws:
        return
    answer = aws.client("elbv2").describe_tags(ResourceArns=[raw[arn] for raw in raws])
    tags = {one["ResourceArn"]: tag_dict(one["Tags"]) for one in answer["TagDescriptions"]}
    for raw in raws:
        key = claims(tags[raw[arn]], aws.place)
        if key:
            yield Found(key, raw[arn], raw, tags[raw[arn]])


def named(aws: Aws) -> list[dict[str, Any]]:
    """The region's load balancer of this stack's name, whosever it is: one, or none."""
    answer = absent(lambda: aws.client("elbv2").describe_load_balancers(Names=[aws.place.load_balancer_name]),
                    "LoadBalancerNotFound")
    return list(answer["LoadBalancers"]) if answer else []


def require_free(aws: Aws, raws: Sequence[Mapping[str, Any]], arn: str) -> None:
    """None of these is somebody else's: AWS answers the creation of what is there with the same settings as if it were
    made, whosever it is. Raises Refused. arn: as in tagged().

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    """
    if others := {raw[arn] for raw in raws} - {it.id for it in tagged(aws, raws, arn)}:
        raise Refused(f"{others.pop()} is in its place, without this stack's tags; it is left as it is")


TAGS = tags_aspect(put_tags)


def seen(call: Callable[[], T]) -> T:
    """The answer of a call on a load balancer, which ELB may not find yet where it was made just now.

    https://github.com/hashicorp/terraform-provider-aws/issues/15214
    """
    return tolerate(call, "LoadBalancerNotFound")


# ---------------------------------------------------------------- aspects
def want_fixed(r: LoadBalancer, out: Out) -> dict[str, str]:
    return {"scheme": "internet-facing", "type": "application", "vpc": r.vpc}


def read_fixed(aws: Aws, it: Found) -> dict[str, str]:
    return {"scheme": it.raw["Scheme"], "type": it.raw["Type"], "vpc": it.raw["VpcId"]}


def want_subnets(r: LoadBalancer, out: Out) -> frozenset[str]:
    return frozenset(r.subnets)


def read_subnets(aws: Aws, it: Found) -> frozenset[str]:
    return frozenset(zone["SubnetId"] for zone in it.raw["AvailabilityZones"])


def put_subnets(aws: Aws, it: Found, have: frozenset[str], want: frozenset[str]) -> None:
    aws.client("elbv2").set_subnets(LoadBalancerArn=it.id, Subnets=sorted(want))


def want_groups(r: LoadBalancer, out: Out) -> frozenset[str]:
    return frozenset({out(r.group).id})


def read_groups(aws: Aws, it: Found) -> frozenset[str]:
    return frozenset(it.raw["SecurityGroups"])


def put_groups(aws: Aws, it: Found, have: frozenset[str], want: frozenset[str]) -> None:
    aws.client("elbv2").set_security_groups(LoadBalancerArn=it.id, SecurityGroups=sorted(want))


# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
BORN_ATTRIBUTES = {
    "access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "",
    "deletion_protection.enabled": "false", "routing.http.drop_invalid_header_fields.enabled": "false",
}


def want_attributes(r: LoadBalancer, out: Out) -> dict[str, str]:
    return BORN_ATTRIBUTES | {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": out(r.logs).id,
                              "routing.http.drop_invalid_header_fields.enabled": "true"}


def read_attributes(aws: Aws, it: Found) -> dict[str, str]:
    answer = aws.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=it.id)
    return BORN_ATTRIBUTES | {a["Key"]: a.get("Value") or "" for a in answer["Attributes"]
                              if a["Key"] in BORN_ATTRIBUTES}


def put_attributes(aws: Aws, it: Found, have: dict[str, str], want: dict[str, str]) -> None:
    # ELB tries the bucket at once, whose policy may not be known everywhere yet
    tolerate(lambda: seen(lambda: aws.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=it.id, Attributes=tag_list(want))),
        "InvalidConfigurationRequest", saying="Access Denied for bucket")


FIXED = Aspect("fixed", want_fixed, read_fixed, None,
               mend="Set [network] vpc_id back, or `tapctl down` and `tapctl up`")
SUBNETS = Aspect("subnets", want_subnets, read_subnets, put_subnets)
GROUPS = Aspect("security_groups", want_groups, read_groups, put_groups)
ATTRIBUTES = Aspect("attributes", want_attributes, read_attributes, put_attributes,
                    born=BORN_ATTRIBUTES)  # CreateLoadBalancer takes none


# ---------------------------------------------------------------- the load balancer
@dataclass(frozen=True)
class LoadBalancer(Resource):
    """group: its security group; logs: the bucket for access logs, READY before mine is; linked_role: ELB's."""

    vpc: str
    subnets: tuple[str, ...]
    group: Ref
    logs: Ref
    linked_role: Ref
    kind: ClassVar[str] = "load_balancer"
    says: ClassVar[tuple[str, ...]] = ("State", "Code")
    uses: ClassVar[frozenset[str]] = frozenset({"security_group", "bucket"})
    aspects: ClassVar[tuple[Aspect[LoadBalancer, Any], ...]] = (TAGS, FIXED, SUBNETS, GROUPS, ATTRIBUTES)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        return (it for it in tagged(aws, named(aws), "LoadBalancerArn") if it.key == f"{aws.place.region}/{cls.kind}")

    @classmethod
    def look(cls, aws: Aws, it: Found) -> Found | None:
        answer = absent(lambda: aws.client("elbv2").describe_load_balancers(LoadBalancerArns=[it.id]),
                        "LoadBalancerNotFound")
        return Found(it.key, it.id, answer["LoadBalancers"][0], it.tags) if answer else None

    @classmethod
    def state(cls, it: Found) -> str | None:
        state = it.raw["State"]
        if state["Code"] == "failed":
            raise Failed(f"the load balancer failed: {state.get('Reason', 'AWS gives no reason')}")
        return None if state["Code"] in SERVING else str(state["Code"])

    def create(self, aws: Aws, out: Out) -> Found:
        require_free(aws, named(aws), "LoadBalancerArn")
        # a security group just made may not be known to ELB yet
        raw = tolerate(lambda: aws.client("elbv2").create_load_balancer(
            Name=self.place.load_balancer_name, Type="application", Scheme="internet-facing",
            Subnets=sorted(self.subnets), SecurityGroups=sorted(want_groups(self, out)), Tags=tag_list(self.tags),
        ), "InvalidSecurityGroup")["LoadBalancers"][0]
        return Found(self.key, raw["LoadBalancerArn"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        """Access logs off first: else it may write to the next bucket of that name, a stranger's."""
        elb = aws.client("elbv2")
        off = {"access_logs.s3.enabled": "false", "deletion_protection.enabled": "false"}
        absent(lambda: elb.modify_load_balancer_attributes(LoadBalancerArn=it.id, Attributes=tag_list(off)),
               "LoadBalancerNotFound")
        elb.delete_load_balancer(LoadBalancerArn=it.id)  # of one that is gone it succeeds too
        return Gone.LATER
