"""What the account has already, before anything is wanted of it. Reads only; one call a question and region.

network.py puts together what is asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tapctl import admission, certificate
from tapctl.errors import ConfigurationError
from tapctl.model import Aws
from tapctl.network import (
    DNS_ATTRIBUTES,
    Connection,
    cidrs_of,
    leading,
    named,
    peered_with,
    placed,
    resolves_names,
    table_of,
)
from tapctl.paging import pages
from tapctl.reading import Reads
from tapctl.resources.database import ENGINE
from tapctl.resources.endpoint import ENDING, GATEWAYS
from tapctl.resources.listener import tls_policy
from tapctl.resources.peering_routes import described
from tapctl.serving import Serving, endpoints_of, left_over, offered_in, passed, standing
from tapctl.settings import Settings
from tapctl.waiting import absent

WORKERS = 8


@dataclass(frozen=True)
class Network:
    """One region's share of the facts."""

    vpc: str
    cidrs: tuple[str, ...]  # every address range of the VPC, IPv4 and IPv6
    zones: tuple[str, ...]  # where the stack stands: they offer what is needed
    subnets: tuple[str, ...]  # the load balancer's, one in each of these zones
    app_subnets: tuple[str, ...]  # of instances, database and interface endpoints: likewise
    app_cidrs: tuple[str, ...]  # their IPv4 address ranges
    route_tables: tuple[str, ...]  # the ones that app_subnets use
    prefix_lists: Mapping[str, str]  # service -> id of its prefix list
    endpoints: Mapping[str, Serving]  # service -> what serves this VPC
    image: str  # the newest image that the parameter names
    # (service, endpoint): all of others that calls from behind route_tables go through; one service may have several
    passed: tuple[tuple[str, Serving], ...] = ()
    doubts: tuple[str, ...] = ()  # what is to be said of their policies
    # service -> the ones of route_tables, or for an interface of app_subnets, that an endpoint of ours can be at, or
    # the one of another stack that we share
    sites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    routes: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (one of route_tables, CIDR) -> where to
    free: Mapping[str, int] = field(default_factory=dict)  # of each of these subnets, how many addresses are left
    peered: Mapping[str, Connection] = field(default_factory=dict)  # another VPC -> the connection with it
    # of an HTTPS listener, asked only where there is a certificate for one
    tls_policy: str = ""
    warning: str = ""  # what is to be said of its certificate
    gateways: int = 0  # endpoints of this type in the region, of whomever: AWS allows only so many
    interfaces: int = 0  # and of this one in the VPC


Facts = Mapping[str, Network]  # by region, in the configuration's order


def survey(aws: Aws, settings: Settings) -> Facts:
    """Look at every region at once.

    Raises ConfigurationError: there is no VPC to use, or it lacks something that the stack needs.
    """
    with Reads(WORKERS) as pool:
        asked = {region: {name: pool.submit(question) for name, question in questions(aws.at(region), settings)}
                 for region in settings.regions}
        found = {region: put_together(region, {name: answer.result() for name, answer in answers.items()}, settings)
                 for region, answers in asked.items()}
        return dict(zip(found, pool.map(lambda region: narrow(aws.at(region), found[region], settings), found),
                        strict=True))


def reached(region: str, settings: Settings) -> tuple[str, ...]:
    """The services that a region's instances reach through an endpoint."""
    on = {"s3": settings.endpoints.s3, "dynamodb": settings.endpoints.dynamodb, "logs": settings.endpoints.logs,
          "secretsmanager": settings.app.data_access and region == settings.primary}
    return tuple(service for service, wanted in on.items() if wanted)


