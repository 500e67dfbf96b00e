"""Looks that are taken down: what was looked for where, by which calls, and what was there; and their certificate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tapctl import __version__
from tapctl.attestation import Certificate, Handed, Kept, Left, Look, Region, Search, Stack, Thing, now
from tapctl.aws import Calls, Cloud
from tapctl.model import Aws, Denied, Found, Kind, Remnant
from tapctl.observe import Item, guarded, inventory, listed
from tapctl.resources import KINDS
from tapctl.session import Session
from tapctl.standing import DISABLED, Clue, Standing
from tapctl.teardown import Removal, node

OMITTED = "left out by --region"


@dataclass
class Witness:
    """Looks for a kind in a region, as observe.listed does, and takes it down."""

    calls: Calls
    looks: list[Look] = field(default_factory=list)

    def __call__(self, kind: type[Kind], aws: Aws) -> list[Found] | Denied:
        at = now()
        with self.calls.counted() as calls:
            answer: list[Found] | Denied = guarded(listed, kind, aws)
        denied, found = (answer.action, 0) if isinstance(answer, Denied) else ("", len(answer))
        self.looks.append(Look(kind.kind, aws.place.region, at, found, denied, dict(sorted(calls.items()))))
        return answer


@dataclass(frozen=True)
class Sought:
    """One look for everything. regions: those looked at in full; denied: (kind, region) that could not be seen; shared:
    by the id of a peering connection, who else may use it, in a line."""

    where: Standing
    regions: Sequence[str]
    begun: datetime
    ended: datetime
    items: Sequence[Item] = ()
    denied: Mapping[tuple[str, str], Denied] = field(default_factory=dict)
    looks: Sequence[Look] = ()
    shared: Mapping[str, str] = field(default_factory=dict)

    @property
    def omitted(self) -> list[str]:
        """Where something may stand, and was not looked at because other regions were chosen."""
        return [region for region in self.where.regions if region not in self.regions]


def seek(aws: Cloud, where: Standing, regions: Sequence[str], begun: datetime) -> Sought:
    """Look for every kind in these regions."""
    witness = Witness(aws.connections.calls)
    items, world = inventory(KINDS, regions, aws, witness)
    looks = sorted(witness.looks, key=lambda look: (regions.index(look.region), look.kind))
    return Sought(where, regions, begun, now(), items, world.denied, looks)


# ---------------------------------------------------------------- the certificate, of data only
def certified(session: Session, first: Sought, removal: Removal, kept: Sequence[tuple[str, Remnant]],
              second: Sought | None, failed: str, quiet: float) -> Certificate:
    """kept: with their regions; failed: why there is no second look, if the run wasn't stopped."""
    place, stopped = session.place, session.stop.is_set()
    left = left_over(removal, second)
    unseen = {**removal.unseen, **(second.denied if second else {})}
    reasons = tuple(doubts(stopped, left, unseen, second or first, failed))
    return Certificate(
        1, not reasons, reasons, Stack(place.project, place.environment, place.account, place.partition),
        session.run, __version__, session.endpoint, session.emulated, first.begun, now(), stopped, search(first),
        tuple(map(thing, removal.removed)),
        tuple(Handed(**vars(thing(item)), to=to) for item, to in removal.handed), left,
        tuple(Kept(region, it.what, it.id, it.until, it.why) for region, it in kept), quiet,
        search(second) if second else None, dict(sorted(session.aws.connections.calls.total.items())))


def doubts(stopped: bool, left: Sequence[Left], unseen: Mapping[tuple[str, str], Denied], last: Sought,
           failed: str) -> Iterator[str]:
    """Why it can't be said that nothing is left. last: the last look."""
    if stopped:
        yield "the run was stopped before its end"
    if failed:
        yield f"there was no second look: {failed}"
    if left:
        yield f"left over: {len(left)}"
    for (kind, region), denied in unseen.items():
        yield f"{region}/{kind}: not allowed to look: {denied.action}"
    for clue in last.where.hidden:
        yield f"{clue.region}: {DISABLED}, and something may stand there"
    for region in last.omitted:
        yield f"{region}: {OMITTED}"


def left_over(removal: Removal, second: Sought | None) -> tuple[Left, ...]:
    """What the removal left, and what else was there at the second look."""
    whys = {node(item): (item, why) for item, why in removal.left}
    for item in second.items if second else ():
        whys.setdefault(node(item), (item, "it was there at the second look"))
    return tuple(Left(**vars(thing(item)), why=why) for item, why in whys.values())


def thing(item: Item) -> Thing:
    return Thing(item.kind.kind, item.region, item.it.key, item.it.id)


def search(sought: Sought) -> Search:
    where = sought.where
    clues = {clue.region: clue for clue in where.clues}
    regions = [region(name, clues.get(name, Clue(name)), name in sought.regions, name in where.configured)
               for name in (*where.configured, *clues)]
    return Search(sought.begun, sought.ended, tuple(regions), tuple(where.unasked), tuple(sought.looks),
                  tuple(map(thing, sought.items)))


def region(name: str, clue: Clue, in_full: bool, configured: bool) -> Region:
    if in_full:
        return Region(name, configured, "in full", clue.told, clue.unseen)
    if clue.disabled:
        return Region(name, configured, "not", clue.told, (DISABLED,))
    if clue.told or configured:
        return Region(name, configured, "not", clue.told, (OMITTED,))
    return Region(name, configured, "not" if clue.unseen else "by index", (), clue.unseen)
