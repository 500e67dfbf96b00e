"""What stands: its state, its drift, its outputs; and which stacks there are. Only looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tapctl import index, outputs, standing
from tapctl.errors import ConfigurationError
from tapctl.events import Note
from tapctl.explain import problem
from tapctl.familiar import nothing_of
from tapctl.model import Denied, Failed, Found, Going, Kind
from tapctl.observe import DENIED, Item, guarded, inventory, refusal
from tapctl.plans import Plan
from tapctl.readiness import ready
from tapctl.reading import Reads
from tapctl.session import Session
from tapctl.standing import Standing
from tapctl.view import EVERYDAY, stands, view
from tapctl.waiting import code


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
    for line in dict.fromkeys((*(() if stands(seen.world, seen.wanted) else (nothing_of(session),)), *seen.notes)):
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
    with Reads(standing.WORKERS) as pool:
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