def questions(aws: Aws, settings: Settings) -> Iterable[tuple[str, Callable[[], Any]]]:
    """Each fact's name and the call that answers it."""
    ec2, rds, region = aws.client("ec2"), aws.client("rds"), aws.place.region
    lists = [f"com.amazonaws.{region}.{service}" for service in ("s3", "dynamodb")]
    yield "vpc", lambda: vpc_of(aws, settings.network.vpc_id.get(region))
    yield "subnets", lambda: [*pages(ec2, "describe_subnets", "Subnets")]
    yield "tables", lambda: [*pages(ec2, "describe_route_tables", "RouteTables")]
    yield "endpoints", lambda: [*pages(ec2, "describe_vpc_endpoints", "VpcEndpoints")]
    yield "lists", lambda: ec2.describe_managed_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": lists}])["PrefixLists"]
    yield "zones", lambda: ec2.describe_availability_zones(
        Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}])["AvailabilityZones"]
    yield "instances", lambda: [*pages(
        ec2, "describe_instance_type_offerings", "InstanceTypeOfferings", LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": [settings.sizes.instance_type]}])]
    yield "databases", lambda: database_zones(rds, settings)
    yield "image", lambda: image(aws, settings.ami_parameter)
    if settings.network.peering != "off" and len(settings.regions) > 1:
        yield "connections", lambda: list(described(aws))
    if arn := settings.certificate_arns.get(region):
        yield "tls_policy", lambda: tls_policy(aws)
        yield "warning", lambda: certificate.warning(aws, arn)


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


def image(aws: Aws, parameter: str) -> str:
    """The image that the parameter names now. Raises ConfigurationError: it is not there."""
    answer = absent(lambda: aws.client("ssm").get_parameter(Name=parameter), "ParameterNotFound")
    if answer is None:
        raise ConfigurationError(f"{aws.place.region}: there is no parameter {parameter}",
                                 reason="Systems Manager of that region has none of this name",
                                 mend="correct ami_parameter in config.toml")
    return str(answer["Parameter"]["Value"])


def vpc_of(aws: Aws, chosen: str | None) -> Mapping[str, Any]:
    """The VPC, with its DNS attributes: AWS answers one a call. Raises ConfigurationError: it is not there."""
    ec2 = aws.client("ec2")
    by = {"Name": "vpc-id", "Values": [chosen]} if chosen else {"Name": "is-default", "Values": ["true"]}
    vpc = named(aws.place.region, ec2.describe_vpcs(Filters=[by])["Vpcs"], chosen)
    return {**vpc, **{name: ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=name)[field]["Value"]
                      for name, field in DNS_ATTRIBUTES.items()}}


def put_together(region: str, answers: Mapping[str, Any], settings: Settings) -> Network:
    """Pure. Raises ConfigurationError."""
    vpc, sizes, prefix = answers["vpc"], settings.sizes, f"com.amazonaws.{region}."
    resolves_names(region, vpc)
    subnets = [one for one in answers["subnets"] if one["VpcId"] == vpc["VpcId"] and not one.get("Ipv6Native")]
    table = table_of(subnets, [one for one in answers["tables"] if one["VpcId"] == vpc["VpcId"]])
    place = placed(region, vpc["VpcId"], subnets, table, {
        "an availability zone": {zone["ZoneName"] for zone in answers["zones"]},
        sizes.instance_type: {offer["Location"] for offer in answers["instances"]},
        sizes.database_class: answers["databases"],
    })
    tables = {table[subnet["SubnetId"]]["RouteTableId"] for subnet in place.app_subnets}
    endpoints = standing(answers["endpoints"], vpc["VpcId"], prefix)
    stack = settings.stack
    serving = endpoints_of(endpoints, tables, stack)
    return Network(
        vpc=vpc["VpcId"],
        cidrs=cidrs_of(vpc),
        zones=tuple(subnet["AvailabilityZone"] for subnet in place.subnets),
        subnets=tuple(subnet["SubnetId"] for subnet in place.subnets),
        app_subnets=tuple(subnet["SubnetId"] for subnet in place.app_subnets),
        app_cidrs=tuple(subnet["CidrBlock"] for subnet in place.app_subnets),
        route_tables=tuple(sorted(tables)),
        prefix_lists={p["PrefixListName"].removeprefix(prefix): p["PrefixListId"] for p in answers["lists"]},
        endpoints=serving,
        passed=passed(endpoints, tables, stack),
        sites=left_over(endpoints, tables, stack, {one.id for one in serving.values() if one.stack}),
        image=answers["image"],
        routes=leading(answers["tables"], tables, answers.get("connections", ()), stack),
        free={subnet["SubnetId"]: subnet["AvailableIpAddressCount"] for subnet in (*place.subnets, *place.app_subnets)},
        peered=peered_with(vpc["VpcId"], answers.get("connections", ()), stack),
        tls_policy=answers.get("tls_policy", ""),
        warning=answers.get("warning", ""),
        gateways=sum(one["VpcEndpointType"] == "Gateway" and one["State"].lower() not in ENDING
                     for one in answers["endpoints"]),
        interfaces=sum(one["VpcEndpointType"] == "Interface" for _, one in endpoints),
    )


def let_in(aws: Aws, net: Network, settings: Settings) -> None:
    """Raises ConfigurationError: an interface that isn't tapctl's serves the VPC, and doesn't let the application in.

    Asks only where there is such an interface.
    """
    region = aws.place.region
    foreign = {service: it for service in reached(region, settings)
               if (it := net.endpoints.get(service)) and it.groups and not it.stack}
    groups = [*pages(aws.client("ec2"), "describe_security_groups", "SecurityGroups",
                     Filters=[{"Name": "vpc-id", "Values": [net.vpc]}])] if foreign else []
    for service, it in foreign.items():
        admission.require(region, service, it.id, it.groups, groups, net.app_cidrs, aws.place.name("app"))


def narrow(aws: Aws, net: Network, settings: Settings) -> Network:
    """With what can be told only once it is clear where the stack stands: what is to be said of others' endpoints, and
    in which of its zones a service is offered.

    One whose own endpoint stands in all of them is, so that there is no call where there is nothing to make.
    Raises ConfigurationError: a service is offered in none of them; what let_in() and admission.doubts() say.
    """
    region, stack = aws.place.region, aws.place.stack
    let_in(aws, net, settings)
    ways = [(service, it) for service, it in net.passed if service in reached(region, settings)]
    net = replace(net, doubts=tuple(admission.doubts(aws.place, ways, settings)))

    def stands(service: str) -> bool:
        it = net.endpoints.get(service)
        return it is not None and (it.stack != stack or {*net.app_subnets} <= {*it.subnets})

    unsure = {f"com.amazonaws.{region}.{service}": service for service in reached(region, settings)
              if service not in GATEWAYS and not stands(service)}
    if not unsure:
        return net
    details = pages(aws.client("ec2"), "describe_vpc_endpoint_services", "ServiceDetails", ServiceNames=[*unsure])
    return replace(net, sites={**net.sites, **{
        unsure[one["ServiceName"]]: offered_in(region, unsure[one["ServiceName"]], one["AvailabilityZones"],
                                               dict(zip(net.zones, net.app_subnets, strict=True)))
        for one in details}})
