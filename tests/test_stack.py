"""The stack that settings and facts make: what stands where, and what needs what."""

from __future__ import annotations

from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any, TypeVar

import pytest

from tapctl.facts import Network, reached
from tapctl.model import Phase, Ref, Resource, refs
from tapctl.naming import Place
from tapctl.observe import World
from tapctl.reconcile import Run
from tapctl.resources import KINDS
from tapctl.resources.alarm import Alarm
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.resources.database import Database
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.endpoint import Endpoint
from tapctl.resources.endpoint_share import EndpointShare
from tapctl.resources.launch_template import LaunchTemplate
from tapctl.resources.listener import Listener
from tapctl.resources.load_balancer import LoadBalancer
from tapctl.resources.role import Role
from tapctl.resources.secret import Secret
from tapctl.resources.security_group import SecurityGroup
from tapctl.resources.service_linked_role import ROLES, ServiceLinkedRole
from tapctl.resources.table import Table
from tapctl.serving import Serving
from tapctl.settings import Settings, load
from tapctl.stack import build, notes, served_by_others
from tests.memory import EAST, PLACE, WEST, Sky

R = TypeVar("R", bound=Resource)
FAR = "eu-west-1"
STACK = "TapStack/test"
CERTIFICATE = f"arn:aws:acm:{EAST}:123456789012:certificate/12345678-1234-1234-1234-123456789012"
EVERYWHERE = {"kms_key", "bucket/logs", "bucket/alb-logs", "log_group", "role", "instance_profile",
              "security_group/alb", "security_group/app", "security_group/rds", "security_group/endpoints",
              "endpoint/s3", "endpoint/dynamodb", "endpoint/logs", "load_balancer", "target_group", "listener/http",
              "launch_template", "auto_scaling_group", "db_subnet_group", "database", "table",
              "alarm/unhealthy-targets", "alarm/target-5xx", "alarm/load-balancer-5xx", "alarm/database-storage"}


def network(endpoints: dict[str, Serving] | None = None) -> Network:
    return Network(
        vpc="vpc-1", cidrs=("172.31.0.0/16",), zones=("a", "b"), subnets=("subnet-a", "subnet-b"),
        app_subnets=("subnet-p", "subnet-q"), app_cidrs=("172.31.8.0/24", "172.31.9.0/24"), route_tables=("rtb-p",),
        prefix_lists={"s3": "pl-s3", "dynamodb": "pl-dynamodb"}, endpoints=endpoints or {}, image="ami-1",
        tls_policy="policy")


def settings(*regions: str, **flags: Any) -> Settings:
    return load(None, {}, {"env": "test", "regions": list(regions or (EAST, WEST)), **flags})


def built(wanted: Settings, endpoints: dict[str, Serving] | None = None, **more: Any) -> dict[str, Resource]:
    """In a place whose region is not the primary: that doesn't matter."""
    place = Place("TapStack", "test", "platform", PLACE.account, FAR, "aws")
    return build(place, {region: network(endpoints) for region in wanted.regions}, wanted, **more)


def one(resources: dict[str, Resource], key: str, kind: type[R]) -> R:
    found = resources[key]
    assert isinstance(found, kind)
    return found


def peers(group: SecurityGroup) -> set[tuple[str, int, str]]:
    """(way, port, whom) of each rule."""
    return {(way, low, peer.key.removeprefix(f"{group.place.region}/") if isinstance(peer, Ref) else peer)
            for way, _, low, _, peer in group.rules}


DATA = {"app.data_access": True}
UNPEERED = {"network.peering": "off"}
NO_ENDPOINTS = {"endpoints.s3": False, "endpoints.dynamodb": False, "endpoints.logs": False}
ACTIONS = {"alarms.actions": {EAST: [f"arn:aws:sns:{EAST}:123456789012:alarms"]}}
SHAPES: list[Settings] = [
    settings(EAST), settings(), settings(WEST, EAST, FAR), settings(**DATA), settings(**NO_ENDPOINTS),
    settings(**NO_ENDPOINTS, **DATA), settings(certificate_arns={EAST: CERTIFICATE}),
    settings(**ACTIONS, **{"table.sort_key": {"name": "sk", "type": "N"}})]
shapes = pytest.mark.parametrize("wanted", SHAPES, ids=[
    "one region", "two", "three", "data access", "no endpoints", "only the secret's", "certificate",
    "actions, sort key"])


