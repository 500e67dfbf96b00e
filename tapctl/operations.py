"""The commands' bodies: up, plan, status, outputs. No terminal in here: they emit events and return data."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tapctl import index, lock, outputs, sharing, stack, standing, teardown
from tapctl.engine import N, Walk
from tapctl.errors import ConfigurationError, Exit, TapctlError
from tapctl.events import Change, Ended, Note, Outputs, Planned, Problem
from tapctl.explain import cut_short, failed, hopeless, problem
from tapctl.facts import Facts, survey
from tapctl.familiar import nothing_of
from tapctl.model import Denied, Failed, Found, Going, Kind, Resource, Unknown
from tapctl.observe import DENIED, Item, World, guarded, inventory, observe, refusal
from tapctl.reconcile import Plan, Unseen, apply, plan, ready
from tapctl.reconnect import UNSENT, Away
from tapctl.resources import KINDS
from tapctl.resources.database import standing_primaries
from tapctl.session import Session
from tapctl.standing import Standing
from tapctl.waiting import code

Approve = Callable[["Work"], None]  # raises TapctlError if it is not to be carried out


@dataclass(frozen=True)
class View:
    """A stack as wanted and as it is."""

    facts: Facts
    wanted: Mapping[str, Resource]
    world: World
    plan: Plan
    notes: tuple[str, ...]

    @property
    def making(self) -> list[Resource]:
        """What the plan makes, without what still stands, on its way out: it has its name and its room already."""
        return [self.wanted[key] for key, what in self.plan.changes if what == "create" and key not in self.world.found]

    @property
    def planned(self) -> Planned:
        return Planned(
            changes=tuple(self.plan.changes.values()),
            held=tuple(self.plan.held),
            refused={key: str(error) for key, error in self.plan.refused.items()},
            omitted={key: why(key, unseen) for key, unseen in self.plan.left_out.items()},
            surplus=tuple(map(named, self.world.surplus)),
            unread={f"{key} {aspect}": denied.action for (key, aspect), denied in self.plan.unread.items()},
            notes=(*self.notes, *self.missed()),
        )


    def missed(self) -> Iterator[str]:
        """A line for each look that was denied and for which nothing that is wanted is left out."""
        told = {"/".join(unseen.key.split("/")[:2]) for unseen in self.plan.omitted.values()}
        for (kind, region), denied in self.world.denied.items():
            if f"{region}/{kind}" not in told:
                yield f"{region}/{kind}: what is no longer wanted may be missed: not allowed: {denied.action}"


def view(session: Session, refresh_image: bool = False, known: Standing | None = None,
         facts: Facts | None = None) -> View:
    """Look at everything and compare, in regions that the configuration no longer names too. Only reads.

    known: what is known of these; None: what names alone tell. facts: where they have been asked for already.
    Raises ConfigurationError (the standing primary database is in another region than the configuration has it, too)
    and botocore's errors.
    """
    settings = session.settings
    with ThreadPoolExecutor(1, "beyond") as pool:
        told = pool.submit(lambda: known or standing.beyond(session.aws, settings.regions))
        facts = survey(session.aws, settings) if facts is None else facts
        where = told.result()
    wanted = stack.build(session.place, facts, settings, refresh_image=refresh_image)
    world = observe(EVERYDAY, where.regions, session.aws, wanted)
    primaries = standing_primaries([*world.found.values(), *(item.it for item in world.surplus)])
    if primaries and settings.primary not in primaries:
        away = "" if primaries[0] in settings.regions else (
            f", or remove what is there (`tapctl down --region {primaries[0]}`)")
        raise ConfigurationError(
            f"the primary database stands in {primaries[0]}, and by the configuration it is in {settings.primary}",
            reason=f"regions = {', '.join(settings.regions)}: the first is the primary",
            mend=f"put {primaries[0]} first in regions{away}; after a failover, docs/runbook.md says how to go on")
    unknown = () if settings.require_environment() in settings.environments or stands(world, wanted) else (
        nothing_of(session),)
    notes = (*unknown, *stack.notes(facts, settings, session.regions), *dropped(where, world.surplus), *where.notes())
    return View(facts, wanted, world, plan(wanted, world, session.aws, session.regions), notes)


def standing_view(session: Session) -> View:
    """Of a stack that stands. Raises TapctlError: nothing of it does."""
    seen = view(session)
    if not stands(seen.world, seen.wanted):
        raise TapctlError(nothing_of(session), mend="`tapctl status` lists the stacks that there are")
    return seen


def stands(world: World, wanted: Mapping[str, Resource]) -> bool:
    """Whether anything of the stack's own is there, or may be."""
    return bool(world.surplus or world.denied or any(not wanted[key].shared for key in world.found))


