"""The commands' bodies: up, plan, status, down, outputs. No terminal in here: they emit events and return data."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from tapctl import index, outputs, stack, teardown
from tapctl.engine import Walk
from tapctl.errors import ConfigurationError, Exit, TapctlError, UsageError
from tapctl.events import Change, Ended, Note, Outputs, Planned, Problem
from tapctl.explain import problem
from tapctl.facts import survey
from tapctl.model import Denied, Failed, Found, Going, Kind, Resource
from tapctl.naming import BUCKET_ROLES, REGION
from tapctl.observe import DENIED, Item, World, guarded, inventory, observe, places
from tapctl.reconcile import Node, Plan, apply, plan
from tapctl.resources import KINDS
from tapctl.resources.database import standing_primaries
from tapctl.resources.role import Role
from tapctl.session import Session
from tapctl.waiting import code

Approve = Callable[[Planned], None]  # raises TapctlError if the plan is not to be carried out


@dataclass(frozen=True)
class View:
    """A stack as wanted and as it is."""

    wanted: Mapping[str, Resource]
    world: World
    plan: Plan
    notes: tuple[str, ...]

    @property
    def planned(self) -> Planned:
        return Planned(
            changes=tuple(self.plan.changes.values()),
            held=tuple(self.plan.held),
            refused={key: str(error) for key, error in self.plan.refused.items()},
            surplus=tuple(map(named, self.world.surplus)),
            unread={f"{key} {aspect}": denied.action for (key, aspect), denied in self.plan.unread.items()}
            | {f"{region}/{kind}": denied.action for (kind, region), denied in self.world.denied.items()},
            notes=self.notes,
        )


def view(session: Session, refresh_image: bool = False) -> View:
    """Look at everything and compare. Only reads.

    Raises ConfigurationError (the standing primary database is in another region than the configuration has it, too)
    and botocore's errors.
    """
    settings = session.settings
    facts = survey(session.aws, settings)
    wanted = stack.build(session.place, facts, settings, refresh_image=refresh_image)
    world = observe(EVERYDAY, settings.regions, session.aws, wanted)
    primaries = standing_primaries(world.found.values())
    if primaries and settings.primary not in primaries:
        raise ConfigurationError(
            f"the primary database stands in {primaries[0]}, and by the configuration it is in {settings.primary}",
            reason=f"regions = {', '.join(settings.regions)}: the first is the primary",
            mend=f"put {primaries[0]} first in regions; after a failover, docs/runbook.md says how to go on")
    return View(wanted, world, plan(wanted, world, session.aws, session.regions), stack.notes(facts, settings))


EVERYDAY: Sequence[type[Kind]] = tuple(kind for kind in KINDS if not kind.sweep)


# ---------------------------------------------------------------- up
def up(session: Session, approve: Approve, prune: bool = False, refresh_image: bool = False) -> Exit:
    """Reconcile, wait until all is serving. `approve` is asked only where there is something to change."""
    began = time.monotonic()
    seen = view(session, refresh_image)
    surplus = prunable(seen.world.surplus) if prune else []
    planned = with_deletions(seen.planned, surplus) if surplus else seen.planned
    session.emit(planned)
    if planned.refused:
        raise TapctlError("nothing was changed, because part of the plan can't be carried out",
                          reason="; ".join(f"{key}: {why}" for key, why in planned.refused.items()),
                          mend="resolve what is named, then run `tapctl up` again")
    if planned.changes:
        approve(planned)
    session.stop.changing = True
    run, walked = apply(seen.plan, seen.wanted, seen.world, session.aws, session.regions, session.stop, session.emit)
    report(session, walked)
    pruned = teardown.remove(surplus, session.aws, session.stop, session.emit)
    keys = {teardown.node(item): item.it.key for item in surplus}
    for at, error in pruned.failed.items():
        session.emit(Problem(keys[at], *problem(error)))
    code = session.stop.exit_code or (Exit.FAILED if walked.failed or pruned.failed else Exit.DONE)
    if code is Exit.DONE:
        session.emit(Outputs(described(session, seen.world.found)["regions"]))
    counts = Counter(what for what, _ in run.began.values()) + Counter(delete=len(pruned.done))
    session.emit(Ended("up", code, time.monotonic() - began, counts))
    return Exit(code)


def prunable(surplus: Sequence[Item]) -> list[Item]:
    """What `--prune` removes: nothing that holds data, and nothing that such a thing uses."""
    keeping = {item.kind.kind for item in surplus if item.kind.holds_data}
    kept = keeping | teardown.kept_kinds(KINDS, keeping)
    return [item for item in surplus if item.kind.kind not in kept]


def with_deletions(planned: Planned, going: Sequence[Item]) -> Planned:
    """The plan that shows these as deleted, each in its region."""
    gone = {named(item) for item in going}
    changes = [*planned.changes, *(Change(item.it.key, "delete", item.it.id) for item in going)]
    regions = list(dict.fromkeys(change.key.partition("/")[0] for change in changes))
    return replace(planned, surplus=tuple(line for line in planned.surplus if line not in gone), changes=tuple(
        sorted(changes, key=lambda change: regions.index(change.key.partition("/")[0]))))


def named(item: Item) -> str:
    return f"{item.it.key} ({item.it.id})"


def report(session: Session, walked: Walk[Node]) -> None:
    """Say what failed, and what was left out because of it."""
    told = set()
    for (key, _), error in walked.failed.items():
        told.add(key)
        session.emit(Problem(key, *problem(error)))
    for (key, _), (cause, _) in walked.blocked.items():
        if key not in told:
            told.add(key)
            session.emit(Problem(key, "", because=cause))


# ---------------------------------------------------------------- status
def status(session: Session) -> list[dict[str, str]]:
    """key, state, id and drift of everything wanted or owned. Works where planning can't, then without drift."""
    try:
        seen = view(session)
    except (ConfigurationError, ClientError) as error:
        if isinstance(error, ClientError) and code(error) not in DENIED:
            raise
        session.emit(Note(f"without drift, because nothing can be planned: {problem(error)[0]}"))
        found, world = inventory(EVERYDAY, session.regions, session.aws)
        return [row(item.kind, item.it, "") for item in found] + [
            {"key": f"{region}/{kind}", "state": unseen(denied), "id": "", "drift": ""}
            for (kind, region), denied in world.denied.items()]
    for line in seen.notes:
        session.emit(Note(line))
    tell_strangers(session, [it.id for it in (*seen.world.found.values(), *(i.it for i in seen.world.surplus))])
    rows = []
    for key, resource in seen.wanted.items():
        if resource.place.region in session.regions:
            denied = seen.world.denied.get((resource.kind, resource.place.region))
            rows.append({"key": key, "state": unseen(denied), "id": "", "drift": ""} if denied else
                        row(type(resource), seen.world.found.get(key), drift(seen.plan, key), key))
    return rows + [row(item.kind, item.it, "no longer wanted") for item in seen.world.surplus]


