"""THE stack: which resources stand where. The only file that knows topology. Pure: facts in, resources out."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tapctl import peers
from tapctl.facts import Facts, Network, reached
from tapctl.model import Phase, Ref, Resource
from tapctl.naming import Place
from tapctl.resources.alarm import Alarm
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.resources.bucket import Bucket
from tapctl.resources.database import Database
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.endpoint import GATEWAYS, Endpoint
from tapctl.resources.endpoint_share import EndpointShare
from tapctl.resources.instance_profile import InstanceProfile
from tapctl.resources.kms_key import KmsKey
from tapctl.resources.launch_template import LaunchTemplate
from tapctl.resources.listener import Listener
from tapctl.resources.load_balancer import LoadBalancer
from tapctl.resources.log_group import LogGroup
from tapctl.resources.peering import Peering
from tapctl.resources.role import Role
from tapctl.resources.secret import Secret
from tapctl.resources.security_group import SecurityGroup, inbound, outbound
from tapctl.resources.service_linked_role import ROLES, ServiceLinkedRole
from tapctl.resources.table import Table
from tapctl.resources.target_group import TargetGroup
from tapctl.serving import Serving
from tapctl.settings import Settings
from tapctl.user_data import script

READY = Phase.READY
HTTP, HTTPS, POSTGRES = 80, 443, 5432
ANYWHERE = "0.0.0.0/0"


def build(place: Place, facts: Facts, settings: Settings, *, refresh_image: bool = False) -> dict[str, Resource]:
    """Everything that is wanted, by key, the account's own first, then region by region.

    refresh_image: launch the newest image, not the one that the launch template has.
    Raises ConfigurationError: peering is required and can't be had.
    """
    peers.check(facts, settings, place.stack)
    primary = place.at(settings.primary)
    resources: list[Resource] = [ServiceLinkedRole(primary, service) for service in ROLES]
    for region in settings.regions:
        resources += regional(place.at(region), facts, settings, refresh_image)
    return {resource.key: resource for resource in resources}


def notes(facts: Facts, settings: Settings, regions: Collection[str] | None = None) -> tuple[str, ...]:
    """What the stack does without, or uses of others, and why, in a line each.

    regions: the ones that are worked on; None: all.
    """
    stack, lines = settings.stack, []
    for region in settings.regions:
        lines += [facts[region].warning] if facts[region].warning else []
        lines += [f"{region}: {line}" for line in ways_of_others(region, facts[region], stack, settings)]
        lines += facts[region].doubts
        if settings.app.data_access and region != settings.primary:
            lines.append(f"{region}: instances get no database secret: it is in {settings.primary}, "
                         "and nothing they may do reaches across regions")
    return (*lines, *peers.notes(facts, settings, stack, settings.regions if regions is None else regions))


def served_by_others(region: str, net: Network, stack: str, settings: Settings) -> dict[str, Serving]:
    """Which of these somebody else's endpoint serves already. A VPC can have one only once: it is used, not made."""
    return {service: net.endpoints[service] for service in reached(region, settings)
            if service in net.endpoints and net.endpoints[service].stack != stack}


def ways_of_others(region: str, net: Network, stack: str, settings: Settings) -> Iterator[str]:
    """What of others the instances' calls go through, in a line each."""
    serving = served_by_others(region, net, stack, settings)
    for service, one in serving.items():
        yield f"{service}: uses endpoint {one.id} {peers.whose(one)}"
    for service, one in net.passed:
        if service in GATEWAYS and service in reached(region, settings) and one not in serving.values():
            yield (f"{service}: from some route tables, uses endpoint {one.id} {peers.whose(one)}, too, which can't be "
                   "shared: should it go, the next `tapctl up` makes another way")


