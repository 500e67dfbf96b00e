"""What would be more than an account may have is refused. The quotas are those of servicequotas.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends
from moto.s3.models import s3_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects
from tapctl.emulator.corrections.servicequotas import QUOTAS

_VPC = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
_EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
_ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"
_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"
SIDES = {"AuthorizeSecurityGroupIngress": "ingress_rules", "AuthorizeSecurityGroupEgress": "egress_rules"}
PEERS = ("IpRanges", "PrefixListIds", "UserIdGroupPairs")


@dataclass(frozen=True)
class Most:
    """quota: its service and code. then: how many there are once the call is carried out."""

    service: str
    operations: tuple[str, ...]
    quota: tuple[str, str]
    code: str
    then: Callable[[Call], float]
    page: str


def security_groups(call: Call) -> int:
    return sum(map(len, ec2_backends[ACCOUNT][call.region].groups.values())) + 1


def rules(call: Call) -> int:
    """Of one direction; each peer is one. Those for IPv6 are counted apart, and not here."""
    group = ec2_backends[ACCOUNT][call.region].get_security_group_from_id(call.params["GroupId"])
    there = sum("CidrIpv6" not in one.ip_range for one in getattr(group, SIDES[call.operation])) if group else 0
    return there + sum(len(one.get(peer, ())) for one in call.params.get("IpPermissions", ()) for peer in PEERS)


def gateways(call: Call) -> int:
    return _endpoints(call, "Gateway", ec2_backends[ACCOUNT][call.region].vpcs)


def interfaces(call: Call) -> int:
    return _endpoints(call, "Interface", [call.params["VpcId"]])


def _endpoints(call: Call, kind: str, vpcs: object) -> int:
    if call.params.get("VpcEndpointType", "Gateway") != kind:
        return 0
    return sum(one.vpc_endpoint_type == kind and one.vpc_id in vpcs  # type: ignore[operator]
               for one in ec2_backends[ACCOUNT][call.region].vpc_end_points.values()) + 1


def load_balancers(call: Call) -> int:
    return len(elbv2_backends[ACCOUNT][call.region].load_balancers) + 1


def target_groups(call: Call) -> int:
    return len(elbv2_backends[ACCOUNT][call.region].target_groups) + 1


def auto_scaling_groups(call: Call) -> int:
    return len(autoscaling_backends[ACCOUNT][call.region].autoscaling_groups) + 1


def databases(call: Call) -> int:
    return len(rds_backends[ACCOUNT][call.region].databases) + 1


def storage(call: Call) -> int:
    """GiB."""
    there = rds_backends[ACCOUNT][call.region].databases.values()
    return sum(int(one.allocated_storage) for one in there) + int(call.params.get("AllocatedStorage", 0))


def subnet_groups(call: Call) -> int:
    return len(rds_backends[ACCOUNT][call.region].subnet_groups) + 1


def buckets(call: Call) -> int:
    return len(s3_backends[ACCOUNT]["aws"].buckets) + 1


DATABASES = ("CreateDBInstance", "CreateDBInstanceReadReplica")
TABLE = (
    Most("ec2", ("CreateSecurityGroup",), ("vpc", "L-E79EC296"), "SecurityGroupLimitExceeded", security_groups, _EC2),
    Most("ec2", tuple(SIDES), ("vpc", "L-0EA8095F"), "RulesPerSecurityGroupLimitExceeded", rules, _VPC),
    Most("ec2", ("CreateVpcEndpoint",), ("vpc", "L-1B52E74A"), "VpcEndpointLimitExceeded", gateways, _EC2),
    Most("ec2", ("CreateVpcEndpoint",), ("vpc", "L-29B6F2EB"), "VpcEndpointLimitExceeded", interfaces, _EC2),
    Most("elbv2", ("CreateLoadBalancer",), ("elasticloadbalancing", "L-53DA6B97"), "TooManyLoadBalancers",
         load_balancers, _ELB + "API_CreateLoadBalancer.html"),
    Most("elbv2", ("CreateTargetGroup",), ("elasticloadbalancing", "L-B22855CB"), "TooManyTargetGroups",
         target_groups, _ELB + "API_CreateTargetGroup.html"),
    Most("autoscaling", ("CreateAutoScalingGroup",), ("autoscaling", "L-CDE20ADC"), "LimitExceeded",
         auto_scaling_groups, "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html"),
    Most("rds", DATABASES, ("rds", "L-7B6409FD"), "InstanceQuotaExceeded", databases,
         _RDS + "API_CreateDBInstance.html"),
    Most("rds", DATABASES, ("rds", "L-7ADDB58A"), "StorageQuotaExceeded", storage, _RDS + "API_CreateDBInstance.html"),
    Most("rds", ("CreateDBSubnetGroup",), ("rds", "L-48C6BF61"), "DBSubnetGroupQuotaExceeded", subnet_groups,
         _RDS + "API_CreateDBSubnetGroup.html"),
    Most("s3", ("CreateBucket",), ("s3", "L-DC2B2D3D"), "TooManyBuckets", buckets,
         "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
)


def quota_is_kept(call: Call, ask: Ask) -> Answer:
    """No more than the quota says; moto counts none."""
    for most in TABLE:
        if most.service == call.service and call.operation in most.operations:
            name, value = QUOTAS[most.quota]
            if most.then(call) > value:
                raise Refusal(most.code, f"The maximum has been reached: {name}: {value:g}")
    return ask()


for _service, _operation, _page in {(one.service, name, one.page): None for one in TABLE for name in one.operations}:
    corrects(_service, _operation, page=_page)(quota_is_kept)
