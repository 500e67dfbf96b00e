"""`up`, from the plan on, and `unlock`. No terminal in here: they emit events and return data."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tapctl import lock, sharing, teardown
from tapctl.engine import N, Walk
from tapctl.errors import ConfigurationError, Exit, TapctlError
from tapctl.events import Change, Ended, Note, Outputs, Planned, Problem
from tapctl.explain import cut_short, failed, hopeless
from tapctl.facts import Facts
from tapctl.familiar import unlocked
from tapctl.model import Overtaken, Unknown
from tapctl.observe import Item, World
from tapctl.plans import Node, Plan
from tapctl.reconcile import Run, apply
from tapctl.reconnect import UNSENT, Away
from tapctl.resources import KINDS
from tapctl.session import Session
from tapctl.status import described
from tapctl.view import View, named, view, why

Approve = Callable[["Work"], None]  # raises TapctlError if it is not to be carried out


def up(session: Session, approve: Approve, prune: bool = False, refresh_image: bool = False,
       patience: float = 0.0, once: bool = False) -> Exit:
    """Reconcile, wait until all is serving. `approve` is asked only where there is something to change.

    What changes something has the stack's lock, and plans again once it has it: another run may have changed the
    stack since. patience: seconds to wait for a run that has it. It plans a third time, unless once is true, where
    another stack has overtaken it on the way.
    """
    began, consider = time.monotonic(), partial(considered, session, prune, refresh_image)

    def agreed() -> Work:
        work = feasible(session, consider(), consider)
        if work.planned.changes:
            approve(work)
        return work

    work = agreed()
    if not (work.planned.changes or work.planned.held):
        return carried_out(session, work, began)
    with lock.held(session, patience):
        again = consider(work)
        if again.planned.changes and again.changes != work.changes:
            again = feasible(session, again, consider)
            approve(again)
        return carried_out(session, again, began, None if once else agreed)


@dataclass(frozen=True)
class Work:
    """What an `up` will do. surplus: what it removes."""

    seen: View
    planned: Planned
    surplus: Sequence[Item]

    @property
    def changes(self) -> list[Change]:
        """To be compared: a value that isn't known yet is equal to itself only."""
        return [replace(change, have=comparable(change.have), want=comparable(change.want))
                for change in self.planned.changes]


def comparable(value: Any) -> Any:
    return str(value) if isinstance(value, Unknown) else value


def foreseen(session: Session, prune: bool, refresh_image: bool, facts: Facts | None = None) -> Work:
    """Look, and compare. Only reads. facts, and what it raises: as in view()."""
    seen = view(session, refresh_image, facts=facts)
    surplus = prunable(seen.world) if prune else []
    planned = with_deletions(seen.planned, surplus) if surplus else seen.planned
    return Work(seen, replace(planned, notes=(*planned.notes, *sharing.notes(session.aws, surplus).values(),
                                              *sharing.left(session.aws, surplus))), surplus)


def considered(session: Session, prune: bool, refresh_image: bool, before: Work | None = None) -> Work:
    """Plan, and tell the plan, unless it is the one that was told before. Raises TapctlError: part of it is refused."""
    work = foreseen(session, prune, refresh_image, before.seen.facts if before else None)
    if before is None or work.changes != before.changes:
        session.emit(work.planned)
    if work.planned.refused:
        raise TapctlError("nothing was changed, because part of the plan can't be carried out",
                          reason="; ".join(f"{key}: {why}" for key, why in work.planned.refused.items()),
                          mend="resolve what is named, then run `tapctl up` again")
    return work


def feasible(session: Session, work: Work, consider: Callable[[Work], Work]) -> Work:
    """What can succeed. Raises ConfigurationError: it can't.

    What stands in the way may be what another run has made since it was looked: so it is looked once more.
    """
    if not work.seen.making:
        return work
    from tapctl.doctor import before  # which a run that makes nothing does without

    try:
        before.preflight(session, work.seen.making, work.seen.facts)
    except ConfigurationError:
        again = consider(work)
        if again.changes == work.changes:
            raise
        return again
    return work


