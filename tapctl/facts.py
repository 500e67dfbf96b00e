"""What the account has already, before anything is wanted of it. Reads only; one call a question and region."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tapctl.errors import ConfigurationError
from tapctl.model import Aws
from tapctl.naming import OWNERSHIP_STACK, tag_dict
from tapctl.resources.database import ENGINE
from tapctl.resources.endpoint import GATEWAYS
from tapctl.resources.listener import tls_policy
from tapctl.settings import Settings

ZONES = 3  # at the most: two are the least for Multi-AZ, and every zone costs an interface endpoint
LEAST_ZONES = 2
WORKERS = 8
ENDING = ("deleted", "deleting", "failed", "rejected", "expired")


@dataclass(frozen=True)
class Serving:
    """A VPC endpoint that is there already. groups: its security groups, if it is an interface."""

    id: str
    stack: str  # its tapctl:stack tag; empty if it has none
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """One region's share of the facts."""

    vpc: str
    cidr: str
    subnets: tuple[str, ...]  # one a zone, in zones that offer what is needed
    route_tables: tuple[str, ...]  # the ones that these subnets use
    prefix_lists: Mapping[str, str]  # service -> id of its prefix list
    endpoints: Mapping[str, Serving]  # service -> what serves this VPC
    image: str  # the newest image that the parameter names
    tls_policy: str = ""  # of an HTTPS listener; asked only where there is a certificate for one


Facts = Mapping[str, Network]  # by region, in the configuration's order


def survey(aws: Aws, settings: Settings) -> Facts:
    """Look at every region at once.

    Raises ConfigurationError: there is no VPC to use, or too few zones offer what is needed.
    """
    with ThreadPoolExecutor(WORKERS, "facts") as pool:
        asked = {region: {name: pool.submit(question) for name, question in questions(aws.at(region), settings)}
                 for region in settings.regions}
        return {region: network(region, {name: answer.result() for name, answer in answers.items()}, settings)
                for region, answers in asked.items()}


