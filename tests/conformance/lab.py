"""The product, run in process against the emulator: what `up`, `plan` and `down` do, without command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from threading import Event
from typing import Any
from unittest.mock import patch

import boto3
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.loaders import Loader

from tapctl import facts, observe, reconcile, stack, teardown
from tapctl.aws import Cloud, Connections, light
from tapctl.emulator.correction import ACCOUNT, World
from tapctl.engine import Walk
from tapctl.events import Began
from tapctl.events import Event as Told
from tapctl.facts import Facts
from tapctl.model import Kind, Resource
from tapctl.naming import Place
from tapctl.observe import Item
from tapctl.plans import Node, Plan
from tapctl.resources import KINDS
from tapctl.settings import Settings, load
from tapctl.teardown import Removal
from tests.certificates import imported
from tests.conformance.account import inventory, touched
from tests.conformance.meter import Call, Meter

EVERYDAY: tuple[type[Kind], ...] = tuple(kind for kind in KINDS if not kind.sweep)


@cache
def models() -> Loader:
    """Reads AWS's service models, once for all sessions of a process."""
    return Loader()


@cache
def stamp() -> None:
    """Of a signature, only what it is for is ever read here: requests are stamped with that. Presigned ones are signed
    all the same, for their parameters are read, and those in pieces, which say so only once they are signed."""
    sign = SigV4Auth.add_auth

    def add_auth(its: Any, request: Any) -> None:
        if isinstance(its, SigV4QueryAuth) or "X-Amz-Trailer" in request.headers:
            sign(its, request)
        else:
            scope = f"{its.credentials.access_key}/20000101/{its._region_name}/{its._service_name}/aws4_request"
            request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}"

    patch.object(SigV4Auth, "add_auth", add_auth).start()


def session() -> boto3.Session:
    core = light()
    stamp()
    core.register_component("data_loader", models())
    return boto3.Session(botocore_session=core, aws_access_key_id="x", aws_secret_access_key="x")


class Wires:
    """Clients are dear to make, and any serves every emulated AWS: one set for all tests of a process.

    connections are the product's, with the meter on them; raw are the tests' own, unmetered.
    """

    def __init__(self) -> None:
        metered = session()
        self.meter = Meter(metered)
        self.connections, self._raw = Connections(metered), Connections(session())

    def raw(self, service: str, region: str) -> Any:
        return self._raw.client(service, region)


@dataclass
class Up:
    """What one `up` did."""

    wanted: Mapping[str, Resource]
    plan: Plan
    surplus: Sequence[Item]
    walk: Walk[Node]
    told: list[Told]
    calls: list[Call]

    @property
    def mutating(self) -> list[Call]:
        return [call for call in self.calls if call.mutating]

    @property
    def failures(self) -> dict[str, str]:
        return {f"{key} {phase.value}": f"{type(error).__name__}: {error}"
                for (key, phase), error in self.walk.failed.items()}

    def began(self, what: str) -> set[str]:
        return {told.key for told in self.told if isinstance(told, Began) and told.what == what}


@dataclass
class Lab:
    """One account, one stack."""

    world: World
    wires: Wires
    settings: Settings
    before: frozenset[str] = field(init=False)
    #: Whether the facts are asked for once only: nothing of them changes but by what other stacks do.
    alone: bool = field(init=False, default=True)
    facts: Facts | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.meter = self.wires.meter
        self.meter.reset()
        self.place = Place(self.settings.project, self.settings.require_environment(), self.settings.owner, ACCOUNT,
                           self.settings.primary, "aws")
        self.cloud = Cloud(self.place, self.wires.connections)
        self.before = self.account()

    @property
    def regions(self) -> tuple[str, ...]:
        return self.settings.regions

    def raw(self, service: str, region: str) -> Any:
        return self.wires.raw(service, region)

    def account(self) -> frozenset[str]:
        """Everything that stands in the account, whoever owns it."""
        return inventory(self.raw, self.regions, touched)

    def certify(self) -> None:
        """From now on with HTTPS: by a certificate of somebody's in each region."""
        arns = {region: imported(self.raw("acm", region), days=90) for region in self.regions}
        self.settings = self.settings.model_copy(update={"certificate_arns": arns})
        self.facts, self.before = None, self.account()

    def wanted(self) -> dict[str, Resource]:
        if self.facts is None or not self.alone:
            self.facts = facts.survey(self.cloud, self.settings)
        return stack.build(self.place, self.facts, self.settings)

    def look(self, wanted: dict[str, Resource] | None = None) -> tuple[dict[str, Resource], observe.World, Plan]:
        """What `plan` does. wanted: where it isn't to be asked for anew."""
        wanted = wanted or self.wanted()
        world = observe.observe(EVERYDAY, self.regions, self.cloud, wanted)
        return wanted, world, reconcile.plan(wanted, world, self.cloud, self.regions)

    def up(self, stop: Event | None = None, told: Callable[[Told], object] | None = None) -> Up:
        """What `up --yes` does. The meter's count begins anew. told: hears it all, from any thread."""
        self.meter.calls = []
        wanted, world, plan = self.look()
        assert not plan.refused, f"`up` would not start: {plan.refused}"
        heard: list[Told] = []

        def emit(event: Told) -> None:
            heard.append(event)
            if told:
                told(event)

        _, walk = reconcile.apply(plan, wanted, world, self.cloud, self.regions, stop or Event(), emit)
        return Up(wanted, plan, world.surplus, walk, heard, self.meter.calls)

    def down(self, rounds: int = 3) -> Removal:
        """What `down --yes` does. The meter's count begins anew."""
        self.meter.calls = []
        return teardown.down(KINDS, self.regions, self.cloud, Event(), rounds=rounds)


def settings(*regions: str, environment: str = "production", **more: Any) -> Settings:
    """The defaults, in these regions."""
    return load(None, {}, {"env": environment, "regions": regions, **more})
