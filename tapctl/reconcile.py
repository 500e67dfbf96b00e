"""Reconciliation: what is, towards what is wanted. `plan` and `up` are the same code; `up` has a writer.

A plan runs every node of the graph in order and only notes. `up` walks the same nodes in parallel with the
plan as its licence: each node is diffed again once what it depends on is real, and a change that the plan
did not imply is refused.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from threading import Event
from typing import Any

from botocore.exceptions import ClientError

from tapctl.engine import GRACE, Walk, walk
from tapctl.events import Ahead, Began, Broke, Change, Emit, Finished, Made, Note, Waits, Wrote
from tapctl.explain import hopeless, problem
from tapctl.model import (
    Aspect,
    Blocked,
    Born,
    Denied,
    Failed,
    Found,
    Phase,
    Ref,
    Refused,
    Resource,
    Unknown,
    refs,
)
from tapctl.model import Aws as AwsProtocol
from tapctl.observe import World, guarded
from tapctl.plans import Node, Plan, Unseen, ahead, differing, in_order
from tapctl.readiness import leaving, ready, stateless
from tapctl.waiting import code, polled
from tapctl.working import working_on

SHOWN = 20.0  # seconds in which AWS comes to show what was made just now
STOPPING = Note(f"stopping: nothing new is begun, and what is asked of AWS now has {GRACE:g} seconds to be answered")
TAKEN = re.compile(r"AlreadyExists|AlreadyOwnedByYou|Duplicate|ResourceExistsException|ResourceInUseException")


def silent(event: object) -> None:
    """The listener of a run that nobody watches."""


def plan(wanted: Mapping[str, Resource], world: World, aws: AwsProtocol, regions: Collection[str]) -> Plan:
    """The difference, aspect by aspect. No call is made; world stays as it is.

    regions: where changes may be made; what else is wanted is only needed to be there.
    """
    run = Run(wanted, replace(world, found=dict(world.found)), aws, regions)
    for key, phase in TopologicalSorter(run.graph()).static_order():
        if key in run.plan.refused:  # what can't exist can't settle
            continue
        try:
            run.node((key, phase))
        except (Refused, Failed) as error:
            run.plan.refused[key] = error
    run.plan.changes = in_order(run.plan.changes, wanted)
    run.plan.omitted = in_order(run.plan.omitted, wanted)
    return run.plan


def apply(plan: Plan, wanted: Mapping[str, Resource], world: World, aws: AwsProtocol, regions: Collection[str],
          stop: Event, emit: Emit = silent) -> tuple[Run, Walk[Node]]:
    """Make it so, and wait until all is ready; world is brought up to date on the way."""
    run = Run(wanted, world, aws, regions, approved=plan, stop=stop, emit=emit)

    def broke(node: Node, error: Exception) -> None:
        emit(Broke(node[0], problem(error)[0]))

    graph = run.graph()
    if steps := ahead(plan, wanted, world, graph):
        emit(Ahead(steps))
    walked = walk(graph, run.node, stop, hopeless=hopeless, broke=broke, stopping=lambda: emit(STOPPING))
    run.plan.omitted, run.plan.unread = in_order(run.plan.omitted, wanted), in_order(run.plan.unread, wanted)
    return run, walked


class Run:
    """One walk over the wanted resources. Without `approved` it only notes; with it, it writes."""

    def __init__(self, wanted: Mapping[str, Resource], world: World, aws: AwsProtocol, regions: Collection[str], *,
                 approved: Plan | None = None, stop: Event | None = None, emit: Emit = silent) -> None:
        self.wanted, self.world, self.aws, self.regions = wanted, world, aws, regions
        self.approved, self.stop, self.emit = approved, stop or Event(), emit
        self.plan = Plan()
        self.born: set[str] = set()
        self.began: dict[str, tuple[str, float]] = {}
        self.watched = {ref.key for r in wanted.values() for ref in refs(r) if ref.until is Phase.READY}

    @property
    def writes(self) -> bool:
        return self.approved is not None

    def works_on(self, resource: Resource) -> bool:
        return {*resource.regions} <= {*self.regions}

    def graph(self) -> dict[Node, set[Node]]:
        """What each node needs. Resources outside the regions worked on are in it only if something needs them."""
        graph: dict[Node, set[Node]] = {}
        for r in self.wanted.values():
            if not self.works_on(r):
                continue
            graph.setdefault((r.key, Phase.EXISTS), set())
            graph.setdefault((r.key, Phase.READY), set()).add((r.key, Phase.EXISTS))
            for ref in refs(r):
                graph.setdefault((r.key, ref.before), set()).add((ref.key, ref.until))
        for key, phase in {node for needs in graph.values() for node in needs} - graph.keys():
            graph.setdefault((key, Phase.EXISTS), set())
            if phase is Phase.READY:
                graph[key, Phase.READY] = {(key, Phase.EXISTS)}
        return graph

    def node(self, node: Node) -> None:
        """Bring one resource to one phase. Raises Refused, Failed, Stopped, ClientError."""
        key, phase = node
        resource = self.wanted[key]
        aws = self.aws.at(resource.place.region)
        with working_on(key):
            if self.omits(resource, phase):
                return
            if not self.works_on(resource):
                self.rely_on(resource, aws, phase)
            elif phase is Phase.EXISTS:
                self.exist(resource, aws)
            else:
                self.settle(resource, aws)

    def omits(self, resource: Resource, phase: Phase) -> bool:
        """Leave out what may not be looked for, for it may be there, and what has to be made and needs such a thing.

        What stands is repaired in all that doesn't need it.
        """
        key, omitted = resource.key, self.plan.omitted
        unseen, it = omitted.get((key, Phase.EXISTS)), self.world.found.get(key)
        if unseen is None and (it is None or key in self.born or leaving(resource, it)):
            denied = self.world.denied.get((resource.kind, resource.place.region))
            unseen = Unseen(key, denied) if denied else next(
                (omitted[ref.key, ref.until] for ref in refs(resource)
                 if ref.before is phase and (ref.key, ref.until) in omitted), None)
        if unseen is not None:
            omitted[key, phase] = unseen
        return unseen is not None

    def rely_on(self, resource: Resource, aws: AwsProtocol, phase: Phase) -> None:
        if resource.key not in self.world.found:
            raise Failed(f"{resource.key} is needed, is not there, and its region is not worked on in this run")
        if phase is Phase.READY and self.writes and not ready(type(resource), self.world.found[resource.key]):
            self.until_ready(resource, aws)

    # ---------------------------------------------------------------- existing
    def exist(self, resource: Resource, aws: AwsProtocol) -> None:
        it = self.world.found.get(resource.key)
        if it is not None and not leaving(resource, it):
            return
        self.note(Change(resource.key, "create"))
        self.born.add(resource.key)
        if not self.writes:
            self.world.found.pop(resource.key, None)
            if back := self.world.returning.get(resource.key):
                self.world.found[resource.key] = back
            return
        if it is not None:
            self.until_gone(resource, aws, it)
            for aspect in resource.aspects:  # what was read of it says nothing of one that another run makes
                self.world.have.pop((resource.key, aspect.name), None)
        self.world.found[resource.key] = made = self.create(resource, aws)
        self.emit(Made(resource.key, made.id))

    def create(self, resource: Resource, aws: AwsProtocol) -> Found:
        text = ""
        for waited in polled(self.stop, resource.patience):
            try:
                return self.created(resource, aws)
            except Blocked as blocked:
                text = str(blocked)
                self.emit(Waits(resource.key, text, waited))
        raise Failed(f"after {resource.patience / 60:.0f} minutes it still waits: {text}")

    def created(self, resource: Resource, aws: AwsProtocol) -> Found:
        try:
            return resource.create(aws, self.out)
        except ClientError as error:
            if not TAKEN.search(code(error)):
                raise
            it = self.made_already(resource, aws)
            if it is None:
                raise Refused(f"its name is taken by something that is not this stack's: {error}") from error
            self.born.discard(resource.key)  # an answer was lost and the call repeated, or another run was faster
            return it

    def made_already(self, resource: Resource, aws: AwsProtocol) -> Found | None:
        """What has its name, if it is the stack's: looked for until AWS shows what was made just now."""
        for _ in polled(self.stop, SHOWN):
            it = next((found for found in type(resource).owned(aws) if found.key == resource.key), None)
            if it is not None:
                return it
        return None

    def out(self, ref: Ref) -> Found:
        """What a want function may know of another resource. Raises Unknown."""
        it = self.world.found.get(ref.key)
        if it is None or (ref.key, ref.until) in self.plan.omitted:
            raise Unknown(ref.key)
        if ref.until is Phase.EXISTS or self.writes or self.settled(ref.key, it):
            return it
        return replace(it, raw=Unsettled(ref.key))

    def settled(self, key: str, it: Found) -> bool:
        """Whether nothing ahead changes what others read of it."""
        inward = {aspect.name for aspect in self.wanted[key].aspects if aspect.inward}
        ahead = {what for changed, what in self.plan.changes if changed == key} - inward
        return not ahead and ready(type(self.wanted[key]), it)

    # ---------------------------------------------------------------- settling
    def settle(self, resource: Resource, aws: AwsProtocol) -> None:
        kind, wrote = type(resource), False
        for phase in Phase:
            if phase is Phase.READY and self.writes:
                if wrote or resource.key in self.born or not ready(kind, self.world.found[resource.key]):
                    self.until_ready(resource, aws)
                wrote = False
            for aspect in resource.aspects:
                if aspect.phase is phase:
                    wrote = self.aspect(resource, aspect, aws) or wrote
        if wrote and self.writes:
            self.until_ready(resource, aws)
        if resource.key in self.began:
            what, since = self.began[resource.key]
            self.emit(Finished(resource.key, what, time.monotonic() - since))

    def aspect(self, resource: Resource, aspect: Aspect[Any, Any], aws: AwsProtocol) -> bool:
        """Diff one aspect, and write it if this run writes. True: it differed."""
        newborn, name = resource.key in self.born, (resource.key, aspect.name)
        if newborn and aspect.born is Born.SET:
            return False
        want = guarded(aspect.want, resource, self.out)
        for needed in Phase if isinstance(want, Unknown) else ():
            if unseen := self.plan.omitted.get((str(want), needed)):
                self.plan.unread[name] = unseen.denied
                return False
        if isinstance(want, Unknown) and self.writes:
            raise Failed(f"{aspect.name}: what it needs of {want} is not known")
        have = self.have(resource, aspect, aws)
        if isinstance(have, Denied):
            self.plan.unread[name] = have
            return False
        if isinstance(have, Unknown):
            if self.writes or aspect.write is None or ready(type(resource), self.world.found[resource.key]):
                return False
            # shown, so that what it turns out to need is implied
            have, want = Unknown(resource.key), Unknown(resource.key)
        if have == want:
            return False
        if not newborn and not isinstance(want, Unknown):
            target = aspect.meet(resource, have, want)
            if target != want:
                self.plan.held.append(Change(*name, target, want))
            if have == target:
                return False
            want = target
        if aspect.write is None and not (newborn and not self.writes):
            what = f"it needs {want}, which isn't there" if isinstance(want, Unknown) else differing(have, want)
            raise Refused(f"{aspect.name}: {what}. It can't be changed in place. {aspect.mend}".strip())
        known = not newborn and not isinstance(want, Unknown)
        self.note(Change(*name, have, want, aspect.loses(have, want) if known else ""))
        if self.writes:
            assert aspect.write is not None
            aspect.write(aws, self.world.found[resource.key], have, want)
            self.world.have[name] = want
            self.emit(Wrote(*name))
        return True

    def have(self, resource: Resource, aspect: Aspect[Any, Any], aws: AwsProtocol) -> Any:
        if resource.key in self.born:
            if not isinstance(aspect.born, Born):
                return aspect.born
            if not self.writes:
                return None
        else:
            known = self.world.have.get((resource.key, aspect.name))
            if (resource.key, aspect.name) in self.world.have and not (isinstance(known, Unknown) and self.writes):
                return known
        return guarded(aspect.read, aws, self.world.found[resource.key])

    def note(self, change: Change) -> None:
        if self.approved is not None and not self.approved.implies(change):
            raise Refused(f"{change.what}: not in the plan that was shown ({differing(change.have, change.want)}); "
                          "something changed meanwhile, plan again")
        self.plan.changes[change.key, change.what] = change
        if self.writes:
            self.begin(change.key, "create" if change.what == "create" else "update")

    def begin(self, key: str, what: str) -> None:
        """Say once that something happens to this resource."""
        if key not in self.began:
            self.began[key] = (what, time.monotonic())
            self.emit(Began(key, what))

    # ---------------------------------------------------------------- waiting
    def until_ready(self, resource: Resource, aws: AwsProtocol) -> None:
        """Look until it is steadily ready, whoever made it, and keep what was seen.

        A kind without states is looked at only for others' sake.
        """
        kind = type(resource)
        if stateless(kind) and resource.key not in self.watched:
            return
        streak, text = 0, ""
        for waited in polled(self.stop, kind.patience):
            it = kind.look(aws, self.world.found[resource.key])
            if it is not None:
                self.world.found[resource.key] = it
            text = "not visible yet" if it is None else kind.state(it) or ""
            streak = 0 if text else streak + 1
            if streak >= kind.steady:
                return
            self.begin(resource.key, "wait")
            self.emit(Waits(resource.key, text or "to stay ready", waited))
        raise Failed(f"after {kind.patience / 60:.0f} minutes it is still {text or 'not steadily ready'}")

    def until_gone(self, resource: Resource, aws: AwsProtocol, it: Found) -> None:
        for waited in polled(self.stop, resource.patience):
            if type(resource).look(aws, it) is None:
                return
            self.emit(Waits(resource.key, "the one before it to be gone", waited))
        raise Failed(f"after {resource.patience / 60:.0f} minutes the one before it is still being deleted")


class Unsettled(Mapping[str, Any]):
    """Stands for `raw` where a plan would still change it: an id is for ever, the rest isn't."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __getitem__(self, name: str) -> Any:
        raise Unknown(self.key)

    def __iter__(self) -> Iterator[str]:
        raise Unknown(self.key)

    def __len__(self) -> int:
        raise Unknown(self.key)


