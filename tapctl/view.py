"""A stack as it is wanted and as it is, side by side. Only looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tapctl import stack, standing
from tapctl.errors import ConfigurationError, TapctlError
from tapctl.events import Planned
from tapctl.facts import Facts, survey
from tapctl.familiar import nothing_of
from tapctl.model import Kind, Resource
from tapctl.observe import Item, World, observe
from tapctl.plans import Plan, Unseen
from tapctl.reading import Reads
from tapctl.reconcile import plan
from tapctl.resources import KINDS
from tapctl.resources.database import standing_primaries
from tapctl.session import Session
from tapctl.standing import Standing

EVERYDAY: Sequence[type[Kind]] = tuple(kind for kind in KINDS if not kind.sweep)


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
    with Reads(1) as pool:
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


def named(item: Item) -> str:
    return f"{item.it.key} ({item.it.id})"