def row(kind: type[Kind], it: Found | None, drifted: str, key: str = "") -> dict[str, str]:
    return {"key": it.key if it else key, "state": state(kind, it), "id": it.id if it else "", "drift": drifted}


def unseen(denied: Denied) -> str:
    """The state of what may not be looked at: it may well be there."""
    return f"not allowed to look: {denied.action}"


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


# ---------------------------------------------------------------- down
def standing(session: Session) -> list[str]:
    """The regions in which to look: the configured ones, and those that names of this stack elsewhere tell of.

    IAM and S3 answer for all regions at once, and every region of a stack has a role and buckets.
    """
    start = f"{session.place.project}-{session.place.environment}-"
    roles = [role["RoleName"] for page in session.aws.client("iam").get_paginator("list_roles").paginate()
             for role in page["Roles"]]
    buckets = {bucket["Name"] for bucket in session.aws.client("s3").list_buckets()["Buckets"]}
    told = {role.removeprefix(start) for role in roles if role.startswith(start)}
    # a role's name alone can be another environment's: "test" in "eu-us-east-1" is "test-eu" in "us-east-1"
    told = {region for region in told - set(session.settings.regions)
            if re.fullmatch(REGION, region) and any(Role.owned(session.aws.at(region)))}
    ends = {region for name in buckets for region in re.findall(rf"-{session.place.account}-({REGION})(?:-an)?$", name)}
    told |= {region for region in ends
             if buckets & {session.place.at(region).bucket_name(role) for role in BUCKET_ROLES}}
    return [*session.settings.regions, *sorted(told - set(session.settings.regions))]


