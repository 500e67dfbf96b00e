"""What is read of an account, put together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl.errors import ConfigurationError
from tapctl.facts import Network, survey
from tapctl.naming import Place
from tapctl.serving import Serving
from tapctl.settings import Settings, load
from tests.memory import PLACE, WEST, refusal
from tests.vpcs import EAST, PREFIX, endpoint, interface, subnet, table

CERTIFICATE = f"arn:aws:acm:{EAST}:123456789012:certificate/12345678-1234-1234-1234-123456789012"
OTHER_VPC = "vpc-0123456789abcdef0"


def settings(**flags: Any) -> Settings:
    return load(None, {}, {"env": "test", "regions": [EAST], **flags})


def option(zones: str, **more: Any) -> dict[str, Any]:
    """An orderable database in these zones, with all that is asked for."""
    return {"AvailabilityZones": [{"Name": f"{EAST}{zone}"} for zone in zones], "StorageType": "gp3",
            "MultiAZCapable": True, "ReadReplicaCapable": True, **more}


def offered(service: str, zones: str, region: str = EAST) -> dict[str, Any]:
    """A service with an endpoint in these zones."""
    return {"ServiceName": f"com.amazonaws.{region}.{service}", "AvailabilityZones": [f"{EAST}{z}" for z in zones]}


def account(region: str = EAST) -> dict[str, Any]:
    """What AWS answers by operation: a default VPC with a subnet in each of four zones, which offer all."""
    zones = "abcd"
    return {
        "describe_vpcs": {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]},
        "describe_vpc_attribute": {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}},
        "describe_subnets": {"Subnets": [subnet(zone, zone, cidr=f"10.0.{n}.0/24") for n, zone in enumerate(zones)]},
        "describe_route_tables": {"RouteTables": [table("main", main=True)]},
        "describe_vpc_endpoints": {"VpcEndpoints": []},
        "describe_security_groups": {"SecurityGroups": [
            {"GroupId": name, "GroupName": name, "IpPermissions": [
                {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]} for name in ("sg-1", "sg-2")]},
        "describe_vpc_peering_connections": {"VpcPeeringConnections": []},
        "describe_vpc_endpoint_services": {"ServiceDetails": [offered("logs", zones, region)]},
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
        "describe_certificate": {"Certificate": {
            "Status": "ISSUED", "Type": "IMPORTED", "DomainName": "app.example.com",
            "NotAfter": datetime.now(UTC) + timedelta(days=90)}},
    }


@dataclass
class Answers:
    """An Aws, every client of it, and the paginator of every operation: it answers what the account does."""

    answers: dict[str, Any] = field(default_factory=account)
    asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    place: Place = PLACE
    run: str = ""

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
        endpoint("s3", RouteTableIds=["rtb-own", "rtb-main"]),
        interface("logs", "vpce-2", Groups=[{"GroupId": "sg-2"}, {"GroupId": "sg-1"}]),
        endpoint("dynamodb", vpc="vpc-2")]
    assert surveyed(aws) == Network(
        vpc="vpc-1", cidrs=("10.0.0.0/16",), zones=(f"{EAST}a", f"{EAST}b", f"{EAST}c"),
        subnets=("subnet-a", "subnet-b", "subnet-c"), app_subnets=("subnet-a", "subnet-b", "subnet-c"),
        app_cidrs=("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"), route_tables=("rtb-main", "rtb-own"),
        prefix_lists={"s3": "pl-s3", "dynamodb": "pl-dynamodb"},
        endpoints={"s3": Serving("vpce-1", "", ()), "logs": Serving("vpce-2", "", ("sg-1", "sg-2"))},
        passed=(("s3", Serving("vpce-1", "", ())), ("logs", Serving("vpce-2", "", ("sg-1", "sg-2")))),
        sites={"s3": (), "dynamodb": ("rtb-main", "rtb-own")}, image="ami-1", gateways=2, interfaces=1,
        free={"subnet-a": 251, "subnet-b": 251, "subnet-c": 251},
        routes={(name, cidr): target for name in ("rtb-main", "rtb-own")
                for cidr, target in (("10.0.0.0/16", "local"), ("0.0.0.0/0", "igw-1"))})


def test_what_is_asked_is_what_the_settings_say(aws: Answers) -> None:
    surveyed(aws)
    sizes = settings().sizes
    asked = {name.removeprefix(f"{EAST} "): parameters for name, parameters in aws.asked.items()}
    assert asked["describe_vpcs"] == {"Filters": [{"Name": "is-default", "Values": ["true"]}]}
    assert "describe_vpc_peering_connections" not in asked  # there is one region
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


def test_an_interface_that_is_not_tapctls_has_to_let_the_application_in(aws: Answers) -> None:
    theirs = interface("logs", "vpce-2", Groups=[{"GroupId": "sg-1"}])
    aws.answers["describe_vpc_endpoints"]["VpcEndpoints"] = [theirs]
    surveyed(aws)
    assert aws.asked[f"{EAST} describe_security_groups"] == {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}
    for group in aws.answers["describe_security_groups"]["SecurityGroups"]:
        group["IpPermissions"] = []
    with pytest.raises(ConfigurationError, match="endpoint vpce-2 for logs does not let the application in"):
        surveyed(aws)
    surveyed(aws, **{"endpoints.logs": False})


def test_another_stacks_interface_is_not_asked_whom_it_lets_in(aws: Answers) -> None:
    aws.answers["describe_vpc_endpoints"]["VpcEndpoints"] = [
        endpoint("s3"), interface("logs", "vpce-2", Groups=[{"GroupId": "sg-1"}], Tags=[
            {"Key": "tapctl:stack", "Value": "TapStack/other"}])]
    surveyed(aws)
    assert f"{EAST} describe_security_groups" not in aws.asked


def test_an_endpoint_of_others_has_to_let_through_what_the_application_does(aws: Answers) -> None:
    def policy(effect: str, **more: Any) -> str:
        return json.dumps({"Statement": {"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", **more}})

    its = endpoint("s3", PolicyDocument=policy("Deny"))
    aws.answers["describe_vpc_endpoints"]["VpcEndpoints"] = [its]
    with pytest.raises(ConfigurationError, match="the policy of endpoint vpce-1 for s3 denies the application"):
        surveyed(aws)
    assert surveyed(aws, **{"endpoints.s3": False}).doubts == ()
    its["PolicyDocument"] = policy("Allow", Condition={"StringEquals": {"aws:PrincipalAccount": "1"}})
    doubt, = surveyed(aws).doubts
    assert doubt.startswith(f"{EAST}: s3: endpoint vpce-1 has a policy of its own, which may refuse s3:PutObject on ")
    its.update(PolicyDocument=policy("Deny"), Tags=[{"Key": "tapctl:stack", "Value": "TapStack/test"}])
    assert surveyed(aws).doubts == ()  # the stack's own: `up` opens it


def test_the_tls_policy_is_asked_for_only_with_a_certificate(aws: Answers) -> None:
    assert surveyed(aws).tls_policy == ""
    newest = surveyed(aws, certificate_arns={EAST: CERTIFICATE}).tls_policy
    assert newest.startswith("ELBSecurityPolicy-TLS13-")
    aws.answers["describe_ssl_policies"] = refusal("SSLPolicyNotFound")
    older = surveyed(aws, certificate_arns={EAST: CERTIFICATE}).tls_policy
    assert older.startswith("ELBSecurityPolicy-TLS13-")
    assert older != newest


def test_the_certificate_is_looked_at_where_there_is_one(aws: Answers) -> None:
    assert surveyed(aws, certificate_arns={EAST: CERTIFICATE}).warning == ""
    assert aws.asked[f"{EAST} describe_certificate"] == {"CertificateArn": CERTIFICATE}
    aws.answers["describe_certificate"]["Certificate"]["NotAfter"] = datetime.now(UTC) + timedelta(days=9.5)
    assert "expires in 9 days" in surveyed(aws, certificate_arns={EAST: CERTIFICATE}).warning
    aws.answers["describe_certificate"] = refusal("ResourceNotFoundException")
    with pytest.raises(ConfigurationError, match=f"{EAST}: the certificate {CERTIFICATE} is not there"):
        surveyed(aws, certificate_arns={EAST: CERTIFICATE})
    assert surveyed(aws).warning == ""


def test_every_region_is_surveyed_in_the_configurations_order(aws: Answers) -> None:
    found = survey(aws, settings(regions=[WEST, EAST]))
    assert list(found) == [WEST, EAST]
    assert found[WEST].prefix_lists == found[EAST].prefix_lists
    assert {name.split()[0] for name in aws.asked} == {EAST, WEST}


def test_what_aws_refuses_is_told(aws: Answers) -> None:
    aws.answers["get_parameter"] = refusal("ParameterNotFound")
    with pytest.raises(ConfigurationError, match=f"{EAST}: there is no parameter /aws/service/ami"):
        surveyed(aws)
    aws.answers["get_parameter"] = refusal("InternalServerError")
    with pytest.raises(ClientError, match="InternalServerError"):
        surveyed(aws)


# ---------------------------------------------------------------- what a VPC may lack
def test_a_vpc_that_is_not_there_is_said(aws: Answers) -> None:
    aws.answers["describe_vpcs"] = {"Vpcs": []}
    with pytest.raises(ConfigurationError, match=f"{EAST} has no VPC {OTHER_VPC}"):
        surveyed(aws, **{"network.vpc_id": {EAST: OTHER_VPC}})


def test_both_dns_attributes_are_asked_for(aws: Answers) -> None:
    aws.answers["describe_vpc_attribute"]["EnableDnsHostnames"] = {"Value": False}
    with pytest.raises(ConfigurationError, match=f"{EAST}: vpc-1 has enableDnsHostnames off"):
        surveyed(aws)
    aws.answers["describe_vpc_attribute"] = {
        "EnableDnsSupport": {"Value": False}, "EnableDnsHostnames": {"Value": True}}
    with pytest.raises(ConfigurationError, match=f"{EAST}: vpc-1 has enableDnsSupport off"):
        surveyed(aws)


@pytest.mark.parametrize(("operation", "answer"), [
    ("describe_availability_zones", {"AvailabilityZones": [{"ZoneName": f"{EAST}{z}"} for z in "bcd"]}),  # a is local
    ("describe_instance_type_offerings", {"InstanceTypeOfferings": [{"Location": f"{EAST}{z}"} for z in "bcd"]}),
    ("describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [option("bc"), option("d")]}),
    ("describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [
        option("bcd"), option("a", StorageType="gp2"), option("a", MultiAZCapable=False),
        option("a", ReadReplicaCapable=False)]}),
    ("describe_subnets", {"Subnets": [
        subnet("a", "a", vpc="vpc-2"), subnet("6", "a", Ipv6Native=True), *(subnet(zone, zone) for zone in "bcd")]}),
], ids=["local zone", "instance type", "database", "database as it is wanted", "subnet"])
def test_a_zone_that_lacks_something_is_left_out(aws: Answers, operation: str, answer: Any) -> None:
    aws.answers[operation] = answer
    found = surveyed(aws)
    assert found.zones == tuple(f"{EAST}{zone}" for zone in "bcd")
    assert found.subnets == found.app_subnets == ("subnet-b", "subnet-c", "subnet-d")


def test_a_version_of_the_database_that_there_is_not_is_offered_nowhere(aws: Answers) -> None:
    aws.answers["describe_db_engine_versions"] = {"DBEngineVersions": []}
    with pytest.raises(ConfigurationError) as raised:
        surveyed(aws)
    assert "db.t3.micro in none of them" in raised.value.reason


# ---------------------------------------------------------------- private subnets
def test_what_needs_no_internet_stands_in_private_subnets(aws: Answers) -> None:
    aws.answers["describe_subnets"]["Subnets"] += [subnet("p", "b", cidr="10.0.8.0/24"), subnet("q", "c")]
    aws.answers["describe_route_tables"]["RouteTables"].append(table("private", "p", "q", routes=()))
    aws.answers["describe_vpc_endpoints"]["VpcEndpoints"] = [
        endpoint("s3"), endpoint("dynamodb", "vpce-2", RouteTableIds=["rtb-private"])]
    found = surveyed(aws)
    assert (found.subnets, found.app_subnets) == (("subnet-b", "subnet-c"), ("subnet-p", "subnet-q"))
    assert found.app_cidrs == ("10.0.8.0/24", "10.0.0.0/24")
    assert found.route_tables == ("rtb-private",)
    assert found.endpoints == {"dynamodb": Serving("vpce-2", "", ())}  # the other serves the load balancer's only


# ---------------------------------------------------------------- where services are offered
OWN = [{"Key": "tapctl:stack", "Value": "TapStack/test"}]
GATEWAYS_ANYWHERE = {"s3": ("rtb-main",), "dynamodb": ("rtb-main",)}
ASKED = f"{EAST} describe_vpc_endpoint_services"


def test_an_interface_is_to_stand_only_where_its_service_is_offered(aws: Answers) -> None:
    assert surveyed(aws).sites == {**GATEWAYS_ANYWHERE, "logs": ("subnet-a", "subnet-b", "subnet-c")}
    aws.answers["describe_vpc_endpoint_services"] = {"ServiceDetails": [
        offered("logs", "bcd"), offered("secretsmanager", "abcd")]}
    assert surveyed(aws, **{"app.data_access": True}).sites == {
        **GATEWAYS_ANYWHERE, "logs": ("subnet-b", "subnet-c"), "secretsmanager": ("subnet-a", "subnet-b", "subnet-c")}
    assert aws.asked[ASKED] == {"ServiceNames": [f"{PREFIX}logs", f"{PREFIX}secretsmanager"]}


def test_where_none_is_to_be_made_nothing_is_asked(aws: Answers) -> None:
    surveyed(aws, **{"endpoints.logs": False})
    for there in (interface(), interface(Tags=OWN, SubnetIds=["subnet-a", "subnet-b", "subnet-c", "subnet-d"])):
        aws.answers["describe_vpc_endpoints"]["VpcEndpoints"] = [there]
        assert surveyed(aws).sites == GATEWAYS_ANYWHERE
    assert ASKED not in aws.asked


def test_one_of_ones_own_that_is_not_everywhere_is_asked_after(aws: Answers) -> None:
    aws.answers["describe_vpc_endpoints"]["VpcEndpoints"] = [interface(Tags=OWN, SubnetIds=["subnet-a", "subnet-b"])]
    assert surveyed(aws).sites["logs"] == ("subnet-a", "subnet-b", "subnet-c")
    assert aws.asked[ASKED] == {"ServiceNames": [f"{PREFIX}logs"]}
