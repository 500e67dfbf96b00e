"""THE stack: which resources stand where. The only file that knows topology. Pure: facts in, resources out."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.facts import Facts, Network, Serving
from tapctl.model import Phase, Ref, Resource
from tapctl.naming import Place
from tapctl.resources.alarm import Alarm
from tapctl.resources.bucket import Bucket
from tapctl.resources.database import Database
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.endpoint import GATEWAYS, Endpoint
from tapctl.resources.instance_profile import InstanceProfile
from tapctl.resources.kms_key import KmsKey
from tapctl.resources.log_group import LogGroup
from tapctl.resources.role import Role
from tapctl.resources.secret import Secret
from tapctl.resources.security_group import SecurityGroup, inbound, outbound
from tapctl.resources.service_linked_role import ROLES, ServiceLinkedRole
from tapctl.resources.table import Table
from tapctl.settings import Settings

READY = Phase.READY
HTTP, HTTPS, POSTGRES = 80, 443, 5432
ANYWHERE = "0.0.0.0/0"


def build(place: Place, facts: Facts, settings: Settings, *, refresh_image: bool = False) -> dict[str, Resource]:
    """Everything that is wanted, by key, the account's own first, then region by region.

    refresh_image: launch the newest image, not the one that the launch template has.
    """
    primary = place.at(settings.primary)
    resources: list[Resource] = [ServiceLinkedRole(primary, service) for service in ROLES]
    for region in settings.regions:
        resources += regional(place.at(region), facts[region], settings)
    return {resource.key: resource for resource in resources}


def notes(facts: Facts, settings: Settings) -> tuple[str, ...]:
    """What the stack does without, or uses of others, and why, in a line each."""
    stack, lines = f"{settings.project}/{settings.require_environment()}", []
    for region in settings.regions:
        for service, other in served_by_others(region, facts[region], stack, settings).items():
            whose = f"of {other.stack}" if other.stack else "which is not tapctl's"
            lines.append(f"{region}: {service}: uses endpoint {other.id} {whose}")
        if settings.app.data_access and region != settings.primary:
            lines.append(f"{region}: instances get no database secret: it is in {settings.primary}, "
                         "and nothing they may do reaches across regions")
    return tuple(lines)


def reached(region: str, settings: Settings) -> tuple[str, ...]:
    """The services that a region's instances reach through an endpoint."""
    on = {"s3": settings.endpoints.s3, "dynamodb": settings.endpoints.dynamodb, "logs": settings.endpoints.logs,
          "secretsmanager": settings.app.data_access and region == settings.primary}
    return tuple(service for service, wanted in on.items() if wanted)


def served_by_others(region: str, net: Network, stack: str, settings: Settings) -> dict[str, Serving]:
    """Which of these somebody else's endpoint serves already. A VPC can have one only once: it is used, not made."""
    return {service: net.endpoints[service] for service in reached(region, settings)
            if service in net.endpoints and net.endpoints[service].stack != stack}


def regional(place: Place, net: Network, settings: Settings) -> Iterator[Resource]:
    """One region."""
    sizes, primary = settings.sizes, settings.primary

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
    interfaces = any(service not in GATEWAYS for service in own)
    ways = {net.prefix_lists[service] for service in services if service in GATEWAYS}
    ways |= {group_id for other in others.values() for group_id in other.groups}

    app = settings.app.port
    yield SecurityGroup(place, "alb", net.vpc, (
        inbound(HTTP, ANYWHERE), inbound(HTTPS, ANYWHERE), outbound(app, group("app"))))
    yield SecurityGroup(place, "app", net.vpc, (
        inbound(app, group("alb")), outbound(POSTGRES, group("rds")),
        *((outbound(HTTPS, group("endpoints")),) if interfaces else ()),
        *(outbound(HTTPS, way) for way in sorted(ways))))
    yield SecurityGroup(place, "rds", net.vpc, (inbound(POSTGRES, group("app")),))
    if interfaces:
        yield SecurityGroup(place, "endpoints", net.vpc, (inbound(HTTPS, group("app")),))
    for service in own:
        if service in GATEWAYS:
            yield Endpoint(place, service, net.vpc, route_tables=net.route_tables)
        else:
            yield Endpoint(place, service, net.vpc, subnets=net.subnets, group=here("security_group/endpoints"))

    yield DbSubnetGroup(place, net.subnets)
    if not replica:
        yield Secret(place, key, settings.database.username)
    yield Database(
        place, here("db_subnet_group"), here("security_group/rds"), key, sizes.database_class,
        settings.database.major_version, settings.database.storage_gib, settings.database.backup_days,
        multi_az=not replica, username=settings.database.username, database=settings.database.name,
        secret=None if replica else here("secret/database"),
        source=Ref(f"{primary}/database", READY) if replica else None)

    part, sort = settings.table.partition_key, settings.table.sort_key
    yield Table(place, key, (part.name, part.type), (sort.name, sort.type) if sort else None)

    actions, database = settings.alarms.actions.get(place.region, ()), ("DBInstanceIdentifier", place.database_id)
    yield Alarm(place, "database-storage", (database,), actions)
    if replica:
        yield Alarm(place, "replica-lag", (database,), actions)
