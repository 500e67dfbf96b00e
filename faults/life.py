"""The commands as a user runs them, but for the terminal: with account, lock and exit code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar
from unittest.mock import patch

from tapctl import down, operations, session
from tapctl.errors import Exit
from tapctl.events import Event, Problem
from tapctl.explain import as_error
from tapctl.session import Stop
from tests.conformance.lab import Lab
from tests.conformance.meter import Call

T = TypeVar("T", bound=Event)


@dataclass
class Ran:
    """One run. error: the lines that it ended with, if it did."""

    code: Exit = Exit.DONE
    told: list[Event] = field(default_factory=list)
    error: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def said(self) -> str:
        """All that went wrong, as people read it."""
        problems = [f"{one.key}: {one.message} {one.mend}" for one in self.told
                    if isinstance(one, Problem) and one.message]
        return "\n".join([*problems, *self.error])


def run(lab: Lab, command: str) -> Ran:
    """`tapctl COMMAND --yes`. Raises what would be a traceback. The meter's count begins anew."""
    ran, lab.meter.calls = Ran(), []
    try:
        with patch.object(session, "connect", lambda run: lab.wires.connections):
            at = session.start(command, lab.settings, (), ran.told.append, Stop(), emulated=False)
        ran.code = operations.up(at, lambda plan: None) if command == "up" else down.down(at, down.find(at))
    except Exception as error:
        known = as_error(error)
        if known is None:
            raise
        ran.code, ran.error = known.exit_code, known.lines()
    ran.calls = lab.meter.calls
    return ran
