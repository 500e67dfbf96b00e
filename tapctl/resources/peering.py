"""Peering connections between the VPCs of two regions.

A connection has two sides, each with tags, options and routes of its own, which are read and written in its own region.
It lives in the region that asks for it: the first of the two by name, whatever order the configuration has them in. It
has no name; it is the stack's if its tags say so and if it is between the two regions that its key names, in this
account; `fixed` says between which VPCs. Failed and deleted connections are seen for hours, tags and all: they are not
found again. https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html

Where the accepter's region can't be asked (disabled, denied, out of reach), its side isn't known; the rest is as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.aws import THROTTLE, THROTTLED
from tapctl.model import (
    Aspect,
    Aws,
    Blocked,
    Born,
    Failed,
    Found,
    Going,
    Gone,
    Out,
    Overtaken,
    Phase,
    Ref,
    Refused,
    Resource,
    Unknown,
)
from tapctl.naming import OWNERSHIP_STACK, tag_dict
from tapctl.resources.peering_routes import (
    LIVE,
    NOT_FOUND,
    Route,
    claimed,
    clear,
    described,
    ends,
    named,
    peer,
    peer_of,
    put_routes,
    read_routes,
    status,
    taken,
    with_peer,
)
from tapctl.resources.security_group import require_home
from tapctl.tags import ec2_specification, ours, put_ec2_tags, read_tags, tags_aspect, want_tags
from tapctl.waiting import absent, code, tolerate

ACCEPTED = ("provisioning", "active")
UNRIPE = (*NOT_FOUND, "InvalidStateTransition")
DNS = "AllowDnsResolutionFromRemoteVpc"
SIDES = ("Requester", "Accepter")


# ---------------------------------------------------------------- aspects
def want_fixed(r: Peering, out: Out) -> dict[str, str]:
    return {"vpc": r.vpc, "peer_vpc": r.peer_vpc}


def read_fixed(aws: Aws, it: Found) -> dict[str, str]:
    return {"vpc": it.raw["RequesterVpcInfo"]["VpcId"], "peer_vpc": it.raw["AccepterVpcInfo"]["VpcId"]}


def want_accepted(r: Peering, out: Out) -> bool:
    return True


def read_accepted(aws: Aws, it: Found) -> bool:
    return status(it.raw) in ACCEPTED


def put_accepted(aws: Aws, it: Found, have: bool, want: bool) -> None:
    """Raises Failed: AWS has turned the request down.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AcceptVpcPeeringConnection.html
    """
    _, there = ends(aws, it)

    def accept() -> None:
        try:
            there.client("ec2").accept_vpc_peering_connection(VpcPeeringConnectionId=it.id)
        except ClientError as error:
            now = Peering.look(aws, it) if code(error) in UNRIPE else None
            if now is None or status(now.raw) not in ACCEPTED:  # else an answer was lost, and the call repeated
                refuse_over(now or it)
                raise

    # the other region hears of the request some seconds later, and for some seconds it is still being initiated
    tolerate(accept, *UNRIPE, seconds=120)


def read_peer_tags(aws: Aws, it: Found) -> dict[str, str]:
    """The accepter's side has tags of its own: AWS shows tags only in the region in which they were made."""
    return read_tags(aws, replace(it, tags=tag_dict(peer(it).get("Tags", []))))


def put_peer_tags(aws: Aws, it: Found, have: dict[str, str], want: dict[str, str]) -> None:
    tolerate(partial(put_ec2_tags, ends(aws, it)[1], it, want), *NOT_FOUND)


def want_dns(r: Peering, out: Out) -> dict[str, bool]:
    return {side.lower(): True for side in SIDES}


def read_dns(aws: Aws, it: Found) -> dict[str, bool]:
    """Whether the other side is told private addresses for host names, as each side's own region has it."""
    return {side.lower(): bool(raw.get(f"{side}VpcInfo", {}).get("PeeringOptions", {}).get(DNS))
            for side, raw in zip(SIDES, (it.raw, peer(it)), strict=True)}


def put_dns(aws: Aws, it: Found, have: dict[str, bool], want: dict[str, bool]) -> None:
    """Each side's in its own region, and no other option: AWS has none of them across regions.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcPeeringConnectionOptions.html
    """
    for side, here in zip(SIDES, ends(aws, it), strict=True):
        if have[side.lower()] != want[side.lower()]:
            here.client("ec2").modify_vpc_peering_connection_options(
                VpcPeeringConnectionId=it.id, **{f"{side}PeeringConnectionOptions": {DNS: want[side.lower()]}})


def want_routes(r: Peering, out: Out) -> frozenset[Route]:
    """Raises Refused: somebody else's route is in the way."""
    try:
        own = out(Ref(r.key)).id
    except Unknown:
        own = ""
    for route, target in r.others:
        if target != own:
            raise Refused(taken(route, target))
    return r.routes