def why(key: str, unseen: Unseen) -> str:
    """Why a plan leaves a resource out."""
    if key != unseen.key:
        return f"it needs {unseen.key}"
    return f"not allowed to look for it ({unseen.denied.action}), so it is neither made nor changed"


def dropped(where: Standing, surplus: Sequence[Item]) -> Iterator[str]:
    """A line for each region where something stands and that is no longer configured."""
    for region, n in Counter(item.region for item in surplus if item.region in where.elsewhere).items():
        yield (f"{region} is not among regions, and {n} things of this stack stand there: `tapctl up --prune` removes "
               f"what holds no data and isn't used by what does, `tapctl down --region {region}` removes all of it")


EVERYDAY: Sequence[type[Kind]] = tuple(kind for kind in KINDS if not kind.sweep)


# ---------------------------------------------------------------- up
def up(session: Session, approve: Approve, prune: bool = False, refresh_image: bool = False,
       patience: float = 0.0) -> Exit:
    """Reconcile, wait until all is serving. `approve` is asked only where there is something to change.

    What changes something has the stack's lock, and plans again once it has it: another run may have changed the
    stack since. patience: seconds to wait for a run that has it.
    """
    began, consider = time.monotonic(), partial(considered, session, prune, refresh_image)
    work = feasible(session, consider(), consider)
    if work.planned.changes:
        approve(work)
    if not (work.planned.changes or work.planned.held):
        return carried_out(session, work, began)
    with lock.held(session, patience):
        again = consider(work)
        if again.planned.changes and again.changes != work.changes:
            again = feasible(session, again, consider)
            approve(again)
        return carried_out(session, again, began)


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


def carried_out(session: Session, work: Work, began: float) -> Exit:
    """began: when the run did, by the monotonic clock."""
    seen, surplus = work.seen, work.surplus
    session.stop.changing = True
    run, walked = apply(seen.plan, seen.wanted, seen.world, session.aws, session.regions, session.stop, session.emit)
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
        session.emit(Note(f"nobody has the lock of {session.place.stack}"))
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


def named(item: Item) -> str:
    return f"{item.it.key} ({item.it.id})"


def report(session: Session, walked: Walk[N], key: Callable[[N], str]) -> None:
    """Say what failed, and what was not done because of it; not of a hopeless failure, which is the whole run's."""
    gone = isinstance(walked.hopeless, Away)  # which a call that had waited for long already has met by another name
    failures = {key(node): (node, error) for node, error in walked.failed.items()
                if not (hopeless(error) or (gone and isinstance(error, UNSENT)))}
    for name, (cause, error) in failures.items():
        blocked = dict.fromkeys(key(node) for node, by in walked.blocked.items() if by == cause)
        session.emit(failed(name, error, [other for other in blocked if other not in failures]))


# ---------------------------------------------------------------- status
def status(session: Session) -> list[dict[str, str]]:
    """key, state, id and drift of everything wanted or owned. Works where planning can't, then without drift.

    In all regions; only in those of `--region`, where any are given.
    """
    configured = session.settings.regions
    where = Standing(configured) if session.limited else standing.everywhere(session.aws, configured)
    try:
        seen = view(session, known=where)
    except (ConfigurationError, ClientError) as error:
        if isinstance(error, ClientError) and code(error) not in DENIED:
            raise
        for line in (f"without drift, because nothing can be planned: {problem(error)[0]}", *where.notes()):
            session.emit(Note(line))
        found, world = inventory(EVERYDAY, [*session.regions, *where.elsewhere], session.aws)
        return [row(item.kind, item.it, "") for item in found] + [
            unseen(f"{region}/{kind}", denied) for (kind, region), denied in world.denied.items()]
    for line in seen.notes:
        session.emit(Note(line))
    tell_strangers(session, [*session.regions, *where.elsewhere],
                   [it.id for it in (*seen.world.found.values(), *(i.it for i in seen.world.surplus))])
    rows = []
    for key, resource in seen.wanted.items():
        if resource.place.region in session.regions:
            denied = seen.world.denied.get((resource.kind, resource.place.region))
            rows.append(unseen(key, denied) if denied else
                        row(type(resource), seen.world.found.get(key), drift(seen.plan, key), key))
    rows += [unseen(f"{region}/{kind}", denied)
             for (kind, region), denied in seen.world.denied.items() if region in where.elsewhere]
    return rows + [row(item.kind, item.it, "no longer wanted") for item in seen.world.surplus]


