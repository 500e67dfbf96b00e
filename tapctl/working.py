"""Which resource a thread works on, so that its calls can be told as that one's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: The resource's logical key; empty outside a walk, as while a run looks at what there is.
KEY: ContextVar[str] = ContextVar("key", default="")


@contextmanager
def working_on(key: str) -> Iterator[None]:
    """In this thread, meanwhile."""
    before = KEY.set(key)
    try:
        yield
    finally:
        KEY.reset(before)
