"""The emulator inside this process, for fast tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.request import normalize_request

from tapctl.emulator import corrections, wire
from tapctl.emulator.clock import Clock
from tapctl.emulator.correction import World, in_world
from tapctl.emulator.dispatch import respond

corrections.load()

_plain = BotocoreStubber.process_request


def _process(self: Any, request: Any) -> Any:
    arrived = normalize_request(request)
    scope = wire.scope_of(arrived.headers.get("Authorization", ""), arrived.values.get("X-Amz-Credential", ""))
    # An unsigned request (a public bucket's object, STS by web identity) is moto's own affair.
    return _plain(self, request) if scope is None else respond(scope, arrived)


@contextmanager
def emulated(scale: float = 0) -> Iterator[World]:
    """An empty corrected AWS for boto3 clients of this process, with dummy credentials while it lasts.

    `world.advance(seconds)` lets time pass at once; `world.regrets` lists what AWS would have taken amiss.
    """
    world = World(Clock(scale))
    with in_world(world), patch.object(BotocoreStubber, "process_request", _process), mock_aws():
        yield world