def row(kind: type[Kind], it: Found | None, drifted: str, key: str = "") -> dict[str, str]:
    return {"key": it.key if it else key, "state": state(kind, it), "id": it.id if it else "", "drift": drifted,
            "serves": "yes" if it and ready(kind, it) else "no"}


def unseen(key: str, denied: Denied) -> dict[str, str]:
    """The row of what may not be looked at: it may well be there."""
    return {"key": key, "state": f"not allowed to look: {denied.action}", "id": "", "drift": "", "serves": "unknown"}


def state(kind: type[Kind], it: Found | None) -> str:
    if it is None:
        return "missing"
    try:
        return kind.state(it) or word(kind, it)
    except Going:
        return "being deleted"
    except Failed as failed:
        return str(failed)


def word(kind: type[Kind], it: Found) -> str:
    """What AWS calls the state of something that serves; "ready" where it has no word for that."""
    said: Any = it.raw
    for name in kind.says:
        said = said[name]
    return str(said) if kind.says else "ready"


def drift(planned: Plan, key: str) -> str:
    """The aspects that differ; nothing for what is missing as a whole."""
    if (key, "create") in planned.changes:
        return ""
    differing = [what for changed, what in planned.changes if changed == key]
    unread = [f"{what} (not allowed to read)" for unseen, what in planned.unread if unseen == key]
    return ", ".join(differing + unread + ([str(planned.refused[key])] if key in planned.refused else []))


# ---------------------------------------------------------------- outputs
def collect(session: Session) -> dict[str, Any]:
    """The outputs of what stands."""
    items = looked_for(session)
    return described(session, {item.it.key: item.it for item in reversed(items)})


def looked_for(session: Session) -> list[Item]:
    """Everything owned in these regions; where nothing of the stack stands, it is said."""
    items, world = inventory(EVERYDAY, session.regions, session.aws)
    if not (items or world.denied or session.limited):
        session.emit(Note(nothing_of(session)))
    return items


def described(session: Session, found: Mapping[str, Found]) -> dict[str, Any]:
    return outputs.collect(session.place.stack, session.place.account, session.regions, found)


def stacks(session: Session) -> dict[str, dict[str, int]]:
    """Stack -> region -> number of things that the tags show, in all regions; only in those of `--region`, if any."""
    enabled = guarded(standing.enabled_regions, session.aws) if not session.limited else frozenset()
    if isinstance(enabled, Denied):
        session.emit(Note(f"only in {', '.join(session.regions)}: not allowed: {enabled.action}"))
        enabled = frozenset()
    regions = [*session.regions, *sorted(enabled - {*session.regions})]

    def shown(region: str) -> Counter[str] | str:
        try:
            return index.stacks(session.aws.at(region))
        except (ClientError, BotoCoreError) as error:
            if region in session.regions:
                raise
            return refusal(error)

    found: dict[str, dict[str, int]] = {}
    with ThreadPoolExecutor(standing.WORKERS, "stacks") as pool:
        for region, its in zip(regions, pool.map(shown, regions), strict=True):
            if isinstance(its, str):
                session.emit(Note(f"{region}: not looked at: {its}"))
            else:
                for stack, n in its.items():
                    found.setdefault(stack, {})[region] = n
    return dict(sorted(found.items()))


def tell_strangers(session: Session, regions: Sequence[str], owned: Collection[str]) -> None:
    """Name what claims by its tags to be this stack's and isn't."""
    for region in regions:
        found = guarded(lambda aws: list(index.strangers(aws, owned)), session.aws.at(region))
        for arn in () if isinstance(found, Denied) else found:
            session.emit(Note(f"left alone: {arn} carries this stack's tags and is none of its resources "
                              "(or was one, and has just been deleted)"))
