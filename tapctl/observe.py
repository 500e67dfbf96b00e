"""Observation: what is owned, and every aspect of it. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tapctl.model import Aws, Denied, Found, Kind, Resource, Unknown, refs
from tapctl.reading import Reads
from tapctl.waiting import code

WORKERS = 10  # calls under way at once; more only queue for the interpreter, and each costs memory
DENIED = frozenset(("403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"))
# What is refused without a word, and what would be called otherwise.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
WORDLESS = {"HeadBucket": "s3:ListBucket"}

Lists = Callable[[type[Kind], Aws], list[Found] | Denied]


@dataclass(frozen=True)
class Item:
    """One owned thing, with what is needed to act on it."""

    kind: type[Kind]
    region: str
    it: Found


@dataclass
class World:
    """An account as one stack sees it."""

    found: dict[str, Found] = field(default_factory=dict)  # by key: what the stack wants and has
    have: dict[tuple[str, str], Any] = field(default_factory=dict)  # (key, aspect) -> value, Denied or Unknown
    surplus: list[Item] = field(default_factory=list)  # owned, but not wanted, or once too often
    denied: dict[tuple[str, str], Denied] = field(default_factory=dict)  # (kind, region) -> not allowed to look
    returning: dict[str, Found] = field(default_factory=dict)  # by key: not there, needed, and to be taken back


def guarded(call: Callable[..., Any], *args: Any) -> Any:
    """The call's answer, or Denied or Unknown as a value."""
    try:
        return call(*args)
    except ClientError as error:
        if code(error) in DENIED:
            return Denied(action(error))
        raise
    except Unknown as unknown:
        return unknown


def action(error: ClientError) -> str:
    """The refused action: in AWS's words where they name it, else the operation's name."""
    words = str(error.response["Error"].get("Message", "")).split()
    called = WORDLESS.get(error.operation_name, error.operation_name)
    return next((w for w in words if w.count(":") == 1 and w.split(":")[1][:1].isupper()), called)


def refusal(error: ClientError | BotoCoreError) -> str:
    """Why a question got no answer, the same for every region where the reason is the same."""
    if not isinstance(error, ClientError):
        return f"it can't be asked ({type(error).__name__})"
    return f"not allowed: {action(error)}" if code(error) in DENIED else f"{error.operation_name}: {code(error)}"


def listed(kind: type[Kind], aws: Aws) -> list[Found]:
    """All of a kind that is owned in one region: the generator is run inside the caller's guard."""
    return list(kind.owned(aws))


def returning(kind: type[Kind], aws: Aws) -> list[Found]:
    """All of a kind that would be taken back in one region: as listed()."""
    return list(kind.returning(aws))


def observe(kinds: Sequence[type[Kind]], regions: Sequence[str], aws: Aws, wanted: Mapping[str, Resource],
            lists: Lists = listed) -> World:
    """Look for every kind in every region, and read every aspect of what is wanted and there.

    lists: makes each look, and may take it down.
    """
    world = World()
    with Reads(WORKERS) as pool:
        looks = {pool.submit(guarded, lists, kind, aws.at(region)): (kind, region)
                 for kind, region in places(kinds, regions)}
        reads: dict[Future[Any], tuple[str, str]] = {}
        for look in as_completed(looks):
            kind, region = looks[look]
            answer = look.result()
            if isinstance(answer, Denied):
                world.denied[kind.kind, region] = answer
                continue
            for it in answer:
                resource = wanted.get(it.key)
                if resource is None or it.key in world.found or type(resource) is not kind:
                    world.surplus.append(Item(kind, region, it))
                    continue
                world.found[it.key] = it
                for aspect in resource.aspects:
                    reads[pool.submit(guarded, aspect.read, aws.at(region), it)] = (it.key, aspect.name)
        for read, name in reads.items():
            world.have[name] = read.result()
    needed = {ref.key for key in world.found for ref in refs(wanted[key])}
    for gone in needed & wanted.keys() - world.found.keys():
        back = guarded(returning, type(wanted[gone]), aws.at(wanted[gone].place.region))
        world.returning |= {it.key: it for it in (() if isinstance(back, Denied) else back) if it.key == gone}
    world.surplus.sort(key=lambda item: (item.region, item.kind.kind, item.it.id))
    return world


def places(kinds: Iterable[type[Kind]], regions: Sequence[str]) -> list[tuple[type[Kind], str]]:
    """Where each kind is looked for."""
    return [(kind, region) for region in regions for kind in kinds if kind.regional or region == regions[0]]


def inventory(kinds: Collection[type[Kind]], regions: Sequence[str], aws: Aws,
              lists: Lists = listed) -> tuple[list[Item], World]:
    """Everything owned, of every kind, wanted or not; the world says where looking was denied."""
    world = observe([kind for kind in kinds if not kind.shared], regions, aws, {}, lists)
    return world.surplus, world
