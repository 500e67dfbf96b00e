"""Where in a VPC a stack stands, put together from what EC2 answers: zones, subnets, routes. Pure.

The load balancer's subnets have a route to an internet gateway. What needs none (instances, database and interface
endpoints) stands in private subnets where the VPC has them in two zones or more, and else beside the load balancer. All
are in the same zones: a load balancer sends nothing to targets in a zone that it has no subnet in.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-subnets.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tapctl.errors import ConfigurationError
from tapctl.naming import OWNERSHIP_STACK, tag_dict
from tapctl.resources.peering_routes import LIVE, status, target_of

ZONES = 3  # at the most: two are the least for Multi-AZ, and every zone costs an interface endpoint
LEAST_ZONES = 2
EVERYWHERE = ("0.0.0.0/0", "::/0")
DNS_ATTRIBUTES = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}  # in the answer

Raw = Mapping[str, Any]  # as EC2 describes it


# ---------------------------------------------------------------- the VPC
def named(region: str, vpcs: Sequence[Raw], chosen: str | None) -> Raw:
    """The VPC to use. Raises ConfigurationError: there is none."""
    if not vpcs:
        raise ConfigurationError(
            f"{region} has no VPC {chosen}" if chosen else f"{region} has no default VPC",
            mend=f"name one under [network] vpc_id in config.toml, or: aws ec2 create-default-vpc --region {region}")
    return vpcs[0]


def cidrs_of(vpc: Raw) -> tuple[str, ...]:
    """Every address range that the VPC has, IPv4 and IPv6, its first one first."""
    blocks = [(one["CidrBlock"], one["CidrBlockState"]) for one in vpc.get("CidrBlockAssociationSet", [])]
    blocks += [(one["Ipv6CidrBlock"], one["Ipv6CidrBlockState"]) for one in vpc.get("Ipv6CidrBlockAssociationSet", [])]
    return tuple(dict.fromkeys([vpc["CidrBlock"], *(cidr for cidr, state in blocks if state["State"] == "associated")]))


def resolves_names(region: str, vpc: Raw) -> None:
    """vpc: with its DNS attributes. Raises ConfigurationError: it doesn't give the names that endpoints are reached by.

    https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html#enable-private-dns-names
    """
    off = [name for name in DNS_ATTRIBUTES if not vpc[name]]
    options = {"enableDnsSupport": "--enable-dns-support", "enableDnsHostnames": "--enable-dns-hostnames"}
    if off:
        raise ConfigurationError(
            f"{region}: {vpc['VpcId']} has {' and '.join(off)} off",
            reason="instances reach endpoints and database by name, and a VPC resolves these names only with both "
                   f"{' and '.join(DNS_ATTRIBUTES)} on",
            mend="; ".join(f"aws ec2 modify-vpc-attribute --region {region} --vpc-id {vpc['VpcId']} "
                           f"{options[name]} Value=true" for name in off))


# ---------------------------------------------------------------- routes
def table_of(subnets: Iterable[Raw], tables: Iterable[Raw]) -> dict[str, Raw]:
    """By subnet, the route table that it uses: its own, or else the VPC's main one."""
    main: Raw = {"RouteTableId": "", "Routes": []}
    own: dict[str, Raw] = {}
    for table in tables:
        for association in table["Associations"]:
            if association.get("Main"):
                main = table
            elif "SubnetId" in association:
                own[association["SubnetId"]] = table
    return {subnet["SubnetId"]: own.get(subnet["SubnetId"], main) for subnet in subnets}


def is_public(table: Raw) -> bool:
    """Whether it leads to an internet gateway, and does so now."""
    return any(route.get("DestinationCidrBlock") == "0.0.0.0/0" and str(route.get("GatewayId", "")).startswith("igw-")
               and route["State"] == "active" for route in table["Routes"])


def is_private(table: Raw) -> bool:
    """Whether it leads nowhere but to what the VPC knows: no gateway to the internet, no NAT, no way for all the rest.

    A route that is broken for now is one all the same: what it leads to may be back tomorrow.
    """
    return not any(
        route.get("DestinationCidrBlock") in EVERYWHERE or route.get("DestinationIpv6CidrBlock") in EVERYWHERE
        or str(route.get("GatewayId", "")).startswith("igw-")
        or "NatGatewayId" in route or "EgressOnlyInternetGatewayId" in route for route in table["Routes"])


# ---------------------------------------------------------------- subnets
@dataclass(frozen=True)
class Placement:
    """One subnet a zone, in the zones' order; the load balancer's, and those of all that needs no internet."""

    subnets: tuple[Raw, ...]
    app_subnets: tuple[Raw, ...]


