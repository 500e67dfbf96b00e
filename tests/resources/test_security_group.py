from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl import facts
from tapctl.model import Blocked, Found, Gone
from tapctl.naming import tag_list
from tapctl.resources.security_group import ALLOW_ALL, Rule, SecurityGroup, put_rules, read_rules
from tests.resources.part import NewPart, Part

pytestmark = pytest.mark.usefixtures("spare")
NAME, ROOT = "TapStack-production-us-east-1", "us-east-1/security_group"
SSH: Rule = Rule("in", "tcp", 22, 22, "0.0.0.0/0")


@pytest.fixture
def fresh(part: NewPart) -> Part:
    return part("security_group", regions=("us-east-1",), **{"endpoints.s3": False, "endpoints.dynamodb": False})


@pytest.fixture
def groups(fresh: Part) -> Part:
    fresh.made()
    return fresh


def vpc(stack: Part) -> str:
    return facts.survey(stack.cloud, stack.settings)["us-east-1"].vpc


def now(stack: Part, it: Found) -> Found:
    return replace(it, raw=stack.client("ec2").describe_security_groups(GroupIds=[it.id])["SecurityGroups"][0])


def rules(stack: Part, it: Found) -> frozenset[Rule]:
    return read_rules(stack.cloud, now(stack, it))


def alone(stack: Part) -> Found:
    """A group without a rule."""
    made = stack.client("ec2").create_security_group(GroupName="alone", Description="alone", VpcId=vpc(stack))
    it = Found("", made["GroupId"], {})
    put_rules(stack.cloud, it, ALLOW_ALL, frozenset())
    stack.meter.calls = []
    return it


def ec2_calls(stack: Part) -> list[str]:
    return [call.operation for call in stack.meter.mutating]


# ---------------------------------------------------------------- birth
def test_each_lets_in_and_out_what_the_stack_needs_and_no_more(fresh: Part) -> None:
    up = fresh.made()
    ids = {name: fresh.found(f"{ROOT}/{name}").id for name in ("alb", "app", "rds", "endpoints")}
    port = fresh.settings.app.port
    assert {name: rules(fresh, fresh.found(f"{ROOT}/{name}")) for name in ids} == {
        "alb": {Rule("in", "tcp", 80, 80, "0.0.0.0/0"), Rule("in", "tcp", 443, 443, "0.0.0.0/0"),
                Rule("out", "tcp", port, port, ids["app"])},
        "app": {Rule("in", "tcp", port, port, ids["alb"]), Rule("out", "tcp", 5432, 5432, ids["rds"]),
                Rule("out", "tcp", 443, 443, ids["endpoints"])},
        "rds": {Rule("in", "tcp", 5432, 5432, ids["app"])},
        "endpoints": {Rule("in", "tcp", 443, 443, ids["app"])}}
    assert [call.operation for call in up.mutating].count("RevokeSecurityGroupEgress") == len(ids)
    for name in ids:
        it = fresh.found(f"{ROOT}/{name}")
        assert (it.raw["GroupName"], it.raw["VpcId"]) == (f"{NAME}-{name}", vpc(fresh))
        assert it.tags == fresh.place.tags(f"{ROOT}/{name}")
    fresh.at_rest()
    fresh.gone()


def test_a_group_that_is_not_known_everywhere_yet_is_waited_for(fresh: Part) -> None:
    with fresh.refusing("ec2", "AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound", times=3):
        fresh.made()
    fresh.at_rest()


# ---------------------------------------------------------------- rules
def test_what_somebody_changed_is_put_back(groups: Part) -> None:
    ec2, app, rds = groups.client("ec2"), groups.found(f"{ROOT}/app"), groups.found(f"{ROOT}/rds")
    before = rules(groups, app), rules(groups, rds)
    ec2.authorize_security_group_ingress(GroupId=app.id, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
         "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "for a moment"}]},
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": rds.id}]}])
    ec2.revoke_security_group_ingress(GroupId=rds.id, IpPermissions=rds.raw["IpPermissions"])
    ec2.create_tags(Resources=[rds.id], Tags=[{"Key": "Owner", "Value": "somebody"}, {"Key": "theirs", "Value": "x"}])
    groups.mends(f"{ROOT}/app rules", f"{ROOT}/rds rules", f"{ROOT}/rds tags")
    assert (rules(groups, app), rules(groups, rds)) == before
    assert groups.found(f"{ROOT}/rds").tags["theirs"] == "x"


def test_peers_of_all_kinds_come_and_go(groups: Part) -> None:
    it, other = alone(groups), groups.found(f"{ROOT}/rds").id
    lists = groups.client("ec2").describe_managed_prefix_lists()["PrefixLists"]
    many: frozenset[Rule] = frozenset({Rule("in", "udp", 53, 53, "fd00::/8"), Rule("in", "-1", -1, -1, "fd00::/8")})
    many |= frozenset(Rule(way, *how, peer) for way in ("in", "out") for how, peer in (
        (("tcp", 80, 443), "10.0.0.0/8"), (("tcp", 5432, 5432), other),
        (("tcp", 443, 443), lists[0]["PrefixListId"]), (("-1", -1, -1), "192.168.0.0/16"), (("-1", -1, -1), other),
        (("icmp", 8, -1), "0.0.0.0/0")))
    put_rules(groups.cloud, it, frozenset(), many)
    assert rules(groups, it) == many
    assert ec2_calls(groups) == ["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"]
    put_rules(groups.cloud, it, many, frozenset())
    assert rules(groups, it) == frozenset()
    assert ec2_calls(groups)[2:] == ["RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress"]


def test_a_right_rule_is_there_before_a_wrong_one_goes(groups: Part) -> None:
    it = alone(groups)
    narrow: Rule = Rule("in", "tcp", 22, 22, "10.0.0.0/8")
    put_rules(groups.cloud, it, frozenset(), frozenset({SSH}))
    put_rules(groups.cloud, it, frozenset({SSH}), frozenset({narrow}))
    assert ec2_calls(groups)[1:] == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]
    assert rules(groups, it) == {narrow}


