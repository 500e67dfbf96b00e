"""`tapctl up`."""

import sys

from tapctl.commands.asking import approve
from tapctl.commands.frame import finish, session
from tapctl.commands.options import As, Config, Env, Local, Output, Prune, RefreshAmi, Region, Verbose, Wait, Yes
from tapctl.errors import UsageError


def up(env: Env = None, region: Region = None, config: Config = None, yes: Yes = False, local: Local = False,
       prune: Prune = False, refresh_ami: RefreshAmi = False, wait: Wait = 0, output: As = Output.TEXT,
       verbose: Verbose = False) -> None:
    """Make the stack as configured: create, repair, and wait until it serves."""
    from tapctl import operations
    from tapctl.render import renderer

    if prune and region:
        raise UsageError("--prune and --region don't go together", reason="what is no longer wanted is told by the "
                         "whole stack", mend="leave one of them out")
    with renderer(output, sys.stdout, verbose) as emit, session("up", env, region, config, local, emit) as at:
        finish(operations.up(at, lambda _: approve(yes, output), prune, refresh_ami, wait * 60))
