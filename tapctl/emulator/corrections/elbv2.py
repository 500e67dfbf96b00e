"""Load balancers: names, states, attributes, and creations that may be repeated."""

from __future__ import annotations

import re
from typing import Any

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.elbv2.ssl_policies import SSL_POLICIES

from tapctl.emulator import durations, lifecycle
from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory
from tapctl.emulator.dispatch import plain

_API = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"
_STATES = "load balancer states"
LINGERING = "load balancer interfaces"
_NAME = re.compile(r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
# What DescribeLoadBalancerAttributes tells of a new application load balancer.
_ATTRIBUTES = {
    "access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600", "connection_logs.s3.enabled": "false", "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "", "deletion_protection.enabled": "false", "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true", "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false", "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false", "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true", "waf.fail_open.enabled": "false", "zonal_shift.config.enabled": "false",
}


def balancers(region: str) -> dict[str, Any]:
    """moto's load balancers by ARN."""
    found: dict[str, Any] = elbv2_backends[ACCOUNT][region].load_balancers
    return found


@corrects("elbv2", "CreateLoadBalancer", page=_API + "API_CreateLoadBalancer.html")
def creation(call: Call, ask: Ask) -> Answer:
    """AWS's rules for the name, two zones, and `provisioning` at first."""
    _check(call)
    call.params.setdefault("Scheme", "internet-facing")  # moto would tell of none
    for balancer in balancers(call.region).values():
        if balancer.name == call.params["Name"]:
            _same_or_duplicate(call, balancer.arn, "DuplicateLoadBalancerName", "A load balancer with the same name "
                               f"'{balancer.name}' exists, but with different settings")
            return plain("elbv2", "DescribeLoadBalancers", call.region, {"LoadBalancerArns": [balancer.arn]})
    answer = ask()
    made = answer["LoadBalancers"][0]
    balancer = balancers(call.region)[made["LoadBalancerArn"]]
    balancer.attrs = dict(_ATTRIBUTES)
    memory("elbv2 creations")[balancer.arn] = call.params
    lifecycle.begin(_STATES, balancer.arn, ("provisioning", durations.LOAD_BALANCER))
    made["State"] = {"Code": "provisioning"}
    return answer


def _check(call: Call) -> None:
    name = call.params["Name"]
    if len(name) > 32:
        raise Refusal("ValidationError", f"The load balancer name '{name}' cannot be longer than '32' characters")
    if not _NAME.fullmatch(name):
        raise Refusal("ValidationError", f"The load balancer name '{name}' has characters or a place for a hyphen "
                      "that a name must not have")
    ec2 = ec2_backends[ACCOUNT][call.region]
    subnets = call.params.get("Subnets") or [one["SubnetId"] for one in call.params.get("SubnetMappings", [])]
    known = {subnet.id: subnet.availability_zone for zone in ec2.subnets.values() for subnet in zone.values()}
    if all(subnet in known for subnet in subnets) and len({known[subnet] for subnet in subnets}) < 2:
        raise Refusal("ValidationError", "At least two subnets in two different Availability Zones must be specified")
    for group in call.params.get("SecurityGroups", []):
        if ec2.get_security_group_from_id(group) is None:
            raise Refusal("InvalidSecurityGroup", f"Security group '{group}' does not exist")


def _same_or_duplicate(call: Call, arn: str, code: str, message: str) -> None:
    """"This operation is idempotent": with the same settings a repeated call succeeds, with others it is refused."""
    if memory("elbv2 creations").get(arn) != call.params:
        raise Refusal(code, message)


@corrects("elbv2", "DescribeLoadBalancers", page=_API + "API_LoadBalancerState.html")
def states(call: Call, ask: Ask) -> Answer:
    """In the state that the clock says."""
    answer = ask()
    for balancer in answer["LoadBalancers"]:
        balancer["State"] = {"Code": lifecycle.state(_STATES, balancer["LoadBalancerArn"]) or "active"}
    return answer


@corrects("elbv2", "DeleteLoadBalancer", page=_API + "API_DeleteLoadBalancer.html")
def deletion(call: Call, ask: Ask) -> Answer:
    """Not while it is protected. Its network interfaces stay for a while, and with them its groups are in use."""
    balancer = balancers(call.region).get(call.params["LoadBalancerArn"])
    if balancer is None:
        return ask()
    if balancer.attrs["deletion_protection.enabled"] == "true":
        raise Refusal("OperationNotPermitted", f"Load balancer '{balancer.arn}' cannot be deleted because deletion "
                      "protection is enabled")
    key = call.region, balancer.arn, tuple(balancer.security_groups)
    lifecycle.begin(LINGERING, key, ("in use", durations.LOAD_BALANCER_INTERFACES))
    return ask()


@corrects("elbv2", "CreateTargetGroup", page=_API + "API_CreateTargetGroup.html")
def target_group_creation(call: Call, ask: Ask) -> Answer:
    """With the same settings it may be repeated."""
    for group in elbv2_backends[ACCOUNT][call.region].target_groups.values():
        if group.name == call.params["Name"]:
            _same_or_duplicate(call, group.arn, "DuplicateTargetGroupName", "A target group with the same name "
                               f"'{group.name}' exists, but with different settings")
            return plain("elbv2", "DescribeTargetGroups", call.region, {"TargetGroupArns": [group.arn]})
    answer = ask()
    memory("elbv2 creations")[answer["TargetGroups"][0]["TargetGroupArn"]] = call.params
    return answer


@corrects("elbv2", "CreateListener", "ModifyListener", "DescribeSSLPolicies",
          page="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html")
def ssl_policies_are_known(call: Call, ask: Ask) -> Answer:
    """An unknown policy is said; moto takes any name."""
    named = [call.params["SslPolicy"]] if "SslPolicy" in call.params else call.params.get("Names", [])
    for name in named:
        if name not in SSL_POLICIES:
            raise Refusal("SSLPolicyNotFound", f"SSL policy '{name}' not found")
    return ask()


@corrects("elbv2", "CreateListener", page=_API + "API_CreateListener.html")
def listener_creation(call: Call, ask: Ask) -> Answer:
    """One for a port; with the same settings it may be repeated. moto takes any number."""
    balancer = balancers(call.region).get(call.params["LoadBalancerArn"])
    for listener in balancer.listeners.values() if balancer else ():
        if int(listener.port) == call.params["Port"]:
            _same_or_duplicate(call, listener.arn, "DuplicateListener",
                               "A listener already exists on this port for this load balancer")
            return plain("elbv2", "DescribeListeners", call.region, {"ListenerArns": [listener.arn]})
    answer = ask()
    memory("elbv2 creations")[answer["Listeners"][0]["ListenerArn"]] = call.params
    return answer
