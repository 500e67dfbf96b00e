"""Default VPCs have a way to the internet; VPCs whose addresses overlap can't be peered."""

from __future__ import annotations

from ipaddress import ip_network

from moto.ec2.models import ec2_backends

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects, memory

_API = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
_OVER = ("deleted", "failed", "rejected", "expired")


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


@corrects("ec2", "CreateVpcPeeringConnection", page=_API + "API_CreateVpcPeeringConnection.html")
def peering_needs_room(call: Call, ask: Ask) -> Answer:
    """With overlapping addresses the call succeeds and the connection is failed; a pair is peered once."""
    params = call.params
    peer_region = params.get("PeerRegion", call.region)
    mine = ec2_backends[ACCOUNT][call.region].get_vpc(params["VpcId"])
    theirs = ec2_backends[ACCOUNT][peer_region].get_vpc(params["PeerVpcId"])
    pair = {mine.id, theirs.id}
    for other in ec2_backends[ACCOUNT][call.region].vpc_pcxs.values():
        if {other.vpc.id, other.peer_vpc.id} == pair and other._status.code not in _OVER:
            raise Refusal("VpcPeeringConnectionAlreadyExists", f"{other.id} already peers these VPCs")
    answer = ask()
    if ip_network(mine.cidr_block).overlaps(ip_network(theirs.cidr_block)):
        made = answer["VpcPeeringConnection"]
        status = ec2_backends[ACCOUNT][call.region].vpc_pcxs[made["VpcPeeringConnectionId"]]._status
        status.code = "failed"
        status.message = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
        made["Status"] = {"Code": status.code, "Message": status.message}
    return answer
