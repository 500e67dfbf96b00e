from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl import facts
from tapctl.model import Blocked, Gone
from tapctl.naming import tag_list
from tapctl.resources.db_subnet_group import DbSubnetGroup
from tests.resources.part import NewPart, Part

pytestmark = pytest.mark.usefixtures("spare")
NAME, KEY = "tapstack-production-us-east-1", "us-east-1/db_subnet_group"


@pytest.fixture
def fresh(part: NewPart) -> Part:
    return part("db_subnet_group", regions=("us-east-1",))


@pytest.fixture
def group(fresh: Part) -> Part:
    fresh.made()
    return fresh


def subnets(stack: Part) -> tuple[str, ...]:
    return facts.survey(stack.cloud, stack.settings)["us-east-1"].app_subnets


def standing(rds: Any) -> list[str]:
    group, = rds.describe_db_subnet_groups(DBSubnetGroupName=NAME)["DBSubnetGroups"]
    return sorted(subnet["SubnetIdentifier"] for subnet in group["Subnets"])


def test_it_is_born_with_all_usable_subnets(fresh: Part) -> None:
    up = fresh.made()
    assert [call.operation for call in up.mutating if call.service == "rds"] == ["CreateDBSubnetGroup"]
    assert standing(fresh.client("rds")) == sorted(subnets(fresh))
    it = fresh.found(KEY)
    assert (it.id, it.tags) == (NAME, fresh.place.tags(KEY))
    fresh.at_rest()
    fresh.gone()


def test_what_somebody_changed_is_put_back(group: Part) -> None:
    rds, all_of_them = group.client("rds"), subnets(group)
    rds.modify_db_subnet_group(DBSubnetGroupName=NAME, SubnetIds=list(all_of_them[:2]))
    rds.add_tags_to_resource(ResourceName=group.found(KEY).raw["DBSubnetGroupArn"], Tags=[
        {"Key": "Owner", "Value": "somebody"}, {"Key": "theirs", "Value": "stays"}])
    group.mends(f"{KEY} subnets", f"{KEY} tags")
    assert standing(rds) == sorted(all_of_them)
    assert group.found(KEY).tags == {**group.place.tags(KEY), "theirs": "stays"}


def test_no_subnet_is_taken_away(group: Part) -> None:
    ec2, rds, before = group.client("ec2"), group.client("rds"), standing(group.client("rds"))
    more = ec2.create_subnet(VpcId=ec2.describe_vpcs()["Vpcs"][0]["VpcId"], CidrBlock="172.31.200.0/24",
                             AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    rds.modify_db_subnet_group(DBSubnetGroupName=NAME, SubnetIds=[more, *before])
    group.at_rest()
    assert [(held.key, held.what) for held in group.look()[2].held] == [(KEY, "subnets")]
    rds.modify_db_subnet_group(DBSubnetGroupName=NAME, SubnetIds=[more, before[0], before[1]])
    group.mends(f"{KEY} subnets")
    assert standing(rds) == sorted([more, *before])


@pytest.mark.parametrize("tags", [{}, {"tapctl:stack": "TapStack/production", "tapctl:key": "us-east-1/database"}])
def test_one_of_its_name_that_is_not_the_stacks_is_left_as_it_is(fresh: Part, tags: dict[str, str]) -> None:
    rds, two = fresh.client("rds"), list(subnets(fresh)[:2])
    rds.create_db_subnet_group(DBSubnetGroupName=NAME, DBSubnetGroupDescription="theirs", SubnetIds=two,
                               Tags=tag_list(tags))
    with fresh.refusing("rds", "CreateDBSubnetGroup", "DBSubnetGroupAlreadyExists"):  # moto would replace it
        assert "taken by something that is not this stack's" in fresh.up().failures[f"{KEY} exists"]
    assert fresh.down().complete
    assert standing(rds) == sorted(two)


def test_it_goes_once_no_database_stands_in_it(group: Part) -> None:
    rds, it = group.client("rds"), group.found(KEY)
    rds.create_db_instance(DBInstanceIdentifier="theirs", Engine="postgres", DBInstanceClass="db.t3.micro",
                           AllocatedStorage=20, MasterUsername="owner", MasterUserPassword="not-a-secret",
                           DBSubnetGroupName=NAME)
    with pytest.raises(Blocked, match="the database to let go of it"):
        DbSubnetGroup.delete(group.cloud, it)
    rds.delete_db_instance(DBInstanceIdentifier="theirs", SkipFinalSnapshot=True)
    group.gone()
    assert DbSubnetGroup.delete(group.cloud, it) is Gone.NOW  # once more


def test_other_refusals_to_go_are_said(group: Part) -> None:
    with (group.refusing("rds", "DeleteDBSubnetGroup", "AccessDenied", "no"), pytest.raises(ClientError, match="no")):
        DbSubnetGroup.delete(group.cloud, group.found(KEY))
