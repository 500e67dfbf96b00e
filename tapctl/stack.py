"""THE stack: which resources stand where. The only file that knows topology. Pure: facts in, resources out."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.facts import Facts, Network
from tapctl.model import Phase, Ref, Resource
from tapctl.naming import Place
from tapctl.resources.bucket import Bucket
from tapctl.resources.database import Database
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.kms_key import KmsKey
from tapctl.resources.secret import Secret
from tapctl.resources.security_group import SecurityGroup, inbound, outbound
from tapctl.resources.service_linked_role import ROLES, ServiceLinkedRole
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
    return ()


def regional(place: Place, net: Network, settings: Settings) -> Iterator[Resource]:
    """One region."""
    sizes, primary = settings.sizes, settings.primary

    def here(name: str, until: Phase = Phase.EXISTS, before: Phase = Phase.EXISTS) -> Ref:
        return Ref(f"{place.region}/{name}", until, before)

    def group(purpose: str) -> Ref:
        return here(f"security_group/{purpose}", before=READY)

    key = here("kms_key")
    noncurrent, objects = settings.logs.noncurrent_days, settings.logs.object_days

    yield KmsKey(place, Ref(f"{primary}/service_linked_role/autoscaling"))
    yield Bucket(place, "logs", noncurrent, objects, cmk=here("kms_key", before=READY))
    yield Bucket(place, "alb-logs", noncurrent, objects)

    app = settings.app.port
    yield SecurityGroup(place, "alb", net.vpc, (
        inbound(HTTP, ANYWHERE), inbound(HTTPS, ANYWHERE), outbound(app, group("app"))))
    yield SecurityGroup(place, "app", net.vpc, (
        inbound(app, group("alb")), outbound(POSTGRES, group("rds")), outbound(HTTPS, group("endpoints"))))
    yield SecurityGroup(place, "rds", net.vpc, (inbound(POSTGRES, group("app")),))
    yield SecurityGroup(place, "endpoints", net.vpc, (inbound(HTTPS, group("app")),))

    yield DbSubnetGroup(place, net.subnets)
    replica = place.region != primary
    if not replica:
        yield Secret(place, key, settings.database.username)
    yield Database(
        place, here("db_subnet_group"), here("security_group/rds"), key, sizes.database_class,
        settings.database.major_version, settings.database.storage_gib, settings.database.backup_days,
        multi_az=not replica, username=settings.database.username, database=settings.database.name,
        secret=None if replica else here("secret"), source=Ref(f"{primary}/database", READY) if replica else None)