# ---------------------------------------------------------------- whatever the settings
@shapes
def test_every_ref_points_at_something_that_is_wanted(wanted: Settings) -> None:
    resources = built(wanted)
    for key, resource in resources.items():
        assert {ref.key for ref in refs(resource)} <= resources.keys(), key


@shapes
def test_nothing_needs_itself(wanted: Settings) -> None:
    graph = Run(built(wanted), World(), Sky(), wanted.regions).graph()
    assert len(list(TopologicalSorter(graph).static_order())) == 2 * len(built(wanted))


@shapes
def test_each_region_can_be_worked_on_alone(wanted: Settings) -> None:
    for region in wanted.regions:
        TopologicalSorter(Run(built(wanted), World(), Sky(), [region]).graph()).prepare()


@shapes
def test_every_resource_is_of_a_known_kind_in_its_region_and_under_its_own_key(wanted: Settings) -> None:
    resources = built(wanted)
    for key, resource in resources.items():
        assert type(resource) in KINDS
        assert key == resource.key == f"{resource.place.region}/{key.partition('/')[2]}"
        assert resource.tags["tapctl:key"] == key
        assert resource.place.region in wanted.regions


@shapes
def test_what_is_deleted_last_is_what_others_need(wanted: Settings) -> None:
    """`uses`, by which `down` goes, knows nothing that the stack's own refs contradict."""
    resources = built(wanted)
    uses = {kind.kind: kind.uses for kind in KINDS}
    for resource in resources.values():
        for ref in refs(resource):
            if ref.before is Phase.EXISTS:
                assert resource.kind not in uses[resources[ref.key].kind], (resource.key, ref.key)


# ---------------------------------------------------------------- which region holds what
@pytest.mark.parametrize("regions", [[EAST], [EAST, WEST], [WEST, EAST, FAR]])
def test_what_stands_in_each_region(regions: list[str]) -> None:
    primary, *replicas = regions
    expected = {f"{primary}/service_linked_role/{service}" for service in ROLES} | {f"{primary}/secret/database"}
    expected |= {f"{region}/{name}" for region in regions for name in EVERYWHERE}
    expected |= {f"{region}/alarm/replica-lag" for region in replicas}
    assert built(settings(*regions)).keys() == expected


def test_the_accounts_own_comes_first_and_then_region_by_region() -> None:
    resources = list(built(settings(WEST, EAST)).values())
    assert [type(resource) for resource in resources[:3]] == [ServiceLinkedRole] * 3
    assert list(dict.fromkeys(resource.place.region for resource in resources)) == [WEST, EAST]


def test_the_database_is_in_the_first_region_and_followed_in_the_others() -> None:
    resources = built(settings(WEST, EAST, FAR))
    primary = one(resources, f"{WEST}/database", Database)
    assert (primary.multi_az, primary.source, primary.secret) == (True, None, Ref(f"{WEST}/secret/database"))
    for region in (EAST, FAR):
        replica = one(resources, f"{region}/database", Database)
        assert (replica.multi_az, replica.secret) == (False, None)
        assert replica.source == Ref(f"{WEST}/database", Phase.READY)
        assert replica.cmk.key == f"{region}/kms_key"


# ---------------------------------------------------------------- what may reach what
def test_each_group_lets_in_and_out_what_it_must_and_no_more() -> None:
    resources = built(settings(EAST))
    groups = {name: peers(one(resources, f"{EAST}/security_group/{name}", SecurityGroup))
              for name in ("alb", "app", "rds", "endpoints")}
    assert groups == {
        "alb": {("in", 80, "0.0.0.0/0"), ("in", 443, "0.0.0.0/0"), ("out", 8080, "security_group/app")},
        "app": {("in", 8080, "security_group/alb"), ("out", 5432, "security_group/rds"),
                ("out", 443, "security_group/endpoints"), ("out", 443, "pl-s3"), ("out", 443, "pl-dynamodb")},
        "rds": {("in", 5432, "security_group/app")},
        "endpoints": {("in", 443, "security_group/app")},
    }


def test_the_port_is_the_applications() -> None:
    resources = built(settings(EAST, **{"app.port": 9000}))
    assert ("out", 9000, "security_group/app") in peers(one(resources, f"{EAST}/security_group/alb", SecurityGroup))
    assert ("in", 9000, "security_group/alb") in peers(one(resources, f"{EAST}/security_group/app", SecurityGroup))


