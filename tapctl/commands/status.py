"""`tapctl status`."""

import os
import sys

from tapctl.commands.frame import aside, session, show, width
from tapctl.commands.options import As, Config, Env, Local, Output, Region


def status(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
           output: As = Output.TEXT) -> None:
    """Show what is there, and where it differs from the configuration.

    Without --env it shows which stacks there are, in all regions.

    Examples:
      tapctl status                                  all stacks of the account
      tapctl status --env staging                    each resource: state, id, drift
      tapctl status --env staging --output json
    """
    import json

    from tapctl import status as standing
    from tapctl.render import renderer, report

    quiet = output is Output.JSON
    with renderer(Output.TEXT, sys.stderr if quiet else sys.stdout) as emit:
        if env or os.environ.get("ENVIRONMENT"):
            with session("status", env, region, config, local, emit) as at:
                rows = standing.status(at)
                show([json.dumps(rows, indent=2)] if quiet else report.status(rows, width()), markup=not quiet)
            return
        with session("status", None, region, config, local, aside, of_all=True) as at:
            stacks = standing.stacks(at)
            show([json.dumps(stacks, indent=2)] if quiet else report.stacks(stacks), markup=not quiet)
