"""Whether an environment's name may be a slip for another's. Any lower-case name is an environment: none is refused."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from botocore.exceptions import BotoCoreError, ClientError

from tapctl import index
from tapctl.session import Session


def nothing_of(session: Session) -> str:
    """The line about a stack of which nothing stands, and which one may have been meant."""
    name, configured = session.place.environment, session.settings.environments
    near = get_close_matches(name, sorted({*configured, *standing(session)} - {name}), 1)
    return (f"nothing of {session.place.stack} stands"
            + ("" if name in configured else ", and no environment of that name is configured")
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