def test_a_rule_that_somebody_else_made_or_revoked_meanwhile_keeps_no_other_from_it(groups: Part) -> None:
    it = alone(groups)
    others = frozenset({Rule("in", "tcp", 80, 80, "10.0.0.0/8"), Rule("in", "tcp", 443, 443, "10.0.0.0/8")})
    put_rules(groups.cloud, it, frozenset(), frozenset({SSH}))
    put_rules(groups.cloud, it, frozenset(), frozenset({SSH}))  # as after a lost answer
    put_rules(groups.cloud, it, frozenset(), others | {SSH})
    assert rules(groups, it) == others | {SSH}
    put_rules(groups.cloud, it, frozenset({SSH}), frozenset())
    put_rules(groups.cloud, it, frozenset({SSH}), frozenset())
    put_rules(groups.cloud, it, others | {SSH}, frozenset())
    assert rules(groups, it) == frozenset()


def test_a_rule_that_named_a_group_that_is_gone_is_gone_with_it(groups: Part) -> None:
    """So it is where the answer to the call that revoked it was lost, and the other group has gone meanwhile."""
    it = alone(groups)
    put_rules(groups.cloud, it, frozenset(), frozenset({SSH}))
    gone: Rule = Rule("in", "tcp", 5432, 5432, "sg-0123456789abcdef0")
    put_rules(groups.cloud, it, frozenset({SSH, gone}), frozenset())
    assert rules(groups, it) == frozenset()


def test_other_refusals_of_a_rule_are_said(groups: Part) -> None:
    it = alone(groups)
    with (groups.refusing("ec2", "AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded", "60"),
          pytest.raises(ClientError, match="60")):
        put_rules(groups.cloud, it, frozenset(), frozenset({SSH}))


# ---------------------------------------------------------------- whose it is
def test_copied_tags_make_no_group_the_stacks(groups: Part) -> None:
    ec2, tags = groups.client("ec2"), tag_list(groups.place.tags(f"{ROOT}/app"))

    def owned() -> set[str]:
        return {it.key.removeprefix(ROOT) for it in SecurityGroup.owned(groups.cloud)}

    specification: list[Any] = [{"ResourceType": "security-group", "Tags": tags}]
    copy = ec2.create_security_group(GroupName=f"{NAME}-rds-copy", Description="a copy", VpcId=vpc(groups),
                                     TagSpecifications=specification)["GroupId"]
    bare = ec2.create_security_group(GroupName="app", Description="of their own", VpcId=vpc(groups),
                                     TagSpecifications=specification)["GroupId"]
    ec2.create_tags(Resources=[groups.found(f"{ROOT}/rds").id], Tags=[{"Key": "tapctl:key", "Value": "us-east-1/x"}])
    assert owned() == {"/alb", "/app", "/endpoints"}
    app = groups.found(f"{ROOT}/app").id
    ec2.create_tags(Resources=[app], Tags=[{"Key": "tapctl:stack", "Value": "TapStack/prod"}])
    assert owned() == {"/alb", "/endpoints"}
    assert bare not in {it.id for it in SecurityGroup.owned(groups.cloud)}
    assert len(ec2.describe_security_groups(GroupIds=[copy, bare])["SecurityGroups"]) == 2


def test_one_of_its_name_that_is_not_the_stacks_is_left_as_it_is(fresh: Part) -> None:
    theirs = fresh.client("ec2").create_security_group(
        GroupName=f"{NAME}-rds".lower(), Description="theirs", VpcId=vpc(fresh))["GroupId"]
    before = now(fresh, Found("", theirs, {})).raw
    assert "taken by something that is not this stack's" in fresh.up().failures[f"{ROOT}/rds exists"]
    assert fresh.down().complete
    assert now(fresh, Found("", theirs, {})).raw == before


# ---------------------------------------------------------------- deletion
def test_it_goes_once_nothing_uses_it(groups: Part) -> None:
    ec2, it = groups.client("ec2"), groups.found(f"{ROOT}/rds")
    theirs = alone(groups)
    put_rules(groups.cloud, theirs, frozenset(), frozenset({Rule("out", "tcp", 5432, 5432, it.id)}))
    with pytest.raises(Blocked, match="let go of it"):
        SecurityGroup.delete(groups.cloud, it)
    assert rules(groups, it) == frozenset()  # so that it keeps no other
    ec2.delete_security_group(GroupId=theirs.id)
    groups.gone()
    assert SecurityGroup.look(groups.cloud, it) is None
    assert SecurityGroup.delete(groups.cloud, it) is Gone.NOW


def test_refusals_to_go(groups: Part) -> None:
    it = groups.found(f"{ROOT}/endpoints")
    with groups.refusing("ec2", "DeleteSecurityGroup", "InvalidGroup.InUse"), pytest.raises(Blocked):
        SecurityGroup.delete(groups.cloud, it)
    with groups.refusing("ec2", "DeleteSecurityGroup", "CannotDelete", "no"), pytest.raises(ClientError, match="no"):
        SecurityGroup.delete(groups.cloud, it)
    with groups.refusing("ec2", "DeleteSecurityGroup", "InvalidGroup.NotFound"):
        assert SecurityGroup.delete(groups.cloud, it) is Gone.NOW