def carried_out(session: Session, work: Work, began: float, anew: Callable[[], Work] | None = None) -> Exit:
    """began: when the run did, by the monotonic clock. anew: another plan, for what another stack has overtaken."""
    run, walked = applied(session, work)
    if anew and (late := overtaken(walked)):
        session.emit(Note(f"planned again, since another stack was faster: {', '.join(late)}"))
        session.stop.changing = False
        work, before = anew(), {key: what for key, what in run.began.items() if key not in late}
        run, walked = applied(session, work)
        run.began = before | run.began
    seen, surplus = work.seen, work.surplus
    report(session, walked, lambda node: node[0])
    pruned, _ = teardown.remove([] if walked.hopeless else surplus, session.aws, session.stop, session.emit)
    report(session, pruned, {teardown.node(item): item.it.key for item in surplus}.__getitem__)
    if error := walked.hopeless or pruned.hopeless:
        raise cut_short(error)
    unseen = list(not_seen(run.plan))
    for omitted in unseen:
        session.emit(omitted)
    code = session.stop.exit_code or (Exit.FAILED if walked.failed or pruned.failed or unseen else Exit.DONE)
    if code is Exit.DONE:
        session.emit(Outputs(described(session, seen.world.found)["regions"], session.settings.bucket_region))
    counts = Counter(what for what, _ in run.began.values()) + Counter(delete=len(pruned.done))
    session.emit(Ended("up", code, time.monotonic() - began, counts))
    return Exit(code)


def applied(session: Session, work: Work) -> tuple[Run, Walk[Node]]:
    seen = work.seen
    session.stop.changing = session.stop.changed = True
    return apply(seen.plan, seen.wanted, seen.world, session.aws, session.regions, session.stop, session.emit)


def overtaken(walked: Walk[Node]) -> list[str]:
    """The keys of what another plan would find a way for; none where nothing more is to be begun."""
    return [] if walked.stopped or walked.hopeless else sorted(
        {key for (key, _), error in walked.failed.items() if isinstance(error, Overtaken)})


def not_seen(ran: Plan) -> Iterator[Problem]:
    """What was left out because it, or what it needs, may not be looked at."""
    mend = "allow it, and run `tapctl up` again"
    for key, unseen in ran.left_out.items():
        if key == unseen.key:
            needing = (other for other, its in ran.left_out.items() if its.key == key and other != key)
            yield Problem(key, why(key, unseen), mend, blocks=tuple(needing))
    for (key, aspect), denied in ran.unread.items():
        yield Problem(key, f"{aspect}: it can't be compared without {denied.action}, and is left as it is", mend)


def unlock(session: Session, agreed: Callable[[str], None]) -> None:
    """Evict whoever has the stack's lock. agreed: hears who that is, and raises TapctlError if it isn't to be done."""
    its = lock.Lock(session)
    standing, _ = its.look()
    if not standing:
        session.emit(Note(unlocked(session)))
        return
    agreed(str(standing[-1]))
    for _ in range(3):  # its holder may just be renewing it
        if its.take(over=True) is None:
            its.let_go()
            session.emit(Note(f"evicted: {standing[-1]}"))
            return
    raise TapctlError(f"the lock of {session.place.stack} could not be taken", reason="others try to take it too",
                      mend="run `tapctl unlock` again")


def prunable(world: World) -> list[Item]:
    """What `--prune` removes: nothing that holds data, and nothing that such a thing uses, or one that isn't seen."""
    keeping = {item.kind.kind for item in world.surplus if item.kind.holds_data}
    kept = keeping | teardown.kept_kinds(KINDS, keeping | {kind for kind, _ in world.denied})
    return [item for item in world.surplus if item.kind.kind not in kept]


def with_deletions(planned: Planned, going: Sequence[Item]) -> Planned:
    """The plan that shows these as deleted, each in its region."""
    gone = {named(item) for item in going}
    changes = [*planned.changes, *map(teardown.deletion, going)]
    regions = list(dict.fromkeys(change.key.partition("/")[0] for change in changes))
    return replace(planned, surplus=tuple(line for line in planned.surplus if line not in gone), changes=tuple(
        sorted(changes, key=lambda change: regions.index(change.key.partition("/")[0]))))


def report(session: Session, walked: Walk[N], key: Callable[[N], str]) -> None:
    """Say what failed, and what was not done because of it; not of a hopeless failure, which is the whole run's."""
    gone = isinstance(walked.hopeless, Away)  # which a call that had waited for long already has met by another name
    failures = {key(node): (node, error) for node, error in walked.failed.items()
                if not (hopeless(error) or (gone and isinstance(error, UNSENT)))}
    for name, (cause, error) in failures.items():
        blocked = dict.fromkeys(key(node) for node, by in walked.blocked.items() if by == cause)
        session.emit(failed(name, error, [other for other in blocked if other not in failures]))
