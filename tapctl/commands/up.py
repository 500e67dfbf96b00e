"""`tapctl up`."""

import sys

from tapctl.commands.asking import approve
from tapctl.commands.frame import finish, session
from tapctl.commands.options import As, Config, Env, Local, Output, Prune, RefreshAmi, Region, Verbose, Wait, Yes
from tapctl.errors import UsageError


def up(env: Env = None, region: Region = None, config: Config = None, yes: Yes = False, local: Local = False,
       prune: Prune = False, refresh_ami: RefreshAmi = False, wait: Wait = 0, output: As = Output.TEXT,
       verbose: Verbose = False) -> None:
    """Make the stack as configured: create, repair, wait until it serves.

    It shows the plan and asks first. A run that failed or was killed needs no repair: run it again. One with nothing to
    change makes not one mutating call.

    Examples:
      tapctl up --env staging                        show the plan, ask, do it
      tapctl up --env staging --yes --output json    for a pipeline
      tapctl up --env staging --region us-west-2     make or repair one region
      tapctl up --env production --wait 20           wait for another run to end
      tapctl up --env demo --local                   on the emulator
    """
    from tapctl import operations
    from tapctl.render import renderer

    if prune and region:
        raise UsageError("--prune and --region don't go together", reason="what is no longer wanted is told by the "
                         "whole stack", mend="leave one of them out")
    with renderer(output, sys.stdout, verbose) as emit, session("up", env, region, config, local, emit) as at:
        finish(operations.up(at, lambda _: approve(yes, output), prune, refresh_ami, wait * 60))
