"""The calls of a whole life, command by command: a stack of one region, and one of two that are peered, which shares
the first one's endpoints and is handed them over. All that somebody can change of them is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from tapctl import down, operations, session, waiting
from tapctl.doctor.examination import examine
from tapctl.emulator.inprocess import emulated
from tapctl.errors import Exit
from tapctl.reconcile import silent
from tapctl.session import Session, Stop
from tapctl.settings import Settings
from tapctl.status import collect, stacks, status
from tapctl.verify.checks import chosen
from tapctl.verify.run import run
from tapctl.view import View, view
from tests.certificates import imported
from tests.conformance.drifts import TABLE
from tests.conformance.lab import Wires, settings
from tests.conformance.meter import Call
from tests.vpcs import made

EAST, WEST = "us-east-1", "us-west-2"
Calls = Mapping[str, list[Call]]  # by command


def lived(wires: Wires) -> Calls:
    """Nobody sleeps in it."""
    with (emulated(), patch.object(waiting, "gap", lambda waited: 0.001),
          patch.object(session, "connect", lambda run, region: wires.connections)):
        both: dict[str, Any] = {
            "environment": "staging", "network.vpc_id": {WEST: made(wires.raw("ec2", WEST), WEST, 1).id},
            "app.data_access": True,
            "certificate_arns": {EAST: imported(wires.raw("acm", EAST), 300, "*.example.com")}}
        life, one, two = Life(wires), settings(EAST), settings(EAST, WEST, **both)
        life.doctor(two)
        life.plan(two)
        life.up(one)
        life.up(two)
        life.disturb(two)
        life.status(two)
        life.up(two)
        life.verify(two)
        life.outputs(two)
        life.disturb(one, protected=True)
        life.down(one)
        life.unlock(two)
        life.down(two)
        return life.calls


class Life:
    """Each command, as the command line has it carried out."""

    def __init__(self, wires: Wires) -> None:
        self.wires, self.calls = wires, defaultdict[str, list[Call]](list)

    @contextmanager
    def command(self, name: str) -> Iterator[Callable[[Settings], Session]]:
        self.wires.meter.reset()
        yield lambda wanted: session.start(name, wanted, (), silent, Stop(), emulated=True)
        self.calls[name] += self.wires.meter.calls

    def plan(self, wanted: Settings) -> View:
        with self.command("plan") as start:
            return view(start(wanted))

    def doctor(self, wanted: Settings) -> None:
        with self.command("doctor"):
            examine(wanted, (), silent, Stop(), emulated=True)

    def up(self, wanted: Settings) -> None:
        with self.command("up") as start:
            assert operations.up(start(wanted), lambda planned: None) is Exit.DONE

    def status(self, wanted: Settings) -> None:
        with self.command("status") as start:
            status(start(wanted))
            stacks(start(wanted))

    def verify(self, wanted: Settings) -> None:
        with self.command("verify") as start:
            run(start(wanted), chosen((), ["http"]))

    def outputs(self, wanted: Settings) -> None:
        with self.command("outputs") as start:
            collect(start(wanted))

    def down(self, wanted: Settings) -> None:
        with self.command("down") as start:
            at = start(wanted)
            assert down.down(at, down.find(at)) is Exit.DONE

    def unlock(self, wanted: Settings) -> None:
        """Of a run that hangs."""
        self.wires.raw("ssm", EAST).put_parameter(
            Name=f"/tapctl/{wanted.project}/{wanted.environment}/lock/1", Value="whoever", Type="String")
        with self.command("unlock") as start:
            operations.unlock(start(wanted), lambda who: None)

    # ------------------------------------------------------------ what others do
    def disturb(self, wanted: Settings, protected: bool = False) -> None:
        """Change every aspect of one thing of each kind. The last first: what is disabled can't be changed any more.

        protected: so that `down` has more to do, too.
        """
        found = self.plan(wanted).world.found
        for drift in {(one.kind, one.aspect): one for one in reversed(TABLE)}.values():
            it = next((it for key, it in found.items() if key.split("/")[1] == drift.kind and key.endswith(drift.only)),
                      None)
            if it:
                drift.change(partial(self.raw, region=it.key.split("/")[0]), it)
        if protected:
            name = found[f"{EAST}/database"].raw["DBInstanceIdentifier"]
            self.raw("rds", region=EAST).modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=True)
            self.raw("s3", region=EAST).create_multipart_upload(Bucket=found[f"{EAST}/bucket/logs"].id, Key="app/half")

    def raw(self, service: str, *, region: str) -> Any:
        return self.wires.raw(service, region)
