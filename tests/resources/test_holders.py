"""Who holds what: somebody else's things on ours, named and left as they are."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from tapctl import facts, teardown, waiting
from tapctl.events import Event as Told
from tapctl.events import Waits
from tapctl.holding import MEND, told
from tapctl.model import Aws, Found, Kind, Link
from tapctl.resources import KINDS
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tapctl.resources.holders import owner, whose
from tapctl.resources.role import Role
from tapctl.resources.security_group import SecurityGroup
from tapctl.resources.target_group import TargetGroup
from tests.resources.part import NewPart, Part

pytestmark = pytest.mark.usefixtures("spare")
EAST, ACCOUNT = "us-east-1", "123456789012"
NAME, GROUP = "TapStack-production-us-east-1", f"{EAST}/security_group/app"
NO_ENDPOINTS = {"endpoints.s3": False, "endpoints.dynamodb": False, "endpoints.logs": False}
STAGING = [{"Key": "tapctl:stack", "Value": "TapStack/staging"}]


@pytest.fixture(autouse=True)
def _ten_seconds_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = count(0, 10.0)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: next(passing)))


@pytest.fixture
def groups(part: NewPart) -> Part:
    stack = part("security_group", regions=(EAST,), **NO_ENDPOINTS)
    stack.made()
    return stack


def subnets(stack: Part) -> list[str]:
    return list(facts.survey(stack.cloud, stack.settings)[EAST].subnets)


def interface(stack: Part, group: str, **more: Any) -> str:
    made = stack.client("ec2").create_network_interface(SubnetId=subnets(stack)[0], Groups=[group], **more)
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


def tagged(kind: str, tags: list[Any]) -> list[Any]:
    return [{"ResourceType": kind, "Tags": tags}]


# ---------------------------------------------------------------- somebody else's on our group: the chain to each
def one_alone(stack: Part, group: str) -> str:
    tags = tagged("network-interface", [{"Key": "Name", "Value": "spare"}])
    return f'network interface {interface(stack, group, TagSpecifications=tags)} "spare" (not this stack\'s)'


def a_function(stack: Part, group: str) -> str:
    said = "AWS Lambda VPC ENI-daily-report-4d3f2c1b-0a9b-4c8d-8e7f-6a5b4c3d2e1f"
    both = sorted(interface(stack, group, Description=said) for _ in range(2))
    return f"network interfaces {', '.join(both)} <- function daily-report (not this stack's)"


def a_classic_load_balancer(stack: Part, group: str) -> str:
    return (f"network interface {interface(stack, group, Description='ELB old-web')} <- "
            "classic load balancer old-web (not this stack's)")


def an_instance(stack: Part, group: str) -> str:
    tags = tagged("instance", [*STAGING, {"Key": "Name", "Value": "builder"}])
    made = stack.client("ec2").run_instances(
        ImageId="ami-03cf127a", MinCount=1, MaxCount=1, SecurityGroupIds=[group], SubnetId=subnets(stack)[0],
        TagSpecifications=tags)["Instances"][0]
    nic = made["NetworkInterfaces"][0]["NetworkInterfaceId"]
    return f'network interface {nic} <- instance {made["InstanceId"]} "builder" (of TapStack/staging)'


def a_load_balancer(stack: Part, group: str) -> str:
    stack.client("elbv2").create_load_balancer(Name="web", Subnets=subnets(stack)[:2], SecurityGroups=[group])
    return f"network interfaces {', '.join(nics(stack, group))} <- load balancer web (not this stack's)"


def an_endpoint(stack: Part, group: str) -> str:
    net = facts.survey(stack.cloud, stack.settings)[EAST]
    made = stack.client("ec2").create_vpc_endpoint(
        VpcEndpointType="Interface", VpcId=net.vpc, ServiceName=f"com.amazonaws.{EAST}.sqs",
        SubnetIds=[net.subnets[0]], SecurityGroupIds=[group])["VpcEndpoint"]["VpcEndpointId"]
    return f"network interface {nics(stack, group)[0]} <- endpoint {made} (not this stack's)"


def a_database(stack: Part, group: str) -> str:
    rds, more = stack.client("rds"), {"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
                                      "MasterUsername": "owner", "MasterUserPassword": "not-a-secret"}
    rds.create_db_instance(DBInstanceIdentifier="elsewhere", **more)
    rds.create_db_instance(DBInstanceIdentifier="orders", VpcSecurityGroupIds=[group], **more)
    return f"network interface {nics(stack, group)[0]} <- database orders (not this stack's)"


def a_rule(stack: Part, group: str) -> str:
    ec2 = stack.client("ec2")
    made = ec2.create_security_group(GroupName="jobs", Description="theirs",
                                     TagSpecifications=tagged("security-group", STAGING))["GroupId"]
    ec2.authorize_security_group_egress(GroupId=made, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}])
    return f'rule of security group {made} "jobs" (of TapStack/staging)'


def nics(stack: Part, group: str) -> list[str]:
    found = stack.client("ec2").describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group]}])
    return sorted(one["NetworkInterfaceId"] for one in found["NetworkInterfaces"])


@pytest.mark.parametrize("hold", [
    one_alone, a_function, a_classic_load_balancer, an_instance, a_load_balancer, an_endpoint, a_database, a_rule])
def test_what_holds_our_group_is_named_down_to_its_owner_and_never_touched(
        groups: Part, hold: Callable[[Part, str], str]) -> None:
    group = groups.found(GROUP).id
    chain = hold(groups, group)
    theirs = {line for line in groups.account() if group in line and "TapStack/production" not in line}
    removal = groups.down()
    left = {item.it.key: why for item, why in removal.left}
    assert left[GROUP] == f"security group {group} <- {chain}. {MEND}"
    assert left.keys() == {GROUP, f"{EAST}/kms_key"} & left.keys()
    assert {item.it.key for item in removal.removed} >= {f"{EAST}/security_group/alb", f"{EAST}/security_group/rds"}
    assert theirs
    assert theirs <= groups.account()


def test_once_it_has_let_go_everything_goes(groups: Part) -> None:
    theirs = interface(groups, groups.found(GROUP).id)
    assert not groups.down().complete
    groups.client("ec2").delete_network_interface(NetworkInterfaceId=theirs)
    groups.gone()


# ---------------------------------------------------------------- ours, and AWS's own clean-up
def waits_of(stack: Part, key: str) -> tuple[list[str], bool]:
    heard: list[Told] = []
    removal = teardown.down(KINDS, stack.regions, stack.cloud, Event(), heard.append)
    return [told.text for told in heard if isinstance(told, Waits) and told.key == key], removal.complete


def test_what_aws_clears_away_is_named_and_waited_for(slow_part: NewPart) -> None:
    stack = slow_part("load_balancer", regions=(EAST,), **NO_ENDPOINTS)
    stack.made()
    texts, complete = waits_of(stack, f"{EAST}/security_group/alb")
    assert complete
    assert texts[-1].startswith(f"load balancer {NAME} (AWS is clearing it away) to let go of network interface eni-")


def held_by(kind: type[Kind], stack: Part, name: str) -> list[str]:
    aws: Aws = stack.cloud
    return [told(chain) for chain in kind.holders(aws, Found("", name, {}))]


def test_a_group_s_own_rule_holds_nothing(groups: Part) -> None:
    made = groups.client("ec2").create_security_group(GroupName="mesh", Description="theirs")["GroupId"]
    groups.client("ec2").authorize_security_group_ingress(GroupId=made, IpPermissions=[
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": made}]}])
    assert held_by(SecurityGroup, groups, made) == []


@pytest.mark.parametrize(("kind", "said", "gone"), [
    ("endpoint", "VPC Endpoint Interface vpce-0123456789abcdef0", "endpoint vpce-0123456789abcdef0"),
    ("load balancer", "ELB app/web/50dc6c495c0c9188", "load balancer web"), ("database", "RDSNetworkInterface",
                                                                           "a database")])
def test_what_a_service_has_not_cleared_away_yet_is_nobodys(groups: Part, kind: str, said: str, gone: str) -> None:
    group = groups.found(GROUP).id
    nic = interface(groups, group, Description=said)
    assert held_by(SecurityGroup, groups, group)[0] == (
        f"network interface {nic} <- {gone} (AWS is clearing it away)")


# ---------------------------------------------------------------- whose an interface is, by what it says
@pytest.mark.parametrize(("raw", "kind_and_name"), [
    ({"Attachment": {"InstanceId": "i-1", "InstanceOwnerId": ACCOUNT}, "Description": "x"}, ("instance", "i-1")),
    ({"Description": "ELB net/web/1"}, ("load balancer", "net/web/1")),
    ({"Description": "ELB web"}, ("classic load balancer", "web")),
    ({"Description": "VPC Endpoint Interface vpce-1"}, ("endpoint", "vpce-1")),
    ({"Description": "AWS Lambda VPC ENI-report"}, ("function", "report")),
    ({"Description": "RDSNetworkInterface"}, ("database", "RDSNetworkInterface")),
    ({"Description": "EFS mount target for fs-1 (fsmt-1)", "RequesterManaged": True},
     ("service", "EFS mount target for fs-1 (fsmt-1)")),
    ({"Description": "", "RequesterManaged": True, "RequesterId": "amazon-elasticache"},
     ("service", "amazon-elasticache")),
    ({"Attachment": {"InstanceOwnerId": "amazon-aws"}}, ("service", "of AWS")),
    ({"NetworkInterfaceId": "eni-1", "Description": "mine", "Attachment": {}}, ("", "eni-1")),
])
def test_whose_an_interface_is(raw: dict[str, Any], kind_and_name: tuple[str, str]) -> None:
    assert owner(raw) == kind_and_name


@pytest.mark.parametrize(("tags", "said"), [
    ({}, "not this stack's"), ({"tapctl:stack": "TapStack/production"}, ""),
    ({"tapctl:stack": "TapStack/prod"}, "of TapStack/prod")])
def test_whose_something_is_its_tags_say(groups: Part, tags: dict[str, str], said: str) -> None:
    assert whose(groups.cloud, tags) == said


def answered(stack: Part, *interfaces: dict[str, Any]) -> list[str]:
    """Who holds the group, where EC2 tells of these interfaces."""
    def tell(parsed: dict[str, Any], **_: Any) -> None:
        parsed["NetworkInterfaces"] = list(interfaces)

    events = stack.cloud.client("ec2").meta.events
    events.register("after-call.ec2.DescribeNetworkInterfaces", tell)
    try:
        return held_by(SecurityGroup, stack, "sg-1")
    finally:
        events.unregister("after-call.ec2.DescribeNetworkInterfaces", tell)


def test_instances_that_are_gone_or_of_another_account(groups: Part) -> None:
    def of(account: str) -> dict[str, Any]:
        return {"NetworkInterfaceId": "eni-1", "Attachment": {"InstanceId": "i-0123456789abcdef0",
                                                              "InstanceOwnerId": account}}

    assert answered(groups, of("210987654321")) == [
        "network interface eni-1 <- instance i-0123456789abcdef0 of account 210987654321 (not this stack's)"]
    assert answered(groups, of(ACCOUNT)) == [
        "network interface eni-1 <- instance i-0123456789abcdef0 (AWS is clearing it away)"]


# ---------------------------------------------------------------- other kinds
def test_a_database_of_others_in_our_subnet_group(part: NewPart) -> None:
    stack = part("db_subnet_group", regions=(EAST,))
    stack.made()
    name = stack.found(f"{EAST}/db_subnet_group").id
    stack.client("rds").create_db_instance(
        DBInstanceIdentifier="orders", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
        MasterUsername="owner", MasterUserPassword="not-a-secret", DBSubnetGroupName=name)
    (item, why), = stack.down().left
    assert (item.kind, why) == (DbSubnetGroup, (
        f"db subnet group {name} <- database orders (not this stack's). {MEND}"))


def test_a_listener_of_others_on_our_target_group(part: NewPart) -> None:
    stack = part("target_group", regions=(EAST,))
    stack.made()
    elb, arn = stack.client("elbv2"), stack.found(f"{EAST}/target_group").id
    theirs = elb.create_load_balancer(Name="web", Subnets=subnets(stack)[:2])["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=theirs, Protocol="HTTP", Port=80,
                        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}])
    (item, why), = stack.down().left
    assert (item.kind, why) == (TargetGroup, f"target group {arn} <- load balancer web (not this stack's). {MEND}")
    assert elb.describe_listeners(LoadBalancerArn=theirs)["Listeners"]
    elb.delete_load_balancer(LoadBalancerArn=theirs)
    assert stack.down().complete
    assert held_by(TargetGroup, stack, arn) == []


def test_an_instance_profile_of_others_with_our_role(part: NewPart) -> None:
    stack = part("role", regions=(EAST,))
    stack.made()
    iam = stack.client("iam")
    iam.create_instance_profile(InstanceProfileName="theirs", Tags=STAGING)
    iam.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName=NAME)
    left = {item.kind: why for item, why in stack.down().left}
    assert left[Role] == f"role {NAME} <- instance profile theirs (of TapStack/staging). {MEND}"


def test_our_own_holds_are_nobody_elses(part: NewPart) -> None:
    stack = part("instance_profile", regions=(EAST,))
    stack.made()
    chain, = Role.holders(stack.cloud, stack.found(f"{EAST}/role"))
    assert chain == (Link(f"instance profile {NAME}"),)
