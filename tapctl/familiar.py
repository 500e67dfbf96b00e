"""Whether an environment's name may be a slip for another's. Any lower-case name is an environment: none is refused."""

from __future__ import annotations

from collections.abc import Iterator, Set
from difflib import get_close_matches

from botocore.exceptions import BotoCoreError, ClientError

from tapctl import index
from tapctl.session import Session


def nothing_of(session: Session) -> str:
    """The line about a stack of which nothing stands, and which one may have been meant."""
    return f"nothing of {session.place.stack} stands{doubts(session, {*standing(session)})}"


def unlocked(session: Session) -> str:
    """The line about a stack whose lock nobody has: another's may have been meant, if this one isn't known."""
    name, line = session.place.environment, f"nobody has the lock of {session.place.stack}"
    if name in session.settings.environments or name in (shown := {*standing(session)}):
        return line
    return line + doubts(session, shown)


def doubts(session: Session, shown: Set[str]) -> str:
    """What is said besides of an environment that may be a slip for one that is configured, or shown to stand."""
    name, configured = session.place.environment, session.settings.environments
    near = get_close_matches(name, sorted({*configured, *shown} - {name}), 1)
    return (("" if name in configured else ", and no environment of that name is configured")
            + (f"; did you mean {near[0]}?" if near else ""))


def standing(session: Session) -> Iterator[str]:
    """The project's environments that the index of tags shows in the stack's regions, where it can be asked."""
    for region in session.settings.regions:
        try:
            shown = index.stacks(session.aws.at(region))
        except (ClientError, BotoCoreError):
            continue
        yield from (environment for project, _, environment in (stack.partition("/") for stack in shown)
                    if project == session.place.project)
