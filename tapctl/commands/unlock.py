"""`tapctl unlock`."""

import sys

from tapctl.commands.asking import approve
from tapctl.commands.frame import session
from tapctl.commands.options import Config, Env, Local, Output, Yes


def unlock(env: Env = None, config: Config = None, yes: Yes = False, local: Local = False) -> None:
    """Evict the run that has the stack's lock.

    It changes nothing more. One that was killed loses the lock by itself in two minutes.

    Examples:
      tapctl unlock --env staging
    """
    from tapctl import operations
    from tapctl.events import Note
    from tapctl.render import renderer

    def agreed(holder: str) -> None:
        at.emit(Note(f"the lock is held by {holder}"))
        approve(yes, Output.TEXT, "Evict it? [y/N]: ", "--yes evicts without asking")

    with renderer(Output.TEXT, sys.stdout) as emit, session("unlock", env, None, config, local, emit) as at:
        operations.unlock(at, agreed)
