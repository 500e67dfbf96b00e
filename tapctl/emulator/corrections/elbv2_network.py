"""Load balancers that face the internet need a way to it."""

from __future__ import annotations

from moto.ec2.models import ec2_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects
from tapctl.emulator.corrections.ec2_network import connect_default_vpc

_GUIDE = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"


@corrects("elbv2", "CreateLoadBalancer", page=_GUIDE + "create-application-load-balancer.html")
def the_internet_is_reached_by_a_gateway(call: Call, ask: Ask) -> Answer:
    """Its VPC has an internet gateway; moto asks for none."""
    connect_default_vpc(call.region)
    ec2 = ec2_backends[ACCOUNT][call.region]
    subnets = call.params.get("Subnets") or [one["SubnetId"] for one in call.params.get("SubnetMappings", [])]
    homes = {subnet.vpc_id for zone in ec2.subnets.values() for subnet in zone.values() if subnet.id in subnets}
    connected = {gateway.vpc.id for gateway in ec2.internet_gateways.values() if gateway.vpc}
    if call.params.get("Scheme") != "internal" and homes - connected:
        raise Refusal("InvalidSubnet", f"VPC {min(homes)} has no internet gateway")
    return ask()