def find(session: Session, chosen: Iterable[str]) -> tuple[list[str], list[Item]]:
    """The regions looked at, and everything owned there. chosen: only these regions, where any are named.

    Raises UsageError: the stack is not in a chosen region, or what is there waits for one that isn't chosen.
    """
    told = standing(session)
    chosen = set(chosen) or set(told)
    if strange := sorted(chosen - set(told)):
        raise UsageError(f"--region {strange[0]}: there is nothing of this stack",
                         reason=f"it may be in {', '.join(told)}", mend="name one of these, or leave --region out")
    regions = [region for region in told if region in chosen]
    items, world = inventory(KINDS, regions, session.aws)
    for at, replica in abroad(items, regions):
        raise UsageError(f"{at}: it has a replica in {replica}, which this run leaves alone",
                         reason="a database goes only after its replicas",
                         mend=f"remove {replica} first, or leave --region out")
    session.emit(Planned(tuple(Change(item.it.key, "delete", item.it.id) for item in items),
                         unread={f"{r}/{kind}": denied.action for (kind, r), denied in world.denied.items()}))
    return regions, items


def abroad(items: Iterable[Item], regions: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Key of a database, and the region of a replica of it that is not among `regions`."""
    for item in items:
        for replica in item.it.raw.get("ReadReplicaDBInstanceIdentifiers", ()):
            region = replica.split(":")[3] if replica.startswith("arn:") else item.region
            if region not in regions:
                yield item.it.key, region


def down(session: Session, regions: Sequence[str]) -> Exit:
    """Remove everything owned in these regions, look again, and say what is left."""
    began = time.monotonic()
    session.stop.changing = True
    removal = teardown.down(KINDS, regions, session.aws, session.stop, session.emit)
    for item, why in removal.left:
        session.emit(Problem(item.it.key, f"{item.it.id} is left over: {why}"))
    for (name, region), denied in removal.unseen.items():
        session.emit(Problem(f"{region}/{name}", f"not allowed to look: {denied.action}",
                             mend="allow it, and run `tapctl down` again"))
    if not removal.stopped:
        for kind, region in places(KINDS, regions):
            lines = guarded(lambda kind, aws: list(kind.remains(aws)), kind, session.aws.at(region))
            for line in () if isinstance(lines, Denied) else lines:
                session.emit(Note(f"stays: {line}"))
    code = session.stop.exit_code or (Exit.DONE if removal.complete else Exit.LEFT_OVER)
    session.emit(Ended("down", code, time.monotonic() - began, {"delete": len(removal.removed)}))
    return Exit(code)


# ---------------------------------------------------------------- outputs
def collect(session: Session) -> dict[str, Any]:
    """The outputs of what stands."""
    items, _ = inventory(EVERYDAY, session.regions, session.aws)
    return described(session, {item.it.key: item.it for item in reversed(items)})


def described(session: Session, found: Mapping[str, Found]) -> dict[str, Any]:
    return outputs.collect(session.place.stack, session.place.account, session.regions, found)


def stacks(session: Session) -> dict[str, dict[str, int]]:
    """Stack -> region -> number of things that the tags show."""
    return index.stacks(session.aws, session.regions)


def tell_strangers(session: Session, owned: Collection[str]) -> None:
    """Name what claims by its tags to be this stack's and isn't."""
    for region in session.regions:
        found = guarded(lambda aws: list(index.strangers(aws, owned)), session.aws.at(region))
        for arn in () if isinstance(found, Denied) else found:
            session.emit(Note(f"left alone: {arn} carries this stack's tags and is none of its resources "
                              "(or was one, and has just been deleted)"))
