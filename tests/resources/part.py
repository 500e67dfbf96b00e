"""Some kinds of the stack, with what they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.endpoint
import tenacity.nap

from tapctl import observe, reconcile, waiting
from tapctl.emulator.correction import World
from tapctl.emulator.inprocess import emulated
from tapctl.model import Found, Resource, refs
from tapctl.plans import Plan
from tests.conformance.lab import Lab, Up

POLL = 20.0  # seconds of AWS that pass between two looks


@contextmanager
def emulation(scale: float = 0) -> Iterator[World]:
    """An empty AWS in which nobody sleeps: its time passes instead, between two looks and before a call is repeated."""
    with emulated(scale) as world:
        hurried = SimpleNamespace(sleep=world.advance)

        def gap(waited: float) -> float:
            world.advance(POLL)
            return 0.001

        with (patch.object(waiting, "gap", gap), patch.object(reconcile, "SHOWN", 0.01),
              patch.object(tenacity.nap, "time", hurried), patch.object(botocore.endpoint, "time", hurried)):
            yield world


@dataclass
class Part(Lab):
    """kinds: the ones wanted; what they refer to comes along."""

    kinds: tuple[str, ...]

    def wanted(self) -> dict[str, Resource]:
        everything = super().wanted()
        todo = [r for r in everything.values() if r.kind in self.kinds]
        keys: set[str] = set()
        while todo:
            resource = todo.pop()
            if resource.key not in keys:
                keys.add(resource.key)
                todo += [everything[ref.key] for ref in refs(resource)]
        return {key: resource for key, resource in everything.items() if key in keys}

    def plan_of(self, wanted: Mapping[str, Resource], world: observe.World) -> Plan:
        return reconcile.plan(wanted, world, self.cloud, self.regions)

    def made(self) -> Up:
        """`up`, without a failure."""
        up = self.up()
        assert not up.failures, up.failures
        return up

    def at_rest(self) -> None:
        """A second `up` finds nothing to do."""
        again = self.made()
        assert not again.plan.changes
        assert not again.mutating

    def mends(self, *changes: str) -> Up:
        """`up` changes just these, "KEY ASPECT", and then rests."""
        up = self.made()
        assert {f"{key} {what}" for key, what in up.plan.changes} == set(changes)
        self.at_rest()
        return up

    def gone(self) -> None:
        """`down` leaves the account as it was."""
        removal = self.down()
        assert removal.complete, removal.left
        assert self.account() == self.before
        assert not self.world.regrets

    def found(self, key: str) -> Found:
        return self.look()[1].found[key]

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """Somebody else's hands."""
        return self.raw(service, region)

    @contextmanager
    def refusing(self, service: str, operation: str, code: str, message: str = "", times: int = 1,
                 repeat: bool = True) -> Iterator[list[str]]:
        """AWS in the first region refuses the operation, so many times, and then no longer. repeat: of the client.

        Gives the refusals that are left.
        """
        left = [code] * times

        def refuse(**_: Any) -> Any:
            if left:
                return SimpleNamespace(status_code=400), {"Error": {"Code": left.pop(), "Message": message},
                                                          "ResponseMetadata": {}}
            return None

        client = self.wires.connections.client(service, self.regions[0], repeat)
        event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"
        client.meta.events.register_first(event, refuse)
        try:
            yield left
        finally:
            client.meta.events.unregister(event, refuse)
        assert not left, f"{operation} was not called often enough"


NewPart = Callable[..., Part]  # of these kinds, with these settings: the fixture `part`