# ---------------------------------------------------------------- endpoints
@pytest.mark.parametrize(("flags", "primary", "other"), [
    ({}, ("s3", "dynamodb", "logs"), ("s3", "dynamodb", "logs")),
    (DATA, ("s3", "dynamodb", "logs", "secretsmanager"), ("s3", "dynamodb", "logs")),
    ({"endpoints.s3": False}, ("dynamodb", "logs"), ("dynamodb", "logs")),
    (NO_ENDPOINTS, (), ()),
])
def test_a_region_reaches_the_services_that_have_endpoints(
        flags: dict[str, Any], primary: tuple[str, ...], other: tuple[str, ...]) -> None:
    wanted = settings(**flags)
    assert (reached(EAST, wanted), reached(WEST, wanted)) == (primary, other)
    made = {resource.key for resource in built(wanted).values() if isinstance(resource, Endpoint)}
    assert made == {f"{EAST}/endpoint/{service}" for service in primary} | {
        f"{WEST}/endpoint/{service}" for service in other}


def test_the_load_balancer_faces_the_internet_and_all_else_stands_where_it_needs_none() -> None:
    resources = built(settings(EAST))
    gateway, interface = (one(resources, f"{EAST}/endpoint/{name}", Endpoint) for name in ("s3", "logs"))
    assert (gateway.route_tables, gateway.subnets, gateway.group) == (("rtb-p",), (), None)
    assert (interface.route_tables, interface.subnets) == ((), ("subnet-p", "subnet-q"))
    assert interface.group == Ref(f"{EAST}/security_group/endpoints")
    assert one(resources, f"{EAST}/load_balancer", LoadBalancer).subnets == ("subnet-a", "subnet-b")
    assert one(resources, f"{EAST}/auto_scaling_group", AutoScalingGroup).subnets == ("subnet-p", "subnet-q")
    assert one(resources, f"{EAST}/db_subnet_group", DbSubnetGroup).subnets == ("subnet-p", "subnet-q")


def test_an_endpoint_is_only_where_it_can_be() -> None:
    place = Place("TapStack", "test", "platform", PLACE.account, EAST, "aws")
    resources = build(place, {EAST: replace(network(), sites={"logs": ("subnet-q",), "s3": ("rtb-q",)})},
                      settings(EAST, **DATA))
    made = {name: one(resources, f"{EAST}/endpoint/{name}", Endpoint) for name in reached(EAST, settings(EAST, **DATA))}
    assert {name: it.subnets or it.route_tables for name, it in made.items()} == {
        "s3": ("rtb-q",), "dynamodb": ("rtb-p",), "logs": ("subnet-q",), "secretsmanager": ("subnet-p", "subnet-q")}


def test_without_an_interface_there_is_no_group_for_one() -> None:
    resources = built(settings(EAST, **{"endpoints.logs": False}))
    assert f"{EAST}/security_group/endpoints" not in resources
    assert {peer for way, port, peer in peers(one(resources, f"{EAST}/security_group/app", SecurityGroup))
            if (way, port) == ("out", 443)} == {"pl-s3", "pl-dynamodb"}


def test_an_endpoint_of_others_is_used_and_not_made() -> None:
    wanted = settings(EAST)
    others = {"s3": Serving("vpce-1", "", ()), "logs": Serving("vpce-2", "", ("sg-1", "sg-2"))}
    resources = built(wanted, others)
    assert {key for key in resources if "/endpoint" in key} == {f"{EAST}/endpoint/dynamodb"}
    assert {peer for way, port, peer in peers(one(resources, f"{EAST}/security_group/app", SecurityGroup))
            if (way, port) == ("out", 443)} == {"pl-s3", "pl-dynamodb", "sg-1", "sg-2"}
    assert served_by_others(EAST, network(others), STACK, wanted) == others
    assert notes({EAST: replace(network(others), doubts=("logs: may refuse",))}, wanted) == (
        f"{EAST}: s3: uses endpoint vpce-1 which is not tapctl's",
        f"{EAST}: logs: uses endpoint vpce-2 which is not tapctl's",
        "logs: may refuse")