def questions(aws: Aws, settings: Settings) -> Iterable[tuple[str, Callable[[], Any]]]:
    """Each fact's name and the call that answers it."""
    ec2, rds, region = aws.client("ec2"), aws.client("rds"), aws.place.region
    chosen = settings.network.vpc_id.get(region)
    vpc = {"Name": "vpc-id", "Values": [chosen]} if chosen else {"Name": "is-default", "Values": ["true"]}
    lists = [f"com.amazonaws.{region}.{service}" for service in ("s3", "dynamodb")]
    yield "vpcs", lambda: ec2.describe_vpcs(Filters=[vpc])["Vpcs"]
    yield "subnets", lambda: pages(ec2, "describe_subnets", "Subnets")
    yield "tables", lambda: pages(ec2, "describe_route_tables", "RouteTables")
    yield "endpoints", lambda: pages(ec2, "describe_vpc_endpoints", "VpcEndpoints")
    yield "lists", lambda: ec2.describe_managed_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": lists}])["PrefixLists"]
    yield "zones", lambda: ec2.describe_availability_zones(
        Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}])["AvailabilityZones"]
    yield "instances", lambda: pages(
        ec2, "describe_instance_type_offerings", "InstanceTypeOfferings", LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": [settings.sizes.instance_type]}])
    yield "databases", lambda: database_zones(rds, settings)
    yield "image", lambda: aws.client("ssm").get_parameter(Name=settings.ami_parameter)["Parameter"]["Value"]
    if region in settings.certificate_arns:
        yield "tls_policy", lambda: tls_policy(aws)


def pages(client: Any, operation: str, field: str, **parameters: Any) -> list[Any]:
    return [one for page in client.get_paginator(operation).paginate(**parameters) for one in page[field]]


def database_zones(rds: Any, settings: Settings) -> set[str]:
    """The zones that offer the database's class with what the stack asks of it."""
    version = rds.describe_db_engine_versions(
        Engine=ENGINE, EngineVersion=str(settings.database.major_version), DefaultOnly=True)["DBEngineVersions"]
    if not version:
        return set()
    options = pages(rds, "describe_orderable_db_instance_options", "OrderableDBInstanceOptions", Engine=ENGINE,
                    EngineVersion=version[0]["EngineVersion"], DBInstanceClass=settings.sizes.database_class, Vpc=True)
    return {zone["Name"] for option in options for zone in option["AvailabilityZones"]
            if option["StorageType"] == "gp3" and option["MultiAZCapable"] and option["ReadReplicaCapable"]}


def network(region: str, answers: Mapping[str, Any], settings: Settings) -> Network:
    """Pure: the answers, put together. Raises ConfigurationError."""
    chosen = settings.network.vpc_id.get(region)
    if not answers["vpcs"]:
        raise ConfigurationError(
            f"{region} has no VPC {chosen}" if chosen else f"{region} has no default VPC",
            mend=f"name one under [network] vpc_id in config.toml, or: aws ec2 create-default-vpc --region {region}")
    vpc = answers["vpcs"][0]
    subnets = usable(region, [s for s in answers["subnets"] if s["VpcId"] == vpc["VpcId"]], answers, settings)
    tables = tables_of(subnets, [t for t in answers["tables"] if t["VpcId"] == vpc["VpcId"]])
    prefix = f"com.amazonaws.{region}."
    return Network(
        vpc=vpc["VpcId"],
        cidr=vpc["CidrBlock"],
        subnets=subnets,
        route_tables=tables,
        prefix_lists={p["PrefixListName"].removeprefix(prefix): p["PrefixListId"] for p in answers["lists"]},
        endpoints=endpoints_of([e for e in answers["endpoints"] if e["VpcId"] == vpc["VpcId"]], prefix, tables,
                               f"{settings.project}/{settings.environment}"),
        image=answers["image"],
        tls_policy=answers.get("tls_policy", ""),
    )


def usable(region: str, subnets: Sequence[Mapping[str, Any]], answers: Mapping[str, Any],
           settings: Settings) -> tuple[str, ...]:
    """One subnet a zone, of the first zones that offer what is needed, sorted so that every run picks the same."""
    sizes = settings.sizes
    offers = {
        "an availability zone": {zone["ZoneName"] for zone in answers["zones"]},
        sizes.instance_type: {offer["Location"] for offer in answers["instances"]},
        sizes.database_class: answers["databases"],
    }
    by_zone: dict[str, str] = {}
    for subnet in sorted(subnets, key=lambda s: (s["AvailabilityZone"], not s.get("DefaultForAz"), s["SubnetId"])):
        by_zone.setdefault(subnet["AvailabilityZone"], subnet["SubnetId"])
    zones = [zone for zone in by_zone if all(zone in offered for offered in offers.values())]
    if len(zones) < LEAST_ZONES:
        lacking = "; ".join(f"{what} in {', '.join(sorted(offered & by_zone.keys())) or 'none of them'}"
                            for what, offered in offers.items())
        raise ConfigurationError(
            f"{region}: {len(zones)} of the VPC's zones offer all that the stack needs, and it needs {LEAST_ZONES}",
            reason=f"its subnets are in {', '.join(by_zone) or 'no zone'}; offered are {lacking}",
            mend="choose other sizes under [environments] in config.toml, another region, or add subnets")
    return tuple(by_zone[zone] for zone in zones[:ZONES])


def tables_of(subnets: Sequence[str], tables: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The route tables of these subnets: a subnet without one of its own uses the main one."""
    main, explicit = "", {}
    for table in tables:
        for association in table["Associations"]:
            if association.get("Main"):
                main = table["RouteTableId"]
            elif "SubnetId" in association:
                explicit[association["SubnetId"]] = table["RouteTableId"]
    return tuple(sorted({explicit.get(subnet, main) for subnet in subnets}))


def endpoints_of(endpoints: Iterable[Mapping[str, Any]], prefix: str, tables: Collection[str],
                 own: str) -> dict[str, Serving]:
    """By service, what serves subnets of these route tables, the stack's own before somebody else's.

    A gateway serves the subnets whose route table it is on, an interface whoever asks for the service's own name.
    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    """
    found: dict[str, Serving] = {}
    for endpoint in endpoints:
        service = endpoint["ServiceName"].removeprefix(prefix)
        if service in GATEWAYS:
            serves = endpoint["VpcEndpointType"] == "Gateway" and bool({*endpoint["RouteTableIds"]} & {*tables})
        else:
            serves = endpoint["PrivateDnsEnabled"]
        if serves and endpoint["State"].lower() not in ENDING:
            one = serving(endpoint)
            if service not in found or one.stack == own:
                found[service] = one
    return found


def serving(endpoint: Mapping[str, Any]) -> Serving:
    return Serving(endpoint["VpcEndpointId"], tag_dict(endpoint.get("Tags", [])).get(OWNERSHIP_STACK, ""),
                   tuple(sorted(group["GroupId"] for group in endpoint.get("Groups", []))))
