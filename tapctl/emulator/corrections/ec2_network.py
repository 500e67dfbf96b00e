"""Default VPCs have a way to the internet."""

from __future__ import annotations

from moto.ec2.models import ec2_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, corrects, memory


@corrects("ec2", "DescribeRouteTables", "DescribeInternetGateways", "CreateVpcEndpoint", "CreateRoute",
          page="https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html")
def default_vpc_reaches_the_internet(call: Call, ask: Ask) -> Answer:
    """It has an internet gateway, and its main route table a route to it."""
    connect_default_vpc(call.region)
    return ask()


def connect_default_vpc(region: str) -> None:
    """Once for each."""
    ec2 = ec2_backends[ACCOUNT][region]
    vpc = ec2.get_default_vpc()
    if vpc is not None and (region, vpc.id) not in memory("default VPCs with a gateway"):
        memory("default VPCs with a gateway")[region, vpc.id] = True
        gateway = ec2.create_internet_gateway()
        ec2.attach_internet_gateway(gateway.id, vpc.id)
        main = next(one for one in ec2.route_tables.values() if one.vpc_id == vpc.id and one.main_association_id)
        ec2.create_route(main.id, "0.0.0.0/0", gateway_id=gateway.id)