def test_an_endpoint_of_another_stack_is_shared() -> None:
    """The application's way out is as if it were this one's, and no instance boots before it may use it."""
    wanted = settings(EAST)
    others = {name: Serving(f"vpce-{name}", "TapStack/other", ()) for name in ("s3", "logs")}
    resources = built(wanted, others)
    assert {key for key in resources if "/endpoint" in key and "group" not in key} == {
        f"{EAST}/endpoint/dynamodb", f"{EAST}/endpoint_share/s3", f"{EAST}/endpoint_share/logs"}
    assert resources[f"{EAST}/security_group/app"] == built(wanted)[f"{EAST}/security_group/app"]
    assert resources[f"{EAST}/security_group/endpoints"] == built(wanted)[f"{EAST}/security_group/endpoints"]
    gateway, interface = (one(resources, f"{EAST}/endpoint_share/{name}", EndpointShare) for name in ("s3", "logs"))
    assert (gateway.endpoint, gateway.group, gateway.route_tables) == (
        "vpce-s3", Ref(f"{EAST}/security_group/app"), ("rtb-p",))
    assert (interface.endpoint, interface.group, interface.route_tables) == (
        "vpce-logs", Ref(f"{EAST}/security_group/endpoints"), ())
    needs = one(resources, f"{EAST}/auto_scaling_group", AutoScalingGroup).needs
    assert {ref.key for ref in needs if ref.until is Phase.READY and ref.key.startswith(f"{EAST}/endpoint")} == {
        f"{EAST}/endpoint/dynamodb", f"{EAST}/endpoint_share/s3", f"{EAST}/endpoint_share/logs"}
    assert notes({EAST: network(others)}, wanted) == (
        f"{EAST}: s3: uses endpoint vpce-s3 of TapStack/other",
        f"{EAST}: logs: uses endpoint vpce-logs of TapStack/other")


def test_a_gateway_is_shared_only_where_no_third_one_is_which_is_noted() -> None:
    wanted, other = settings(EAST, **{"endpoints.dynamodb": False}), Serving("vpce-1", "TapStack/other")
    net = replace(network({"s3": other}), sites={"s3": ("rtb-q",)}, passed=(
        ("s3", other), ("s3", Serving("vpce-2", "")), ("s3", Serving("vpce-3", "TapStack/third")),
        ("dynamodb", Serving("vpce-4", ""))))
    share = one(build(PLACE, {EAST: net}, wanted), f"{EAST}/endpoint_share/s3", EndpointShare)
    assert share.route_tables == ("rtb-q",)
    used, *others = notes({EAST: net}, wanted)
    assert used == f"{EAST}: s3: uses endpoint vpce-1 of TapStack/other"
    assert [line.split(", too")[0] for line in others] == [
        f"{EAST}: s3: from some route tables, uses endpoint vpce-2 which is not tapctl's",
        f"{EAST}: s3: from some route tables, uses endpoint vpce-3 of TapStack/third"]


def test_an_endpoint_of_ones_own_or_of_no_interest_is_nobody_elses() -> None:
    wanted = settings(EAST, **{"endpoints.logs": False})
    there = {"s3": Serving("vpce-1", STACK, ()), "logs": Serving("vpce-2", "", ()), "sqs": Serving("vpce-3", "", ())}
    assert served_by_others(EAST, network(there), STACK, wanted) == {}
    assert notes({EAST: network(there)}, wanted) == ()
    assert f"{EAST}/endpoint/s3" in built(wanted, there)


# ---------------------------------------------------------------- data access
def test_instances_may_use_table_and_secret_only_where_it_is_said() -> None:
    without = one(built(settings(EAST)), f"{EAST}/role", Role)
    assert (without.table, without.secret) == (None, None)
    resources = built(settings(**DATA))
    here, there = (one(resources, f"{region}/role", Role) for region in (EAST, WEST))
    assert here.table == Ref(f"{EAST}/table", before=Phase.READY)
    assert here.secret == Ref(f"{EAST}/secret/database", before=Phase.READY)
    assert (there.table, there.secret) == (Ref(f"{WEST}/table", before=Phase.READY), None)


def test_what_other_regions_go_without_is_noted() -> None:
    assert notes({EAST: network(), WEST: network()}, settings(**DATA, **UNPEERED)) == (
        f"{WEST}: instances get no database secret: it is in {EAST}, and nothing they may do reaches across regions",)


