"""API calls as people read them."""

from __future__ import annotations

import re

from tapctl.events import Called, Retried

ABSENT = re.compile(r"NotFound|NoSuch|NotExist|HTTP 404|^404$")  # how AWS says that there is no such thing


def lines(event: Called | Retried) -> list[str]:
    """As a run tells them to who asked for more words: what changes something, and what is made again."""
    if isinstance(event, Retried):
        return [retried(event)]
    return [called(event)] if event.changes else []


def fails(code: str, changes: bool) -> bool:
    """Whether a call's code tells of a failure: to one that only looks, that there is nothing is an answer."""
    return bool(code) and (changes or not ABSENT.search(code))


def called(event: Called) -> str:
    """The last thing is what AWS's support and CloudTrail know it by."""
    named = "".join(f" {name}" for name in event.names.values())
    request = f" (request {event.request})" if event.code and event.request else ""
    return f"{what(event)}{named}: {event.code or 'done'} in {event.seconds:.2f} s{request}"


def retried(event: Retried) -> str:
    return f"{what(event)} again, attempt {event.attempt}: {event.reason}"


def what(event: Called | Retried) -> str:
    return f"{event.key or event.region} {event.service}:{event.operation}"
