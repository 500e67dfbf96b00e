"""What is read of an account, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tapctl.errors import ConfigurationError
from tapctl.facts import ENDING, Network, Serving, endpoints_of, survey, tables_of
from tapctl.naming import Place
from tapctl.settings import Settings, load
from tests.memory import EAST, PLACE, WEST, refusal

PREFIX = f"com.amazonaws.{EAST}."
CERTIFICATE = f"arn:aws:acm:{EAST}:123456789012:certificate/12345678-1234-1234-1234-123456789012"
OTHER_VPC = "vpc-0123456789abcdef0"


def settings(**flags: Any) -> Settings:
    return load(None, {}, {"env": "test", "regions": [EAST], **flags})


def subnet(name: str, zone: str, vpc: str = "vpc-1", **more: Any) -> dict[str, Any]:
    return {"SubnetId": f"subnet-{name}", "AvailabilityZone": f"{EAST}{zone}", "VpcId": vpc, **more}


def option(zones: str, **more: Any) -> dict[str, Any]:
    """An orderable database in these zones, with all that is asked for."""
    return {"AvailabilityZones": [{"Name": f"{EAST}{zone}"} for zone in zones], "StorageType": "gp3",
            "MultiAZCapable": True, "ReadReplicaCapable": True, **more}


def table(name: str, *subnets: str, main: bool = False, vpc: str = "vpc-1") -> dict[str, Any]:
    associations: list[dict[str, Any]] = [{"Main": False, "SubnetId": f"subnet-{subnet}"} for subnet in subnets]
    return {"RouteTableId": f"rtb-{name}", "VpcId": vpc, "Associations": [*associations, *([{"Main": True}] * main),
                                                                          {"Main": False, "GatewayId": "igw-1"}]}


def endpoint(service: str, name: str = "vpce-1", state: str = "available", vpc: str = "vpc-1", **more: Any) -> Any:
    """A gateway on rtb-main, unless `more` says otherwise."""
    return {"VpcEndpointId": name, "ServiceName": f"{PREFIX}{service}", "State": state, "VpcId": vpc,
            "VpcEndpointType": "Gateway", "PrivateDnsEnabled": False, "RouteTableIds": ["rtb-main"], **more}


def interface(service: str = "logs", name: str = "vpce-1", **more: Any) -> Any:
    return endpoint(service, name, VpcEndpointType="Interface", RouteTableIds=[], **{"PrivateDnsEnabled": True} | more)


def account(region: str = EAST) -> dict[str, Any]:
    """What AWS answers by operation: a default VPC with a subnet in each of four zones, which offer all."""
    zones = "abcd"
    return {
        "describe_vpcs": {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "172.31.0.0/16"}]},
        "describe_subnets": {"Subnets": [subnet(zone, zone) for zone in zones]},
        "describe_route_tables": {"RouteTables": [table("main", main=True)]},
        "describe_vpc_endpoints": {"VpcEndpoints": []},
        "describe_managed_prefix_lists": {"PrefixLists": [
            {"PrefixListName": f"com.amazonaws.{region}.{service}", "PrefixListId": f"pl-{service}"}
            for service in ("s3", "dynamodb")]},
        "describe_availability_zones": {"AvailabilityZones": [{"ZoneName": f"{EAST}{zone}"} for zone in zones]},
        "describe_instance_type_offerings": {
            "InstanceTypeOfferings": [{"Location": f"{EAST}{zone}"} for zone in zones]},
        "describe_db_engine_versions": {"DBEngineVersions": [{"EngineVersion": "17.6"}]},
        "describe_orderable_db_instance_options": {"OrderableDBInstanceOptions": [option(zones)]},
        "get_parameter": {"Parameter": {"Value": "ami-1"}},
        "describe_ssl_policies": {"SslPolicies": [{}]},
    }


@dataclass
class Answers:
    """An Aws, every client of it, and the paginator of every operation: it answers what the account does."""

    answers: dict[str, Any] = field(default_factory=account)
    asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    place: Place = PLACE

    def client(self, service: str, *, repeat: bool = True) -> Any:
        return self

    def at(self, region: str) -> Any:
        return Answers(self.answers if region == EAST else account(region), self.asked, self.place.at(region))

    def get_paginator(self, operation: str) -> Any:
        return Pages(self, operation)

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.asked[f"{self.place.region} {operation}"] = parameters
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@dataclass
class Pages:
    """Each member of an answer on a page of its own."""

    aws: Answers
    operation: str

    def paginate(self, **parameters: Any) -> Any:
        (name, members), = getattr(self.aws, self.operation)(**parameters).items()
        return [{name: [member]} for member in members] or [{name: []}]


@pytest.fixture
def aws() -> Answers:
    return Answers()


def surveyed(aws: Answers, **flags: Any) -> Network:
    return survey(aws, settings(**flags))[EAST]


# ---------------------------------------------------------------- a whole account
def test_a_region_in_whole(aws: Answers) -> None:
    aws.answers["describe_route_tables"]["RouteTables"] += [
        table("own", "b"), table("not ours", main=True, vpc="vpc-2")]
    aws.answers["describe_vpc_endpoints"]["VpcEndpoints"] = [
        endpoint("s3"), interface("logs", "vpce-2", Groups=[{"GroupId": "sg-2"}, {"GroupId": "sg-1"}]),
        endpoint("dynamodb", vpc="vpc-2")]
    assert surveyed(aws) == Network(
        vpc="vpc-1", cidr="172.31.0.0/16", subnets=("subnet-a", "subnet-b", "subnet-c"),
        route_tables=("rtb-main", "rtb-own"), prefix_lists={"s3": "pl-s3", "dynamodb": "pl-dynamodb"},
        endpoints={"s3": Serving("vpce-1", "", ()), "logs": Serving("vpce-2", "", ("sg-1", "sg-2"))}, image="ami-1")


def test_what_is_asked_is_what_the_settings_say(aws: Answers) -> None:
    surveyed(aws)
    sizes = settings().sizes
    asked = {name.removeprefix(f"{EAST} "): parameters for name, parameters in aws.asked.items()}
    assert asked["describe_vpcs"] == {"Filters": [{"Name": "is-default", "Values": ["true"]}]}
    assert asked["describe_instance_type_offerings"]["Filters"] == [
        {"Name": "instance-type", "Values": [sizes.instance_type]}]
    assert asked["describe_availability_zones"] == {
        "Filters": [{"Name": "zone-type", "Values": ["availability-zone"]}]}
    assert asked["describe_managed_prefix_lists"]["Filters"][0]["Values"] == [f"{PREFIX}s3", f"{PREFIX}dynamodb"]
    assert asked["describe_db_engine_versions"] == {"Engine": "postgres", "EngineVersion": "17", "DefaultOnly": True}
    assert asked["describe_orderable_db_instance_options"] == {
        "Engine": "postgres", "EngineVersion": "17.6", "DBInstanceClass": sizes.database_class, "Vpc": True}
    assert asked["get_parameter"] == {"Name": settings().ami_parameter}
    assert "describe_ssl_policies" not in asked


def test_a_named_vpc_is_asked_for_by_its_id(aws: Answers) -> None:
    surveyed(aws, **{"network.vpc_id": {EAST: OTHER_VPC}})
    assert aws.asked[f"{EAST} describe_vpcs"] == {"Filters": [{"Name": "vpc-id", "Values": [OTHER_VPC]}]}


def test_the_tls_policy_is_asked_for_only_with_a_certificate(aws: Answers) -> None:
    assert surveyed(aws).tls_policy == ""
    newest = surveyed(aws, certificate_arns={EAST: CERTIFICATE}).tls_policy
    assert newest.startswith("ELBSecurityPolicy-TLS13-")
    aws.answers["describe_ssl_policies"] = refusal("SSLPolicyNotFound")
    older = surveyed(aws, certificate_arns={EAST: CERTIFICATE}).tls_policy
    assert older.startswith("ELBSecurityPolicy-TLS13-")
    assert older != newest


def test_every_region_is_surveyed_in_the_configurations_order(aws: Answers) -> None:
    found = survey(aws, settings(regions=[WEST, EAST]))
    assert list(found) == [WEST, EAST]
    assert found[WEST].prefix_lists == found[EAST].prefix_lists
    assert {name.split()[0] for name in aws.asked} == {EAST, WEST}


def test_what_aws_refuses_is_told(aws: Answers) -> None:
    aws.answers["get_parameter"] = refusal("ParameterNotFound")
    with pytest.raises(Exception, match="ParameterNotFound"):
        surveyed(aws)


# ---------------------------------------------------------------- no VPC
@pytest.mark.parametrize(("chosen", "said"), [
    ({}, f"{EAST} has no default VPC"), ({EAST: OTHER_VPC}, f"{EAST} has no VPC {OTHER_VPC}")])
def test_without_a_vpc_there_is_nothing_to_build_in(aws: Answers, chosen: dict[str, str], said: str) -> None:
    aws.answers["describe_vpcs"] = {"Vpcs": []}
    with pytest.raises(ConfigurationError) as raised:
        surveyed(aws, **{"network.vpc_id": chosen})
    assert raised.value.message == said
    assert f"aws ec2 create-default-vpc --region {EAST}" in raised.value.mend
    assert "[network] vpc_id" in raised.value.mend


# ---------------------------------------------------------------- zones
def test_every_run_picks_the_same_subnet_of_a_zone(aws: Answers) -> None:
    aws.answers["describe_subnets"] = {"Subnets": [
        subnet("b2", "b"), subnet("a9", "a", DefaultForAz=True), subnet("a1", "a"), subnet("b1", "b"),
        subnet("a0", "a", vpc="vpc-2")]}
    assert surveyed(aws).subnets == ("subnet-a9", "subnet-b1")


@pytest.mark.parametrize(("operation", "answer"), [
    ("describe_availability_zones", {"AvailabilityZones": [{"ZoneName": f"{EAST}{z}"} for z in "bcd"]}),  # a is local
    ("describe_instance_type_offerings", {"InstanceTypeOfferings": [{"Location": f"{EAST}{z}"} for z in "bcd"]}),
    ("describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [option("bc"), option("d")]}),
    ("describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [
        option("bcd"), option("a", StorageType="gp2"), option("a", MultiAZCapable=False),
        option("a", ReadReplicaCapable=False)]}),
], ids=["local zone", "instance type", "database", "database as it is wanted"])
def test_a_zone_that_lacks_something_is_left_out(aws: Answers, operation: str, answer: Any) -> None:
    aws.answers[operation] = answer
    assert surveyed(aws).subnets == ("subnet-b", "subnet-c", "subnet-d")


def test_two_zones_are_enough(aws: Answers) -> None:
    aws.answers["describe_availability_zones"] = {"AvailabilityZones": [{"ZoneName": f"{EAST}{z}"} for z in "ad"]}
    assert surveyed(aws).subnets == ("subnet-a", "subnet-d")


def test_with_fewer_than_two_zones_it_is_said_what_is_where(aws: Answers) -> None:
    aws.answers["describe_subnets"] = {"Subnets": [subnet("a", "a"), subnet("b", "b")]}
    aws.answers["describe_instance_type_offerings"] = {"InstanceTypeOfferings": [
        {"Location": f"{EAST}{z}"} for z in "ad"]}
    aws.answers["describe_db_engine_versions"] = {"DBEngineVersions": []}
    with pytest.raises(ConfigurationError) as raised:
        surveyed(aws)
    assert raised.value.lines() == [
        f"{EAST}: 0 of the VPC's zones offer all that the stack needs, and it needs 2",
        f"reason: its subnets are in {EAST}a, {EAST}b; offered are an availability zone in {EAST}a, {EAST}b; "
        f"t3.micro in {EAST}a; db.t3.micro in none of them",
        "mend: choose other sizes under [environments] in config.toml, another region, or add subnets"]


def test_a_vpc_without_subnets_has_no_zone(aws: Answers) -> None:
    aws.answers["describe_subnets"] = {"Subnets": [subnet("a", "a", vpc="vpc-2")]}
    with pytest.raises(ConfigurationError) as raised:
        surveyed(aws)
    assert raised.value.reason.startswith("its subnets are in no zone; ")


# ---------------------------------------------------------------- route tables
def test_a_subnet_without_a_route_table_uses_the_main_one() -> None:
    tables = [table("b", "b"), table("main", main=True), table("unused"), table("c", "c", "d")]
    assert tables_of(["subnet-a", "subnet-b"], tables) == ("rtb-b", "rtb-main")
    assert tables_of(["subnet-c", "subnet-d"], tables) == ("rtb-c",)
    assert tables_of(["subnet-a", "subnet-e"], tables) == ("rtb-main",)


# ---------------------------------------------------------------- endpoints
def served(*endpoints: Any) -> dict[str, Serving]:
    return endpoints_of(endpoints, PREFIX, ["rtb-main", "rtb-b"], "TapStack/test")


def test_a_gateway_serves_the_route_tables_that_it_is_on() -> None:
    assert set(served(endpoint("s3"), endpoint("dynamodb", RouteTableIds=["rtb-other", "rtb-b"]))) == {"s3", "dynamodb"}
    assert served(endpoint("s3", RouteTableIds=["rtb-other"]), endpoint("dynamodb", RouteTableIds=[])) == {}


def test_an_interface_serves_whoever_asks_for_the_services_own_name() -> None:
    assert set(served(interface("logs"), interface("secretsmanager"))) == {"logs", "secretsmanager"}
    assert served(interface(PrivateDnsEnabled=False)) == {}
    assert served(interface("s3")) == {}  # the stack has a gateway for it


@pytest.mark.parametrize("state", [*ENDING, *(state.capitalize() for state in ENDING)])
def test_one_that_is_ending_serves_nobody(state: str) -> None:
    assert served(endpoint("s3", state=state), interface(State=state)) == {}


@pytest.mark.parametrize("state", ["available", "Pending", "pendingAcceptance", "partial"])
def test_one_that_is_coming_serves(state: str) -> None:
    assert set(served(endpoint("s3", state=state), interface(State=state))) == {"s3", "logs"}


def test_the_stacks_own_goes_before_somebody_elses() -> None:
    own = endpoint("s3", "vpce-own", Tags=[{"Key": "tapctl:stack", "Value": "TapStack/test"}])
    other = endpoint("s3", "vpce-other", Tags=[{"Key": "tapctl:stack", "Value": "TapStack/test2"}])
    assert served(own, other) == served(other, own) == {"s3": Serving("vpce-own", "TapStack/test", ())}
    assert served(other, endpoint("s3", "vpce-third")) == {"s3": Serving("vpce-other", "TapStack/test2", ())}