# ---------------------------------------------------------------- the entrance
def test_what_is_to_be_said_of_a_certificate_is_noted() -> None:
    assert notes({EAST: replace(network(), warning="it ends"), WEST: network()},
                 settings(**UNPEERED)) == ("it ends",)


def test_with_a_certificate_the_entrance_is_https_and_http_leads_there() -> None:
    resources = built(settings(certificate_arns={EAST: CERTIFICATE}))
    http, https = (one(resources, f"{EAST}/listener/{name}", Listener) for name in ("http", "https"))
    assert http.redirect_to == Ref(f"{EAST}/listener/https")
    assert (https.certificate, https.tls_policy, https.redirect_to) == (CERTIFICATE, "policy", None)
    needs = {region: {ref.key for ref in one(resources, f"{region}/auto_scaling_group", AutoScalingGroup).needs}
             for region in (EAST, WEST)}
    assert f"{EAST}/listener/https" in needs[EAST]
    assert f"{WEST}/listener/http" in needs[WEST]
    assert f"{WEST}/listener/https" not in resources
    assert one(resources, f"{WEST}/listener/http", Listener).redirect_to is None


# ---------------------------------------------------------------- instances
def test_no_instance_boots_before_all_that_it_needs_to_boot() -> None:
    resources = built(settings(EAST))
    needs = {ref.key.removeprefix(f"{EAST}/") for ref in
             one(resources, f"{EAST}/auto_scaling_group", AutoScalingGroup).needs
             if (ref.until, ref.before) == (Phase.READY, Phase.EXISTS)}
    assert needs == {"security_group/app", "role", "instance_profile", "bucket/logs", "log_group", "endpoint/s3",
                     "endpoint/dynamodb", "endpoint/logs", "security_group/endpoints"}


def test_what_aws_does_in_the_accounts_name_needs_its_role_first() -> None:
    resources = built(settings())
    for region in (EAST, WEST):
        for kind, service in (("kms_key", "autoscaling"), ("load_balancer", "elasticloadbalancing"),
                              ("target_group", "elasticloadbalancing"), ("database", "rds")):
            assert Ref(f"{EAST}/service_linked_role/{service}") in set(refs(resources[f"{region}/{kind}"]))


def test_sizes_are_the_environments() -> None:
    wanted = settings(EAST, environments={"test": {
        "instance_type": "m5.large", "min_size": 2, "desired_size": 3, "max_size": 4,
        "database_class": "db.m5.large"}})
    resources = built(wanted)
    group = one(resources, f"{EAST}/auto_scaling_group", AutoScalingGroup)
    assert (group.min_size, group.desired_size, group.max_size) == (2, 3, 4)
    assert one(resources, f"{EAST}/launch_template", LaunchTemplate).instance_type == "m5.large"
    assert one(resources, f"{EAST}/database", Database).instance_class == "db.m5.large"


@pytest.mark.parametrize("refresh", [False, True])
def test_the_newest_image_is_launched_only_when_asked(refresh: bool) -> None:
    template = one(built(settings(EAST), refresh_image=refresh), f"{EAST}/launch_template", LaunchTemplate)
    assert (template.image, template.refresh_image) == ("ami-1", refresh)


# ---------------------------------------------------------------- data and alarms
def test_the_tables_key_is_as_configured() -> None:
    table = one(built(settings(EAST)), f"{EAST}/table", Table)
    assert (table.partition_key, table.sort_key) == (("pk", "S"), None)
    sorted_by = {"table.sort_key": {"name": "at", "type": "N"}, "table.partition_key": {"name": "id", "type": "B"}}
    table = one(built(settings(EAST, **sorted_by)), f"{EAST}/table", Table)
    assert (table.partition_key, table.sort_key) == (("id", "B"), ("at", "N"))


def test_the_database_has_the_configured_user() -> None:
    resources = built(settings(EAST, **{"database.username": "root", "database.name": "shop"}))
    assert one(resources, f"{EAST}/secret/database", Secret).username == "root"
    database = one(resources, f"{EAST}/database", Database)
    assert (database.username, database.database) == ("root", "shop")


def test_alarms_tell_whom_their_region_names() -> None:
    resources = built(settings(**ACTIONS))
    alarms = [resource for resource in resources.values() if isinstance(resource, Alarm)]
    assert {(alarm.place.region, alarm.actions) for alarm in alarms} == {
        (EAST, (f"arn:aws:sns:{EAST}:123456789012:alarms",)), (WEST, ())}
