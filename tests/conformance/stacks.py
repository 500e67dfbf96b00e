"""One of several stacks in an account, whose configuration changes from run to run; each run is the command's own body.

What must hold of it is said here once: after an `up`, exactly one stack stands and another `up` changes nothing; after
a `down`, another one finds nothing to do.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from tapctl import operations
from tapctl.aws import Cloud
from tapctl.down import down, find
from tapctl.emulator.correction import ACCOUNT
from tapctl.errors import Exit
from tapctl.events import Emit, Event, Problem
from tapctl.model import Found
from tapctl.naming import Place
from tapctl.observe import inventory
from tapctl.readiness import ready
from tapctl.reconcile import silent
from tapctl.resources.kms_key import StrayKey
from tapctl.session import Session, Stop
from tapctl.settings import Settings
from tapctl.view import view
from tests.conformance.lab import EVERYDAY, Lab, settings
from tests.conformance.labs import EAST, WEST

THIRD = "eu-west-1"
EVERYWHERE = (EAST, WEST, THIRD)


class Stack:
    """One environment, as its config.toml is at the moment."""

    def __init__(self, lab: Lab, environment: str) -> None:
        self.lab, self.environment = lab, environment
        self.regions: tuple[str, ...] = (EAST, WEST)
        self.chosen: dict[str, Any] = {}

    @property
    def settings(self) -> Settings:
        vpcs = {region: vpc for region, vpc in self.lab.settings.network.vpc_id.items() if region in self.regions}
        return settings(*self.regions, environment=self.environment, **{"network.vpc_id": vpcs, **self.chosen})

    def session(self, command: str, told: Emit = silent) -> Session:
        made = self.settings
        place = Place(made.project, self.environment, made.owner, ACCOUNT, made.primary, "aws")
        return Session(made, Cloud(place, self.lab.wires.connections), made.regions, told, Stop(),
                       run=secrets.token_hex(6), command=command, who=f"arn:aws:iam::{ACCOUNT}:user/me")

    # ------------------------------------------------------------ what there is
    def found(self) -> list[tuple[str, Found]]:
        """(region, thing) of all that is this stack's, wherever it stands."""
        items, _ = inventory(EVERYDAY, EVERYWHERE, self.session("status").aws)
        return sorted(((item.region, item.it) for item in items), key=lambda one: (one[1].key, one[1].id))

    def refusals(self) -> list[str]:
        """Why `up` must not start: what stands and can't be changed in place, and a database whose primary is gone, and
        that is all that there is of the data."""
        wanted, place = self.settings, self.session("status").place
        port, major = wanted.app.port, wanted.database.major_version
        sort = wanted.table.sort_key.name if wanted.table.sort_key else ""
        whys, found = [], self.found()
        standing = {it.id for _, it in found}
        for region, it in found:
            source = it.raw.get("ReadReplicaSourceDBInstanceIdentifier")
            match it.key.split("/")[1]:
                case "database" if region != place.region and not source:
                    whys.append(f"{it.key} is a primary")
                case "database" if region in self.regions and source and source not in standing:
                    whys.append(f"{it.key} follows one that is gone")
                case "database" if region in self.regions and it.raw["EngineVersion"].split(".")[0] != str(major):
                    whys.append(f"{it.key} is of version {it.raw['EngineVersion']}")
                case "target_group" if region in self.regions and it.raw["Port"] != port:
                    whys.append(f"{it.key} has port {it.raw['Port']}")
                case "table" if region in self.regions and sort != "".join(
                        key["AttributeName"] for key in it.raw["KeySchema"] if key["KeyType"] == "RANGE"):
                    whys.append(f"{it.key} has another key")
        return whys

    # ------------------------------------------------------------ commands
    def up(self, prune: bool = False) -> None:
        """Raises TapctlError: part of the plan is refused."""
        self.run("up", lambda session: operations.up(session, lambda planned: None, prune=prune))

    def down(self) -> None:
        self.run("down", lambda session: down(session, find(session)))

    def run(self, command: str, body: Callable[[Session], Exit]) -> None:
        told: list[Event] = []
        code = body(self.session(command, told.append))
        problems = [event for event in told if isinstance(event, Problem)]
        none(f"`{command}` ended with {code}", problems or [code] * (code is not Exit.DONE))

    # ------------------------------------------------------------ what must hold
    def assert_at_rest(self) -> None:
        """All that is wanted is there once and ready, and another `up` changes nothing."""
        seen = view(self.session("plan"))
        plan, world = seen.plan, seen.world
        none("still to be changed", plan.changes.values())
        none("refused, or not seen", [*plan.refused.items(), *plan.unread.items(), *world.denied.items()])
        none("not there", seen.wanted.keys() - world.found.keys())
        none("not ready", (key for key, it in world.found.items() if not ready(type(seen.wanted[key]), it)))
        none("there twice", (item.it for item in world.surplus if item.it.key in seen.wanted))
        aws = self.session("plan").aws
        none("stray keys", (it for region in self.regions for it in StrayKey.owned(aws.at(region))))
        self.lab.meter.calls = []
        self.up()
        none("changed by another `up`", (call for call in self.lab.meter.mutating if call.service != "ssm"))

    def assert_gone(self) -> None:
        """Nothing is left, and another `down` changes nothing."""
        self.lab.meter.calls = []
        self.down()
        none("changed by another `down`", self.lab.meter.mutating)


def none(what: str, found: Iterable[object]) -> None:
    """Raises AssertionError: there are some, and which."""
    if found := list(found):
        raise AssertionError("\n".join((f"{what}:", *(f"  {one}" for one in found))))
