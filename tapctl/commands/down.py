"""`tapctl down`."""

import sys
from pathlib import Path
from typing import Annotated

from tapctl.commands.asking import ask_for
from tapctl.commands.frame import finish, session
from tapctl.commands.options import As, Config, Env, Local, Output, Region, Timeline, Verbose, Wait, Yes, work
from tapctl.emulator import SPEED
from tapctl.errors import UsageError


def down(env: Env = None, region: Region = None, config: Config = None, yes: Yes = False, local: Local = False,
         certificate: Annotated[Path | None, work(
             "--certificate", metavar="FILE",
             help="Look once more after a quiet time, and write what was found, removed and left as JSON.")] = None,
         quiet_seconds: Annotated[int | None, work(
             "--quiet-seconds", metavar="N", min=0, help="That quiet time. [default: 60, with --local 2]")] = None,
         wait: Wait = 0, output: As = Output.TEXT, verbose: Verbose = False, timeline: Timeline = None) -> None:
    """Remove the whole stack, look again, say what is left.

    Everything that is the stack's goes, with its data, configured or not, in whatever region. It asks for the
    environment's name first, and exits with 5 if anything is left.

    Examples:
      tapctl down --env staging                      ask for the name, remove all
      tapctl down --env pr-7 --yes                   for a pipeline
      tapctl down --env staging --region us-west-2   remove one region's part
      tapctl down --env staging --certificate it.json
    """
    from tapctl import attestation
    from tapctl import down as removal
    from tapctl.render import renderer

    if certificate:
        attestation.make_sure_of(certificate)
    elif quiet_seconds is not None:
        raise UsageError("--quiet-seconds without --certificate", reason="only a certificate takes a second look",
                         mend="give both, or neither")
    usual = removal.QUIET // SPEED if local else removal.QUIET
    with (renderer(output, sys.stdout, verbose) as emit,
          session("down", env, region, config, local, emit, timeline=timeline) as at):
        sought = removal.find(at, region or ())
        if sought.items and not yes:
            ask_for(at.place.environment, output)
        finish(removal.down(at, sought, certificate, usual if quiet_seconds is None else quiet_seconds,
                            wait * 60))
