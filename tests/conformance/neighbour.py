"""Another stack in the account, as far as this one has to do with it: its endpoints, which serve its VPC."""

from __future__ import annotations

from typing import Any

from tapctl.emulator.correction import ACCOUNT
from tapctl.naming import Place, tag_list
from tests.conformance.account import Raw
from tests.vpcs import Vpc

PROJECT, ENVIRONMENT = "TapStack", "neighbour"
SETTLED = 10 * 60  # seconds after which all of it is available


def serve(raw: Raw, region: str, vpc: Vpc) -> None:
    """A gateway on the private subnets' route tables, and an interface in these, with a group of the neighbour's."""
    ec2, place = raw("ec2", region), Place(PROJECT, ENVIRONMENT, "them", ACCOUNT, region, "aws")
    group = ec2.create_security_group(
        GroupName=place.name("endpoints"), Description="theirs", VpcId=vpc.id,
        TagSpecifications=_tagged(place, "security-group", "security_group/endpoints"))["GroupId"]
    sides: dict[str, dict[str, Any]] = {
        "dynamodb": {"VpcEndpointType": "Gateway", "RouteTableIds": vpc.tables},
        "logs": {"VpcEndpointType": "Interface", "SubnetIds": vpc.private, "SecurityGroupIds": [group],
                 "PrivateDnsEnabled": True}}
    for service, side in sides.items():
        ec2.create_vpc_endpoint(VpcId=vpc.id, ServiceName=f"com.amazonaws.{region}.{service}", **side,
                                TagSpecifications=_tagged(place, "vpc-endpoint", f"endpoint/{service}"))


def _tagged(place: Place, kind: str, key: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tag_list(place.tags(f"{place.region}/{key}"))}]
