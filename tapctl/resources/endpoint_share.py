"""What this stack has on the endpoint of another stack that serves the VPC: a tag that says so, and the group that lets
its application in on an interface, its route tables on a gateway. The tables stay on it: see Endpoint.

It is found by that tag, at endpoints that are not this stack's: one that is handed over to this stack is an Endpoint,
and the share is no more.
https://docs.aws.amazon.com/vpc/latest/privatelink/manage-interface-endpoints.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from tapctl.handover import CHANGING, groups_of, is_ours, mark, register, withdraw
from tapctl.model import Aspect, Aws, Born, Found, Gone, HandedOver, Out, Overtaken, Phase, Ref, Resource
from tapctl.naming import tag_dict
from tapctl.resources.endpoint import GATEWAYS, Endpoint, described, given_up, service_of, state_of
from tapctl.resources.vpc_claim import claimed
from tapctl.waiting import tolerate


# ---------------------------------------------------------------- aspects
def want_fixed(r: EndpointShare, out: Out) -> dict[str, str]:
    return {"endpoint": r.endpoint}


def read_fixed(aws: Aws, it: Found) -> dict[str, str]:
    return {"endpoint": it.id}


def want_use(r: EndpointShare, out: Out) -> dict[str, Any]:
    return {"group": out(r.group).id, "attached": r.service not in GATEWAYS, "route_tables": frozenset(r.route_tables)}


def read_use(aws: Aws, it: Found) -> dict[str, Any]:
    group = it.tags.get(mark(aws.place.stack), "")
    return {"group": group, "attached": group in groups_of(it), "route_tables": tables_of(it)}


def beside_others(r: EndpointShare, have: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    """The route tables of the others stay."""
    return want | {"route_tables": have["route_tables"] | want["route_tables"]}


def put_use(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    if have["group"] != want["group"]:
        register(aws, it.id, want["group"])
    change: dict[str, list[str]] = {}
    if want["attached"] and want["group"] not in groups_of(it):
        change["AddSecurityGroupIds"] = [want["group"]]
    if missing := want["route_tables"] - tables_of(it):
        change["AddRouteTableIds"] = sorted(missing)
    if change:
        # the group was just made, and isn't visible yet; or AWS is busy with another change of the endpoint
        tolerate(partial(aws.client("ec2").modify_vpc_endpoint, VpcEndpointId=it.id, **change),
                 "InvalidGroup.NotFound", "InvalidSecurityGroupId.NotFound", CHANGING)


FIXED = Aspect("fixed", want_fixed, read_fixed, None, born=Born.SET,
               mend="Take the tapctl:used-by: tag of this stack off the endpoint that it doesn't use")
# READY: AWS changes no endpoint that isn't available
USE = Aspect("use", want_use, read_use, put_use, phase=Phase.READY, meet=beside_others)


# ---------------------------------------------------------------- the share
@dataclass(frozen=True)
class EndpointShare(Resource):
    """endpoint: the other stack's; group: the one by which this stack is known there, see handover.py; route_tables:
    the application's, which the endpoint is to be on if it is a gateway."""

    service: str
    vpc: str
    endpoint: str
    group: Ref
    route_tables: tuple[str, ...] = ()
    kind: ClassVar[str] = "endpoint_share"
    uses: ClassVar[frozenset[str]] = frozenset({"security_group"})
    aspects: ClassVar[tuple[Aspect[EndpointShare, Any], ...]] = (FIXED, USE)

    @property
    def role(self) -> str:
        return self.service

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        for raw in described(aws, {"Name": "tag-key", "Values": [mark(aws.place.stack)]}):
            it = Found(f"{aws.place.region}/{cls.kind}/{service_of(aws, raw)}", raw["VpcEndpointId"], raw,
                       tag_dict(raw["Tags"]))
            if not is_ours(aws, it) and not _ending(it):
                yield it

    @classmethod
    def look(cls, aws: Aws, it: Found) -> Found | None:
        now = Endpoint.look(aws, it)
        return now if now and (mark(aws.place.stack) in now.tags or is_ours(aws, now)) else None

    @classmethod
    def state(cls, it: Found) -> str | None:
        if _ending(it):
            raise Overtaken(f"{it.id} is being deleted by somebody: the next plan makes another")
        return Endpoint.state(it)

    def create(self, aws: Aws, out: Out) -> Found:
        it = Found(self.key, self.endpoint, {})
        with claimed(aws, self.vpc):
            now = Endpoint.look(aws, it)
            if now is None or _ending(now) or is_ours(aws, now):
                raise Overtaken(f"{it.id} no longer serves {self.vpc} for another stack: the next plan uses the "
                                "one that does, or makes one")
            register(aws, it.id, out(self.group).id)
        return now

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone | HandedOver:
        with claimed(aws, it.raw["VpcId"]) as claim:
            now = cls.look(aws, it)
            if now is None:
                return Gone.NOW
            if is_ours(aws, now):  # it was handed over to this stack meanwhile
                return given_up(aws, now, claim)
            if _ending(now):
                return Gone.LATER
            withdraw(aws, now)
        return Gone.NOW


def tables_of(it: Found) -> frozenset[str]:
    return frozenset(it.raw.get("RouteTableIds", []))


def _ending(it: Found) -> bool:
    return state_of(it.raw) in ("deleting", "deleted")
