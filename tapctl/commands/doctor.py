"""`tapctl doctor`."""

import sys

import typer

from tapctl.commands.frame import configured, logged, show, width
from tapctl.commands.options import As, Config, Env, Local, Output, Region
from tapctl.errors import Exit


def doctor(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
           output: As = Output.TEXT) -> None:
    """Check all that `up` would fail of: credentials, quotas, names.

    It changes nothing, and exits with 3 if anything is wrong.

    Examples:
      tapctl doctor --env staging
      tapctl doctor --env staging --output json
    """
    import json

    from tapctl.doctor.examination import examine
    from tapctl.events import Result
    from tapctl.render import checks, renderer

    quiet = output is Output.JSON
    with (renderer(Output.TEXT, sys.stderr if quiet else sys.stdout) as emit,
          configured(env, config, local) as (settings, stop), logged("doctor", settings, emit) as log):
        found = examine(settings, region or (), log, stop, emulated=local, run=log.run)
        show([json.dumps([vars(one) for one in found], indent=2)] if quiet else checks.lines(found, width=width()),
             markup=not quiet)
        if any(one.result is Result.PROBLEM for one in found):
            raise typer.Exit(Exit.CONFIGURATION)
