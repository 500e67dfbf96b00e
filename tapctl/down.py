"""The body of `down`: find everything of the stack, remove it, look again, and say what is left."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tapctl import attestation, lock, sharing, standing, teardown
from tapctl.attestation import now
from tapctl.engine import Stopped
from tapctl.errors import Exit, UsageError
from tapctl.events import Ended, Note, Planned, Problem
from tapctl.explain import cut_short, problem
from tapctl.familiar import nothing_of
from tapctl.model import Denied, Remnant
from tapctl.observe import Item, guarded, places
from tapctl.reading import unless
from tapctl.resources import KINDS
from tapctl.session import Session
from tapctl.standing import DISABLED, Standing
from tapctl.teardown import STOPPED, Removal
from tapctl.waiting import wait
from tapctl.witness import Sought, certified, seek

QUIET = 60  # seconds until what AWS shows late should show


# ---------------------------------------------------------------- finding
def find(session: Session, chosen: Iterable[str] = ()) -> Sought:
    """Everything that is owned. chosen: only in these regions, where any are named.

    Raises UsageError: the stack is not in a chosen region, or what is there waits for one that isn't chosen.
    """
    begun, named = now(), set(chosen)
    where = standing.everywhere(session.aws, session.settings.regions)
    for line in where.notes():
        session.emit(Note(line))
    sought = seek(session.aws, where, regions_of(where, named), begun)
    for at, replica in abroad(sought.items, sought.regions) if named else ():  # else it is somebody's
        raise UsageError(f"{at}: it has a replica in {replica}, which this run leaves alone",
                         reason="a database goes only after its replicas",
                         mend=f"remove {replica} first, or leave --region out")
    if not (sought.items or sought.denied or named):
        session.emit(Note(nothing_of(session)))
    sought = replace(sought, shared=sharing.notes(session.aws, sought.items))
    for line in sought.shared.values():
        session.emit(Note(line))
    session.emit(Planned(tuple(map(teardown.deletion, sought.items)),
                         unread={f"{r}/{kind}": denied.action for (kind, r), denied in sought.denied.items()}))
    return sought


def regions_of(where: Standing, chosen: set[str]) -> list[str]:
    """Where to look in full. A region that is chosen is looked at too where the index could not be asked.

    Raises UsageError: there is nothing to be looked at in one that is chosen.
    """
    if not chosen:
        return where.regions
    regions = dict.fromkeys((*where.regions, *(clue.region for clue in where.clues if clue.unseen)))
    for strange in sorted(chosen - regions.keys()):
        if strange in {clue.region for clue in where.hidden}:
            raise UsageError(f"--region {strange}: {DISABLED}", mend="enable it, or leave --region out")
        raise UsageError(f"--region {strange}: there is nothing of this stack",
                         reason=f"it may be in {', '.join(where.regions)}",
                         mend="name one of these, or leave --region out")
    return [region for region in regions if region in chosen]


def abroad(items: Iterable[Item], regions: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Key of a database, and the region of a replica of it that is not among `regions`."""
    for item in items:
        for replica in item.it.raw.get("ReadReplicaDBInstanceIdentifiers", ()):
            region = replica.split(":")[3] if replica.startswith("arn:") else item.region
            if region not in regions:
                yield item.it.key, region


# ---------------------------------------------------------------- removing
def down(session: Session, first: Sought, file: Path | None = None, quiet: float = QUIET,
         patience: float = 0.0) -> Exit:
    """Remove everything owned in these regions, look again, and say what is left.

    What removes something has the stack's lock. file: where the certificate goes; for one, everything is looked for
    once more after `quiet` seconds; patience: seconds to wait for a run that has the lock.
    """
    began, failed, second = time.monotonic(), "", None
    some = bool(first.items) or lock.is_there(session)  # of a run that was killed, before AWS lists what it made
    with lock.held(session, patience) if some else nullcontext():
        session.stop.changing = True
        removal = teardown.down(KINDS, first.regions, session.aws, session.stop, session.emit,
                                rounds=teardown.ROUNDS if some else 0)
    if removal.hopeless:
        raise cut_short(removal.hopeless)
    removal.left += [(item, STOPPED) for item in removal.untouched(first.items) if removal.stopped]
    tell(session, first, removal)
    kept = [] if removal.stopped else list(remnants(session, first))
    for _, remnant in kept:
        session.emit(Note(f"stays: {remnant}"))
    if file:
        try:
            second = look_again(session, first, quiet)
        except Stopped:
            pass
        except (ClientError, BotoCoreError) as error:
            failed, mend = problem(error)
            session.emit(Problem("the second look", failed, mend))
        for item in second.items if second else ():
            session.emit(Problem(item.it.key, f"{item.it.id} was there at the second look"))
        written = certified(session, first, removal, kept, second, failed, quiet)
        attestation.write(file, written)
        session.emit(Note(f"{file}: " + ("nothing is left" if written.clean else "; ".join(written.reasons))))
    clean = removal.complete and not hidden(first) and not (second and (second.items or second.denied))
    code = session.stop.exit_code or (Exit.FAILED if failed else Exit.DONE if clean else Exit.LEFT_OVER)
    session.emit(Ended("down", code, time.monotonic() - began, {"delete": len(removal.removed)}))
    return Exit(code)


def hidden(sought: Sought) -> list[str]:
    """Regions that this run was to look at, where something may stand and nothing can be asked."""
    return [] if sought.omitted else [clue.region for clue in sought.where.hidden]


def tell(session: Session, sought: Sought, removal: Removal) -> None:
    """Name what is left, what could not be seen, and what others may miss."""
    for item, why in removal.left:
        session.emit(Problem(item.it.key, f"{item.it.id} is left over: {why}"))
    for (name, region), denied in removal.unseen.items():
        session.emit(Problem(f"{region}/{name}", f"not allowed to look: {denied.action}",
                             mend="allow it, and run `tapctl down` again"))
    for region in hidden(sought):
        session.emit(Problem(region, f"not looked at: {DISABLED}, and something may stand there",
                             mend="enable it, and run `tapctl down` again"))
    for item in removal.removed:
        if item.it.id in sought.shared:
            session.emit(Note(sought.shared[item.it.id]))


def remnants(session: Session, sought: Sought) -> Iterator[tuple[str, Remnant]]:
    """What AWS keeps, each with its region: also the keys that were seen in passing. Says what it may not look for."""
    for kind, region in places(KINDS, sought.regions):
        kept = guarded(lambda kind, aws: list(kind.remains(aws)), kind, session.aws.at(region))
        if isinstance(kept, Denied):
            session.emit(Note(f"{region}/{kind.kind}: what stays of it was not looked for: not allowed: {kept.action}"))
        else:
            yield from ((region, remnant) for remnant in kept)
    yield from ((clue.region, key) for clue in sought.where.clues if clue.region not in sought.regions
                for key in clue.kept)


def look_again(session: Session, first: Sought, quiet: float) -> Sought:
    """Everything once more, after so many seconds. Raises Stopped."""
    if quiet and not session.stop.is_set():
        session.emit(Note(f"looks again after {quiet:g} seconds"))
        wait(session.stop, quiet)
    return unless(session.stop, look_everywhere, session, first)


def look_everywhere(session: Session, first: Sought) -> Sought:
    """Where it was looked before, and wherever the stack is told of now."""
    begun = now()
    where = standing.everywhere(session.aws, session.settings.regions)
    more = [] if first.omitted else [region for region in where.elsewhere if region not in first.regions]
    return seek(session.aws, where, [*first.regions, *more], begun)
