"""Teardown: everything owned, in the order that `uses` gives, until a look finds nothing more."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from botocore.exceptions import BotoCoreError, ClientError

from tapctl.engine import Stopped, Walk, walk
from tapctl.events import Ahead, Began, Broke, Change, Emit, Finished, Note, Step, Waits
from tapctl.explain import hopeless, problem
from tapctl.holding import Watch, asked
from tapctl.model import Aws, Blocked, Denied, Failed, Gone, HandedOver, Kind
from tapctl.observe import Item, inventory
from tapctl.reading import unless
from tapctl.reconcile import STOPPING, silent
from tapctl.waiting import polled
from tapctl.working import working_on

Node = tuple[str, str, str]  # kind, region, id

STOPPED = "the run was stopped before it was gone"
ROUNDS = 3  # of looking and removing; what another run makes meanwhile is seen in the next


@dataclass
class Removal:
    """What became of everything that was to go."""

    removed: list[Item] = field(default_factory=list)
    handed: list[tuple[Item, str]] = field(default_factory=list)  # with the stack that has it now
    left: list[tuple[Item, str]] = field(default_factory=list)  # with the reason
    unseen: dict[tuple[str, str], Denied] = field(default_factory=dict)  # (kind, region) -> not allowed to look
    stopped: bool = False
    hopeless: Exception | None = None  # what ended it half-way

    @property
    def complete(self) -> bool:
        return not (self.left or self.unseen or self.stopped)

    def untouched(self, items: Collection[Item]) -> list[Item]:
        """Those of which nothing has become."""
        met = {node(item) for item in (*self.removed, *(item for item, _ in (*self.handed, *self.left)))}
        return [item for item in items if node(item) not in met]


def kept_kinds(kinds: Collection[type[Kind]], unseen: Collection[str]) -> frozenset[str]:
    """The kinds that stay because an unseen one may use them, directly or through one that stays.

    Not allowed to look is not the same as nothing there.
    """
    uses = {kind.kind: kind.uses for kind in kinds}
    held: set[str] = set()
    todo = list(unseen)
    while todo:
        fresh = uses[todo.pop()] - held
        held |= fresh
        todo += fresh & uses.keys()
    return frozenset(held)


def order(items: Sequence[Item]) -> dict[Node, set[Node]]:
    """What must be gone before each item: all, in any region, of the kinds that use its kind, and what follows it."""
    return {node(item): {node(other) for other in items if goes_before(other, item)} for item in items}


def goes_before(other: Item, item: Item) -> bool:
    if other.kind is item.kind:
        return other.kind.follows(other.it) and not item.kind.follows(item.it)
    return item.kind.kind in other.kind.uses or (item.kind.last and not other.kind.last)


def node(item: Item) -> Node:
    return item.kind.kind, item.region, item.it.id


def remove(items: Sequence[Item], aws: Aws, stop: Event, emit: Emit = silent) -> tuple[Walk[Node], dict[Node, str]]:
    """Delete the items and wait until each is gone. Also: those that another stack has now, each with that stack."""
    by_node, heirs = {node(item): item for item in items}, dict[Node, str]()

    def one(at: Node) -> None:
        with working_on(by_node[at].it.key):
            if heir := remove_one(by_node[at], aws, stop, emit):
                heirs[at] = heir

    def broke(at: Node, error: Exception) -> None:
        emit(Broke(by_node[at].it.key, problem(error)[0]))

    needs = order(items)
    if items:
        emit(Ahead(tuple(Step(by_node[at].it.key, "gone", "delete", tuple(dict.fromkeys(
            f"{by_node[other].it.key} gone" for other in needed))) for at, needed in needs.items())))
    return walk(needs, one, stop, hopeless=hopeless, broke=broke, stopping=lambda: emit(STOPPING)), heirs


def remove_one(item: Item, aws: Aws, stop: Event, emit: Emit) -> str:
    """Ask again and again until it is gone, or another stack's: then it answers which. Raises Failed, Kept, Stopped,
    ClientError."""
    here, since, text = aws.at(item.region), time.monotonic(), ""
    emit(Began(item.it.key, "delete"))
    it, watch = item.it, Watch()
    for waited in polled(stop, item.kind.patience):
        try:
            gone = item.kind.delete(here, it)
        except Blocked as blocked:
            watch.look(partial(asked, item.kind, here, it), waited)
            gone, text = Gone.LATER, watch.text(str(blocked))
            if why := watch.given_up(item.kind.kind, it.id, waited):
                raise Failed(why) from blocked
        else:
            text = "to be gone"
        if isinstance(gone, HandedOver):
            emit(Note(f"{item.it.key}: {it.id} is handed over to {gone.to}, which uses it too"))
        elif gone is not Gone.NOW:
            again = item.kind.look(here, it)
            if again is not None:
                it = again
                emit(Waits(item.it.key, text, waited))
                continue
        emit(Finished(item.it.key, "delete", time.monotonic() - since))
        return gone.to if isinstance(gone, HandedOver) else ""
    raise Failed(f"after {item.kind.patience / 60:.0f} minutes it is still there: {text}")


def deletion(item: Item) -> Change:
    """As a plan shows it."""
    return Change(item.it.key, "delete", item.it.id, loses=item.kind.holds_data)


def down(kinds: Collection[type[Kind]], regions: Sequence[str], aws: Aws, stop: Event, emit: Emit = silent,
         rounds: int = ROUNDS) -> Removal:
    """Remove everything owned, configured or not; look again until nothing new appears, `rounds` times at the most."""
    result = Removal()
    with suppress(Stopped):  # while it looked
        clear(kinds, regions, aws, stop, emit, rounds, result)
    result.stopped = stop.is_set()
    return result


def clear(kinds: Collection[type[Kind]], regions: Sequence[str], aws: Aws, stop: Event, emit: Emit, rounds: int,
          result: Removal) -> None:
    """The body of down(), whose result is as far as it came. Raises Stopped: in the middle of a look."""
    for _ in range(rounds):
        items = removable(kinds, regions, aws, stop, result)
        if not items:
            break
        walked, heirs = remove(items, aws, stop, emit)
        done = set(walked.done)
        result.removed += [item for item in items if node(item) in done - heirs.keys()]
        result.handed += [(item, heirs[node(item)]) for item in items if node(item) in heirs]
        result.left += [(item, why(walked, node(item))) for item in items if node(item) not in done]
        if walked.failed or walked.stopped:
            result.hopeless = walked.hopeless
            if not (walked.stopped or walked.hopeless):
                result.left += [(item, "it came while the others were removed") for item in
                                appeared(kinds, regions, aws, stop, {node(item) for item in items})]
            break
    else:
        reason = "it was there again after everything was removed" if rounds else "another run has made it just now"
        result.left += [(item, reason) for item in removable(kinds, regions, aws, stop, result)]


def appeared(kinds: Collection[type[Kind]], regions: Sequence[str], aws: Aws, stop: Event,
             known: Collection[Node]) -> list[Item]:
    """What wasn't there at the look before, such as a claim that could not be let go of; where AWS doesn't answer, it
    isn't known."""
    with suppress(ClientError, BotoCoreError):
        return [item for item in unless(stop, inventory, kinds, regions, aws)[0] if node(item) not in known]
    return []


def removable(kinds: Collection[type[Kind]], regions: Sequence[str], aws: Aws, stop: Event,
              result: Removal) -> list[Item]:
    """Look, and take down in `result` what can't be seen and what has to stay for that. The rest may go."""
    found, world = unless(stop, inventory, kinds, regions, aws)
    result.unseen = dict(world.denied)
    held = kept_kinds(kinds, {kind for kind, _ in world.denied})
    result.left = [(item, "something that may not be looked at may use it") for item in found if item.kind.kind in held]
    return [item for item in found if item.kind.kind not in held]


def why(walked: Walk[Node], at: Node) -> str:
    """Why an item is still there."""
    if at in walked.failed:
        return str(walked.failed[at])
    if at in walked.blocked:
        kind, region, name = walked.blocked[at]
        return f"it goes only after {region}/{kind} {name}"
    return STOPPED