def regional(place: Place, facts: Facts, settings: Settings, refresh_image: bool) -> Iterator[Resource]:
    """One region."""
    net, sizes, primary = facts[place.region], settings.sizes, settings.primary

    def here(name: str, until: Phase = Phase.EXISTS, before: Phase = Phase.EXISTS) -> Ref:
        return Ref(f"{place.region}/{name}", until, before)

    def group(purpose: str) -> Ref:
        return here(f"security_group/{purpose}", before=READY)

    # READY: a key taken back from deletion is disabled until then
    key, replica = here("kms_key", READY), place.region != primary
    noncurrent, objects = settings.logs.noncurrent_days, settings.logs.object_days

    yield KmsKey(place, Ref(f"{primary}/service_linked_role/autoscaling"))
    yield Bucket(place, "logs", noncurrent, objects, cmk=here("kms_key", before=READY))
    yield Bucket(place, "alb-logs", noncurrent, objects)
    yield LogGroup(place, key, settings.logs.retention_days)
    data = settings.app.data_access
    yield Role(
        place, here("bucket/logs", before=READY), here("log_group", before=READY), here("kms_key", before=READY),
        table=here("table", before=READY) if data else None,
        secret=here("secret/database", before=READY) if data and not replica else None)
    yield InstanceProfile(place, here("role", before=READY))

    services = reached(place.region, settings)
    others = served_by_others(place.region, net, place.stack, settings)
    own = [service for service in services if service not in others]
    shared = {service: other.id for service, other in others.items() if other.stack}
    interfaces = any(service not in GATEWAYS for service in (*own, *shared))
    ways = {net.prefix_lists[service] for service in services if service in GATEWAYS}
    ways |= {group_id for service, other in others.items() if service not in shared for group_id in other.groups}

    far = peers.joined(place.region, facts, settings, place.stack)
    # by address range: AWS lets no group name one of another region
    apps = sorted({cidr for there in far.values() for cidr in there.app_cidrs})

    app = settings.app.port
    yield SecurityGroup(place, "alb", net.vpc, (
        inbound(HTTP, ANYWHERE), inbound(HTTPS, ANYWHERE), outbound(app, group("app"))))
    yield SecurityGroup(place, "app", net.vpc, (
        inbound(app, group("alb")), outbound(POSTGRES, group("rds")), *(outbound(POSTGRES, cidr) for cidr in apps),
        *((outbound(HTTPS, group("endpoints")),) if interfaces else ()),
        *(outbound(HTTPS, way) for way in sorted(ways))))
    yield SecurityGroup(place, "rds", net.vpc, (
        inbound(POSTGRES, group("app")), *(inbound(POSTGRES, cidr) for cidr in apps)))
    if interfaces:
        yield SecurityGroup(place, "endpoints", net.vpc, (inbound(HTTPS, group("app")),))
    for service in own:
        if service in GATEWAYS:
            yield Endpoint(place, service, net.vpc, route_tables=net.sites.get(service, net.route_tables))
        else:
            yield Endpoint(place, service, net.vpc, subnets=net.sites.get(service, net.app_subnets),
                           group=here("security_group/endpoints"))
    for service, endpoint in shared.items():
        gateway = service in GATEWAYS
        yield EndpointShare(
            place, service, net.vpc, endpoint, here(f"security_group/{'app' if gateway else 'endpoints'}"),
            net.sites.get(service, net.route_tables) if gateway else ())

    for peer, there in far.items():
        if place.region < peer and not peers.others_connection(net, there, place.stack):
            ways_there = peers.routes(place.region, peer, facts)
            yield Peering(place, peer, net.vpc, there.vpc, ways_there, peers.in_the_way(ways_there, facts))

    elb = Ref(f"{primary}/service_linked_role/elasticloadbalancing")
    certificate = settings.certificate_arns.get(place.region, "")
    balancer, targets = here("load_balancer"), here("target_group")
    yield LoadBalancer(
        place, net.vpc, net.subnets, here("security_group/alb"), here("bucket/alb-logs", READY, READY), elb)
    yield TargetGroup(place, net.vpc, app, settings.app.health_path, elb)
    yield Listener(place, "http", balancer, targets, redirect_to=here("listener/https") if certificate else None)
    if certificate:
        yield Listener(place, "https", balancer, targets, certificate=certificate, tls_policy=net.tls_policy)

    yield LaunchTemplate(
        place, here("instance_profile", READY), here("security_group/app"), key, net.image, sizes.instance_type,
        script(place, settings.app), refresh_image)
    yield AutoScalingGroup(
        place, here("launch_template", READY), targets, net.app_subnets, sizes.min_size, sizes.max_size,
        sizes.desired_size, needs=(
            # before the first instance boots: all that it needs to boot, and that it writes to when it does
            here("security_group/app", READY), here("role", READY), here("instance_profile", READY),
            here("bucket/logs", READY), here("log_group", READY), *(here(f"endpoint/{name}", READY) for name in own),
            *(here(f"endpoint_share/{name}", READY) for name in shared),
            *((here("security_group/endpoints", READY),) if interfaces else ()),
            # before it can be healthy: somebody who asks
            here("load_balancer", READY, READY), here(f"listener/{'https' if certificate else 'http'}", before=READY)))

    yield DbSubnetGroup(place, net.app_subnets)
    if not replica:
        yield Secret(place, key, settings.database.username)
    yield Database(
        place, here("db_subnet_group"), here("security_group/rds"), key, Ref(f"{primary}/service_linked_role/rds"),
        sizes.database_class, settings.database.major_version, settings.database.storage_gib,
        settings.database.backup_days, multi_az=not replica, username=settings.database.username,
        database=settings.database.name,
        secret=None if replica else here("secret/database"),
        source=Ref(f"{primary}/database", READY) if replica else None)

    part, sort = settings.table.partition_key, settings.table.sort_key
    yield Table(place, key, (part.name, part.type), (sort.name, sort.type) if sort else None)

    actions = settings.alarms.actions.get(place.region, ())
    entrance, database = ("LoadBalancer", balancer), ("DBInstanceIdentifier", place.database_id)
    yield Alarm(place, "unhealthy-targets", (entrance, ("TargetGroup", targets)), actions)
    yield Alarm(place, "target-5xx", (entrance,), actions)
    yield Alarm(place, "load-balancer-5xx", (entrance,), actions)
    yield Alarm(place, "database-storage", (database,), actions)
    if replica:
        yield Alarm(place, "replica-lag", (database,), actions)
