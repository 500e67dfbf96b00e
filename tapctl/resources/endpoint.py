"""VPC endpoints: gateways for S3 and DynamoDB, interfaces for what else instances without a way to the internet need.

An endpoint has no name. It is the stack's if its tags say so, if it is of the service that its key names, and if it
stands in the VPC that the stack's security groups stand in. A VPC can have it only once: other stacks use it, see
endpoint_share.py, and one of them gets it when this one goes.
https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from uuid import uuid4

from botocore.exceptions import ClientError

from tapctl.handover import CHANGING, groups_of, hand_over, heir, is_ours, users
from tapctl.model import (
    Aspect,
    Aws,
    Blocked,
    Born,
    Failed,
    Found,
    Going,
    Gone,
    HandedOver,
    Out,
    Overtaken,
    Phase,
    Ref,
    Resource,
)
from tapctl.naming import OWNERSHIP_STACK, claims, tag_dict
from tapctl.paging import pages
from tapctl.policy import canonical
from tapctl.resources.security_group import require_home
from tapctl.resources.vpc_claim import Claim, claimed
from tapctl.tags import ec2_specification, ours, put_ec2_tags, tags_aspect
from tapctl.waiting import absent, code, message, tolerate

GATEWAYS = ("s3", "dynamodb")  # every other service has an interface
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html; AWS writes states in either case
HOPELESS = ("failed", "rejected", "expired")
ENDING = ("deleted", "deleting", *HOPELESS)
NOT_FOUND = ("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound")
# a second one for a route table, or for a private name
TAKEN = (("RouteAlreadyExists", ""), ("InvalidParameter", "conflicting DNS domain"))
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}  # the policy of an endpoint without one
# how ModifyVpcEndpoint calls what is a set
SETS = {"route_tables": "RouteTableIds", "subnets": "SubnetIds", "security_groups": "SecurityGroupIds"}


# ---------------------------------------------------------------- aspects
def want_fixed(r: Endpoint, out: Out) -> dict[str, str]:
    return {"vpc": r.vpc, "type": "Interface" if r.group else "Gateway"}


def read_fixed(aws: Aws, it: Found) -> dict[str, str]:
    return {"vpc": it.raw["VpcId"], "type": it.raw["VpcEndpointType"]}


def want_settings(r: Endpoint, out: Out) -> dict[str, Any]:
    return {"route_tables": frozenset(r.route_tables), "subnets": frozenset(r.subnets),
            "security_groups": frozenset([out(r.group).id] if r.group else []), "private_dns": r.group is not None,
            "policy": OPEN}


def read_settings(aws: Aws, it: Found) -> dict[str, Any]:
    """The groups of other stacks that use it are theirs to see to."""
    raw, theirs = it.raw, users(it.tags, but=aws.place.stack).values()
    return {"route_tables": frozenset(raw.get("RouteTableIds", [])), "subnets": frozenset(raw.get("SubnetIds", [])),
            "security_groups": groups_of(it) - {*theirs},
            "private_dns": bool(raw.get("PrivateDnsEnabled")), "policy": policy_of(raw)}


def policy_of(raw: Mapping[str, Any]) -> Any:
    """The one statement, or all: AWS gives the open policy a version for gateways, and none for interfaces."""
    statements = statements_of(raw)
    return statements[0] if len(statements) == 1 else statements


def statements_of(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{k: v for k, v in statement.items() if k != "Sid"}
            for statement in canonical(raw["PolicyDocument"])["Statement"]]


def put_settings(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    """One call for all: AWS lets few through, four at once and then one every three seconds.

    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
    """
    change: dict[str, Any] = {}
    for name, field in SETS.items():
        change |= {f"{verb}{field}": sorted(ids) for verb, ids in (("Add", want[name] - have[name]),
                                                                   ("Remove", have[name] - want[name])) if ids}
    if have["private_dns"] != want["private_dns"]:
        change["PrivateDnsEnabled"] = want["private_dns"]
    if have["policy"] != want["policy"]:
        change["ResetPolicy"] = True
    # another stack may just have put a group of its own there
    tolerate(partial(aws.client("ec2").modify_vpc_endpoint, VpcEndpointId=it.id, **change), CHANGING)


def with_its_route_tables(r: Endpoint, have: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    """A gateway stays on every route table that it is on: it may be the only way out of what stands behind it.

    So instances in the subnets of before, and other stacks that use this one's gateway, keep theirs.
    """
    return want | {"route_tables": have["route_tables"] | want["route_tables"]}


FIXED = Aspect("fixed", want_fixed, read_fixed, None, born=Born.SET,
               mend="If its tapctl: tags were copied from another endpoint, take them off; else delete it by hand")
SETTINGS = Aspect("settings", want_settings, read_settings, put_settings, born=Born.SET, phase=Phase.READY,
                  meet=with_its_route_tables)
TAGS = tags_aspect(put_ec2_tags)


# ---------------------------------------------------------------- the endpoint
@dataclass(frozen=True)
class Endpoint(Resource):
    """service: as it is called in com.amazonaws.REGION.SERVICE; a gateway has route tables, an interface has subnets,
    one a zone, and a group."""

    service: str
    vpc: str
    route_tables: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    group: Ref | None = None
    kind: ClassVar[str] = "endpoint"
    says: ClassVar[tuple[str, ...]] = ("State",)
    uses: ClassVar[frozenset[str]] = frozenset({"security_group"})
    # what is fixed first: tags that were copied to another one are not written over
    aspects: ClassVar[tuple[Aspect[Endpoint, Any], ...]] = (FIXED, TAGS, SETTINGS)

    @property
    def role(self) -> str:
        return self.service

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        """One that is being deleted comes last: `up` waits for it only if there is no other."""
        found = []
        for raw in described(aws, *ours(aws)):
            tags = tag_dict(raw.get("Tags", []))
            key = claims(tags, aws.place)
            if key and key == f"{aws.place.region}/{cls.kind}/{service_of(aws, raw)}" and state_of(raw) != "deleted":
                found.append(Found(key, raw["VpcEndpointId"], raw, tags))
        return sorted(found, key=lambda it: state_of(it.raw) == "deleting")

    @classmethod
    def look(cls, aws: Aws, it: Found) -> Found | None:
        answer = absent(lambda: aws.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[it.id]), *NOT_FOUND)
        return next((Found(it.key, it.id, raw, tag_dict(raw.get("Tags", [])))
                     for raw in (answer["VpcEndpoints"] if answer else []) if state_of(raw) != "deleted"), None)

    @classmethod
    def state(cls, it: Found) -> str | None:
        state = state_of(it.raw)
        if state == "deleting":
            raise Going
        if state in HOPELESS:
            raise Failed(f"the endpoint is {state}; "
                         f"delete it, and run again: aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {it.id}")
        return None if state == "available" else state

    def create(self, aws: Aws, out: Out) -> Found:
        settings = want_settings(self, out)
        if self.group:
            side: dict[str, Any] = {"VpcEndpointType": "Interface", "SubnetIds": sorted(settings["subnets"]),
                                    "SecurityGroupIds": sorted(settings["security_groups"]), "PrivateDnsEnabled": True}
        else:
            side = {"VpcEndpointType": "Gateway", "RouteTableIds": sorted(settings["route_tables"])}
        # a token of this call's own: AWS remembers a token longer than the endpoint may live
        token = uuid4().hex
        try:
            raw = tolerate(lambda: aws.client("ec2").create_vpc_endpoint(
                VpcId=self.vpc, ServiceName=f"com.amazonaws.{self.place.region}.{self.service}", ClientToken=token,
                TagSpecifications=ec2_specification("vpc-endpoint", self.tags), **side,
            ), "InvalidGroup.NotFound", "InvalidSecurityGroupId.NotFound")["VpcEndpoint"]
        except ClientError as error:
            if any(code(error) == taken and saying in message(error) for taken, saying in TAKEN):
                raise self.in_the_way(aws) from error
            raise
        return Found(self.key, raw["VpcEndpointId"], raw, self.tags)

    def in_the_way(self, aws: Aws) -> Overtaken | Blocked:
        """Why there can't be another one. None was in the way when the plan was made, but for one on its way out."""
        there = [*described(aws, {"Name": "vpc-id", "Values": [self.vpc]},
                            {"Name": "service-name", "Values": [f"com.amazonaws.{self.place.region}.{self.service}"]})]
        for raw in there:
            if state_of(raw) not in ENDING:
                owner = tag_dict(raw.get("Tags", [])).get(OWNERSHIP_STACK) or "somebody else"
                return Overtaken(f"{raw['VpcEndpointId']} of {owner} has come to serve {self.vpc} meanwhile: the "
                                 "next plan uses it")
        ending = " and ".join(f"{raw['VpcEndpointId']}, which is {state_of(raw)}," for raw in there)
        return Blocked(f"{ending or 'another one'} to be gone")

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone | HandedOver:
        if state_of(it.raw) == "deleting":
            return Gone.LATER
        require_home(aws, it.raw["VpcId"])
        with claimed(aws, it.raw["VpcId"]) as claim:
            now = cls.look(aws, it)
            return given_up(aws, now, claim) if now and is_ours(aws, now) else Gone.NOW


def given_up(aws: Aws, it: Found, claim: Claim) -> Gone | HandedOver:
    """As it was found under the claim: the next stack's that uses it; deleted, if there is none."""
    if state_of(it.raw) == "deleting":
        return Gone.LATER
    to = heir(aws, it)
    claim.hold()
    if to:
        hand_over(aws, it, to)
        return HandedOver(to.place.stack)
    answer = aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[it.id])
    for refused in answer.get("Unsuccessful", []):  # in an answer of status 200
        if refused["Error"]["Code"] not in NOT_FOUND:
            raise Failed(f"{refused['Error']['Code']}: {refused['Error']['Message']}")
    return Gone.LATER


def described(aws: Aws, *filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return pages(aws.client("ec2"), "describe_vpc_endpoints", "VpcEndpoints", Filters=list(filters))


def service_of(aws: Aws, raw: Mapping[str, Any]) -> str:
    return str(raw["ServiceName"]).removeprefix(f"com.amazonaws.{aws.place.region}.")


def state_of(raw: Mapping[str, Any]) -> str:
    return str(raw["State"]).lower()