def placed(region: str, vpc: str, subnets: Sequence[Raw], tables: Mapping[str, Raw],
           offers: Mapping[str, Collection[str]]) -> Placement:
    """The same in every run: the first zones that offer what is needed, of those with private subnets if they will do.

    tables: by subnet; offers: what is needed -> the zones that have it. Raises ConfigurationError: too few zones offer
    all, or have a subnet with a route to the internet.
    """
    public: dict[str, Raw] = {}
    private: dict[str, Raw] = {}
    for subnet in sorted(subnets, key=lambda s: (s["AvailabilityZone"], not s.get("DefaultForAz"), s["SubnetId"])):
        table = tables[subnet["SubnetId"]]
        if is_public(table):
            public.setdefault(subnet["AvailabilityZone"], subnet)
        elif is_private(table):
            private.setdefault(subnet["AvailabilityZone"], subnet)
    offering = offering_all(region, {subnet["AvailabilityZone"] for subnet in subnets}, offers)
    zones = [zone for zone in offering if zone in public]
    if len(zones) < LEAST_ZONES:
        raise too_few_public(region, vpc, [s for s in subnets if s["AvailabilityZone"] in offering
                                           and s["AvailabilityZone"] not in public], tables, zones)
    both = [zone for zone in zones if zone in private]
    if len(both) >= LEAST_ZONES:
        return Placement(tuple(public[zone] for zone in both[:ZONES]), tuple(private[zone] for zone in both[:ZONES]))
    beside = tuple(public[zone] for zone in zones[:ZONES])
    return Placement(beside, beside)


def offering_all(region: str, zones: Iterable[str], offers: Mapping[str, Collection[str]]) -> list[str]:
    """The zones that offer all, sorted. Raises ConfigurationError: too few do."""
    zones = sorted(zones)
    good = [zone for zone in zones if all(zone in offered for offered in offers.values())]
    if len(good) < LEAST_ZONES:
        lacking = "; ".join(f"{what} in {', '.join(sorted({*offered} & {*zones})) or 'none of them'}"
                            for what, offered in offers.items())
        raise ConfigurationError(
            f"{region}: {len(good)} of the VPC's zones offer all that the stack needs, and it needs {LEAST_ZONES}",
            reason=f"its subnets are in {', '.join(zones) or 'no zone'}; offered are {lacking}",
            mend="choose other sizes under [environments] in config.toml, another region, or add subnets")
    return good


def too_few_public(region: str, vpc: str, subnets: Sequence[Raw], tables: Mapping[str, Raw],
                   zones: Sequence[str]) -> ConfigurationError:
    """subnets: those that won't do; zones: those that have one that does."""
    cut_off = ", ".join(f"{s['SubnetId']} ({s['AvailabilityZone']}, {tables[s['SubnetId']]['RouteTableId']})"
                        for s in sorted(subnets, key=lambda s: (s["AvailabilityZone"], s["SubnetId"])))
    return ConfigurationError(
        f"{region}: the load balancer faces the internet, for which {vpc} needs public subnets in {LEAST_ZONES} zones, "
        f"and has them in {', '.join(zones) or 'none'}",
        reason=f"without an active route for 0.0.0.0/0 to an internet gateway are {cut_off}",
        mend="give a route table of such a subnet the route: aws ec2 create-route "
             f"--region {region} --route-table-id rtb-... --destination-cidr-block 0.0.0.0/0 --gateway-id igw-...; "
             "or name another VPC under [network] vpc_id in config.toml")


# ---------------------------------------------------------------- ways to other VPCs
def leading(tables: Iterable[Raw], used: Collection[str], connections: Iterable[Raw],
            own: str) -> dict[tuple[str, str], str]:
    """(route table, destination) -> what an IPv4 route of these tables leads to. A black hole is left out if a
    connection of the stack's own has left it behind, or isn't active yet.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
    """
    ours = {raw["VpcPeeringConnectionId"] for raw in connections
            if tag_dict(raw.get("Tags", [])).get(OWNERSHIP_STACK) == own}
    return {(table["RouteTableId"], route["DestinationCidrBlock"]): target_of(route)
            for table in tables if table["RouteTableId"] in used for route in table["Routes"]
            if "DestinationCidrBlock" in route
            and not (route["State"] == "blackhole" and route.get("VpcPeeringConnectionId") in ours)}


@dataclass(frozen=True)
class Connection:
    """A peering connection that is there already. accepter: the region in which it is accepted."""

    id: str
    stack: str  # its tapctl:stack tag; empty if it has none
    status: str
    accepter: str


def peered_with(vpc: str, connections: Iterable[Raw], own: str) -> dict[str, Connection]:
    """By the other VPC, the connection that there is or may be, the stack's own before somebody else's, and of these
    the one that has come furthest."""
    found: dict[str, Connection] = {}
    for raw in connections:
        sides = [raw[side]["VpcId"] for side in ("RequesterVpcInfo", "AccepterVpcInfo")]
        if vpc in sides and status(raw) in LIVE and status(raw) != "deleting":
            one = Connection(raw["VpcPeeringConnectionId"], tag_dict(raw.get("Tags", [])).get(OWNERSHIP_STACK, ""),
                             status(raw), raw["AccepterVpcInfo"]["Region"])
            other = sides[sides[0] == vpc]
            if other not in found or further(one, found[other], own):
                found[other] = one
    return found


def further(one: Connection, other: Connection, own: str) -> bool:
    return (one.stack == own, -LIVE.index(one.status)) > (other.stack == own, -LIVE.index(other.status))
