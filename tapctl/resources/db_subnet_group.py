"""The subnets that the database may stand in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.model import Aspect, Aws, Blocked, Chain, Found, Gone, Out, Resource
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.resources.holders import databases
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, code


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    aws.client("rds").add_tags_to_resource(ResourceName=it.raw["DBSubnetGroupArn"], Tags=tag_list(tags))


def want_subnets(r: DbSubnetGroup, out: Out) -> frozenset[str]:
    return frozenset(r.subnets)


def read_subnets(aws: Aws, it: Found) -> frozenset[str]:
    return frozenset(subnet["SubnetIdentifier"] for subnet in it.raw["Subnets"])


def put_subnets(aws: Aws, it: Found, have: frozenset[str], want: frozenset[str]) -> None:
    aws.client("rds").modify_db_subnet_group(DBSubnetGroupName=it.id, SubnetIds=sorted(want))


def with_what_it_has(r: DbSubnetGroup, have: frozenset[str], want: frozenset[str]) -> frozenset[str]:
    """No subnet is taken away: AWS refuses that of one that a database stands in, and moves no database within a VPC.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html
    """
    return have | want


TAGS = tags_aspect(put_tags)
SUBNETS = Aspect("subnets", want_subnets, read_subnets, put_subnets, meet=with_what_it_has)


# ---------------------------------------------------------------- the group
@dataclass(frozen=True)
class DbSubnetGroup(Resource):
    subnets: tuple[str, ...]
    kind: ClassVar[str] = "db_subnet_group"
    aspects: ClassVar[tuple[Aspect[DbSubnetGroup, Any], ...]] = (TAGS, SUBNETS)

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        rds = aws.client("rds")
        answer = absent(lambda: rds.describe_db_subnet_groups(DBSubnetGroupName=aws.place.db_subnet_group_name),
                        "DBSubnetGroupNotFoundFault")
        for raw in answer["DBSubnetGroups"] if answer else []:
            tags = tag_dict(rds.list_tags_for_resource(ResourceName=raw["DBSubnetGroupArn"])["TagList"])
            key = claims(tags, aws.place)
            if key == f"{aws.place.region}/{cls.kind}":
                yield Found(key, raw["DBSubnetGroupName"], raw, tags)

    def create(self, aws: Aws, out: Out) -> Found:
        raw = aws.client("rds").create_db_subnet_group(
            DBSubnetGroupName=self.place.db_subnet_group_name, DBSubnetGroupDescription=self.place.name(),
            SubnetIds=sorted(self.subnets), Tags=tag_list(self.tags))["DBSubnetGroup"]
        return Found(self.key, raw["DBSubnetGroupName"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        try:
            absent(lambda: aws.client("rds").delete_db_subnet_group(DBSubnetGroupName=it.id),
                   "DBSubnetGroupNotFoundFault")
        except ClientError as error:
            if code(error) in ("InvalidDBSubnetGroupStateFault", "InvalidDBSubnetGroupStateException"):
                raise Blocked("the database to let go of it") from error
            raise
        return Gone.NOW

    @classmethod
    def holders(cls, aws: Aws, it: Found) -> Iterable[Chain]:
        return ((link,) for link in databases(aws, lambda one: it.id == one["DBSubnetGroup"]["DBSubnetGroupName"]))
