"""VPCs: what EC2 says of one, in the fewest words; and some to make in an emulated AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EAST = "us-east-1"
PREFIX = f"com.amazonaws.{EAST}."
OUT: dict[str, Any] = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
LOCAL: dict[str, Any] = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}


def subnet(name: str, zone: str, vpc: str = "vpc-1", cidr: str = "10.0.0.0/24", **more: Any) -> dict[str, Any]:
    return {"SubnetId": f"subnet-{name}", "AvailabilityZone": f"{EAST}{zone}", "VpcId": vpc, "CidrBlock": cidr,
            "AvailableIpAddressCount": 251, **more}


def table(name: str, *subnets: str, main: bool = False, vpc: str = "vpc-1",
          routes: tuple[dict[str, Any], ...] = (OUT,)) -> dict[str, Any]:
    """A public one, unless `routes` says otherwise; what leads to the VPC itself is always in it."""
    associations: list[dict[str, Any]] = [{"Main": False, "SubnetId": f"subnet-{subnet}"} for subnet in subnets]
    return {"RouteTableId": f"rtb-{name}", "VpcId": vpc, "Routes": [LOCAL, *routes],
            "Associations": [*associations, *([{"Main": True}] * main), {"Main": False, "GatewayId": "igw-1"}]}


def endpoint(service: str, name: str = "vpce-1", state: str = "available", vpc: str = "vpc-1", **more: Any) -> Any:
    """A gateway on rtb-main, unless `more` says otherwise."""
    return {"VpcEndpointId": name, "ServiceName": f"{PREFIX}{service}", "State": state, "VpcId": vpc,
            "VpcEndpointType": "Gateway", "PrivateDnsEnabled": False, "RouteTableIds": ["rtb-main"], **more}


def interface(service: str = "logs", name: str = "vpce-1", **more: Any) -> Any:
    return endpoint(service, name, VpcEndpointType="Interface", RouteTableIds=[], **{"PrivateDnsEnabled": True} | more)


# ---------------------------------------------------------------- made
def added(ec2: Any, vpc: str, cidrs: dict[str, str], tables: int, gateway: str = "") -> tuple[list[str], list[str]]:
    """Subnets, by zone, and so many route tables of theirs; with a way to this gateway, if one is given."""
    made = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(tables)]
    for name in made if gateway else ():
        ec2.create_route(RouteTableId=name, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    subnets = []
    for n, (zone, cidr) in enumerate(cidrs.items()):
        subnets.append(ec2.create_subnet(VpcId=vpc, AvailabilityZone=zone, CidrBlock=cidr)["Subnet"]["SubnetId"])
        ec2.associate_route_table(RouteTableId=made[n % tables], SubnetId=subnets[-1])
    return subnets, made


@dataclass(frozen=True)
class Vpc:
    """As many people have it: public and private subnets in two zones, the private ones with a route table each."""

    id: str
    gateway: str
    public: list[str]
    private: list[str]
    tables: list[str]  # of the private ones


def made(ec2: Any, region: str, net: int) -> Vpc:
    """In 10.NET.0.0/16."""
    vpc = ec2.create_vpc(CidrBlock=f"10.{net}.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    public, _ = added(ec2, vpc, {f"{region}{zone}": f"10.{net}.{n}.0/24" for n, zone in enumerate("ab")}, 1, gateway)
    private, tables = added(ec2, vpc, {f"{region}{zone}": f"10.{net}.1{n}.0/24" for n, zone in enumerate("ab")}, 2)
    return Vpc(vpc, gateway, public, private, tables)
