"""Peering connections, on both sides."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends

from tapctl.emulator.correction import ACCOUNT
from tapctl.model import Found
from tests.conformance.drifts.table import TAG, Here, drifts

OFF = {"AllowDnsResolutionFromRemoteVpc": False}


def there(here: Here, it: Found) -> Any:
    return here("ec2", region=it.raw["AccepterVpcInfo"]["Region"])


def tables(ec2: Any, it: Found) -> list[dict[str, Any]]:
    """The route tables from which this connection is reached."""
    found: list[dict[str, Any]] = ec2.describe_route_tables(
        Filters=[{"Name": "route.vpc-peering-connection-id", "Values": [it.id]}])["RouteTables"]
    return found


@drifts("peering", "peer_tags")
def tagged_on_the_other_side(here: Here, it: Found) -> None:
    there(here, it).create_tags(Resources=[it.id], Tags=[TAG])


@drifts("peering", "accepted")
def not_accepted(here: Here, it: Found) -> None:
    """No call undoes an acceptance: it is as a run leaves it that was killed before."""
    ec2_backends[ACCOUNT][it.raw["RequesterVpcInfo"]["Region"]].vpc_pcxs[it.id]._status.pending()


@drifts("peering", "dns")
def names_no_longer_resolved(here: Here, it: Found) -> None:
    here("ec2").modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=it.id, RequesterPeeringConnectionOptions=OFF)


@drifts("peering", "dns")
def names_no_longer_resolved_there(here: Here, it: Found) -> None:
    there(here, it).modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=it.id, AccepterPeeringConnectionOptions=OFF)


@drifts("peering", "routes")
def no_way_there(here: Here, it: Found) -> None:
    ec2 = here("ec2")
    for table in tables(ec2, it):
        for route in table["Routes"]:
            if route.get("VpcPeeringConnectionId") == it.id:
                ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=route["DestinationCidrBlock"])


@drifts("peering", "routes")
def another_way_back(here: Here, it: Found) -> None:
    ec2 = there(here, it)
    ec2.create_route(RouteTableId=tables(ec2, it)[0]["RouteTableId"], DestinationCidrBlock="172.31.255.0/28",
                     VpcPeeringConnectionId=it.id)
