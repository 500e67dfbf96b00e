"""API calls as people read them, who asked for more words: what changes something, and what is made again."""

from __future__ import annotations

from tapctl.events import Called, Retried


def lines(event: Called | Retried) -> list[str]:
    """One, or none for a call that only reads."""
    where = event.key or event.region
    what = f"{where} {event.service}:{event.operation}"
    if isinstance(event, Retried):
        return [f"{what} again, attempt {event.attempt}: {event.reason}"]
    if not event.changes:
        return []
    named = "".join(f" {name}" for name in event.names.values())
    return [f"{what}{named}: {event.code or 'done'} in {event.seconds:.2f} s"]
