"""What a resource's state means for a run."""

from __future__ import annotations

from tapctl.model import Failed, Found, Going, Kind, Resource


def stateless(kind: type[Kind]) -> bool:
    """Whether the kind is ready from birth."""
    return kind.state.__func__ is Kind.state.__func__  # type: ignore[attr-defined]


def ready(kind: type[Kind], it: Found) -> bool:
    try:
        return kind.state(it) is None
    except (Failed, Going):
        return False


def leaving(resource: Resource, it: Found) -> bool:
    try:
        type(resource).state(it)
    except Going:
        return True
    except Failed:
        pass
    return False