# from the first moment on: what it is between, and whose it is; a connection with copied tags gets no others
FIXED = Aspect("fixed", want_fixed, read_fixed, None, born=Born.SET,
               mend="If its tapctl: tags were copied from another connection, take them off; else delete it by hand")
TAGS = tags_aspect(put_ec2_tags)
ACCEPTANCE = Aspect("accepted", want_accepted, read_accepted, put_accepted, born=False, inward=True)
PEER_TAGS = Aspect("peer_tags", want_tags, read_peer_tags, put_peer_tags, born=dict[str, str](), inward=True)
# AWS takes options for an active connection only, and a route to any other leads nowhere
OPTIONS = Aspect("dns", want_dns, read_dns, put_dns, born={side.lower(): False for side in SIDES}, phase=Phase.READY,
                 inward=True)
ROUTES = Aspect("routes", want_routes, read_routes, put_routes, born=frozenset[Route](), phase=Phase.READY, inward=True)


# ---------------------------------------------------------------- the connection
@dataclass(frozen=True)
class Peering(Resource):
    """peer: the accepter's region; vpc, peer_vpc: the requester's and the accepter's; routes: all that are to lead to
    it, on both sides; others: routes to the same destinations that are there already, each with what it leads to."""

    peer: str
    vpc: str
    peer_vpc: str
    routes: frozenset[Route]
    others: tuple[tuple[Route, str], ...] = ()
    kind: ClassVar[str] = "peering"
    aspects: ClassVar[tuple[Aspect[Peering, Any], ...]] = (FIXED, TAGS, ACCEPTANCE, PEER_TAGS, OPTIONS, ROUTES)

    @property
    def role(self) -> str:
        return self.peer

    @property
    def regions(self) -> tuple[str, ...]:
        return self.place.region, self.peer

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        """One that is being deleted comes last: `up` waits for it only if there is no other."""
        found = [_found(aws, key, raw) for raw in described(aws, *ours(aws)) if status(raw) in LIVE
                 if (key := claimed(aws, raw))]
        return sorted(found, key=lambda it: LIVE.index(status(it.raw)))

    @classmethod
    def look(cls, aws: Aws, it: Found) -> Found | None:
        """Until it is deleted: one that has failed is still there to say why."""
        return next((_found(aws, it.key, raw) for raw in described(aws, named(it.id))
                     if status(raw) != "deleted"), None)

    @classmethod
    def state(cls, it: Found) -> str | None:
        here, there = status(it.raw), status(it.raw.get("Peer", {}))
        if here == "deleting":
            raise Going
        refuse_over(it)
        if here != "active":
            return here
        if there == "active":
            return None
        unseen = it.raw.get("PeerUnseen")  # without a reason, the regions hear of it one after the other
        return f"{there or 'not visible'} in {peer_of(it)}" + (f": {unseen}" if unseen else "")

    def create(self, aws: Aws, out: Out) -> Found:
        """One that is there already in this direction is answered by AWS as if it were made, be it somebody else's: the
        facts say beforehand whether there is one, and its tags whether another stack has been faster."""
        once = aws.client("ec2", repeat=False)
        raw = tolerate(lambda: once.create_vpc_peering_connection(
            VpcId=self.vpc, PeerVpcId=self.peer_vpc, PeerRegion=self.peer,
            TagSpecifications=ec2_specification("vpc-peering-connection", self.tags),
        ), *THROTTLED, seconds=THROTTLE)["VpcPeeringConnection"]
        owner = tag_dict(raw.get("Tags", [])).get(OWNERSHIP_STACK, self.place.stack)
        if owner != self.place.stack:
            raise Overtaken(f"{raw['VpcPeeringConnectionId']} of {owner} has come to join {self.vpc} and "
                            f"{self.peer_vpc} meanwhile: the next plan takes it into account")
        return Found(self.key, raw["VpcPeeringConnectionId"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        """Routes first: those of a deleted connection stay, as black holes."""
        require_home(aws, it.raw["RequesterVpcInfo"]["VpcId"])
        with suppress(Unknown):  # LeftRoutes finds those that can't be seen, and says so
            clear(aws, it)
        if status(it.raw) not in LIVE:
            return Gone.NOW  # nobody can delete it, and AWS does
        if status(it.raw) == "deleting":
            return Gone.LATER
        try:
            absent(lambda: aws.client("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=it.id), *NOT_FOUND)
        except ClientError as error:
            if code(error) == "InvalidStateTransition":
                raise Blocked(f"it to be more than {status(it.raw)}") from error
            raise
        return Gone.LATER


def refuse_over(it: Found) -> None:
    """Raises Failed: it will never be active. `deleting` is no way of being over."""
    if status(it.raw) not in LIVE:
        raise Failed(f"AWS says that it is {status(it.raw)}: {it.raw['Status'].get('Message', '')}")


def _found(aws: Aws, key: str, raw: Mapping[str, Any]) -> Found:
    it = Found(key, raw["VpcPeeringConnectionId"], raw, tag_dict(raw.get("Tags", [])))
    return replace(it, raw=with_peer(aws, it))
