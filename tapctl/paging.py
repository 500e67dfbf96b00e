"""Listings that come in pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def pages(client: Any, operation: str, field: str, **parameters: Any) -> Iterator[Any]:
    """Everything that a listing has under `field`, page by page. Raises botocore's errors, when it is run through."""
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page[field]
