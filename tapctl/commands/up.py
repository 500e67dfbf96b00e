"""`tapctl up`."""

import os
import sys

from tapctl.commands.asking import approve
from tapctl.commands.frame import finish, session
from tapctl.commands.options import (
    As,
    Config,
    Env,
    Local,
    Output,
    Plan,
    Prune,
    RefreshAmi,
    Region,
    Timeline,
    Verbose,
    Wait,
    Yes,
    whole_stack,
)
from tapctl.errors import UsageError


def up(env: Env = None, region: Region = None, config: Config = None, yes: Yes = False, local: Local = False,
       plan: Plan = None, prune: Prune = False, refresh_ami: RefreshAmi = False, wait: Wait = 0,
       output: As = Output.TEXT, verbose: Verbose = False, timeline: Timeline = None) -> None:
    """Make the stack as configured: create, repair, wait until it serves.

    It shows the plan and asks first. A run that failed or was killed needs no repair: run it again. One with nothing to
    change makes not one mutating call.

    --plan carries out what `plan --save` has shown. Whoever passes it has approved it: nobody is asked. If the stack is
    no longer as the plan saw it, nothing is done, and the exit code is 4.

    Examples:
      tapctl up --env staging                        show the plan, ask, do it
      tapctl up --env staging --yes --output json    for a pipeline
      tapctl up --env staging --region us-west-2     make or repair one region
      tapctl up --plan it.json                       carry out a saved plan
      tapctl up --env production --wait 20           wait for another run to end
      tapctl up --env staging --timeline it.html     draw the run as a chart
      tapctl up --env demo --local                   on the emulator
    """
    from tapctl import operations
    from tapctl.render import renderer

    whole_stack(prune, region)
    approved = None
    if plan:
        from tapctl import saved

        if region or prune or refresh_ami:
            raise UsageError("--plan goes with neither --region nor --prune nor --refresh-ami",
                             reason="the saved plan says what it was made with", mend="leave these out")
        approved = saved.read(plan, config, local)
        its = approved.plan
        env, region = env or os.environ.get("ENVIRONMENT") or its.environment, list(its.regions)
        prune, refresh_ami = its.prune, its.refresh_ami
    with (renderer(output, sys.stdout, verbose) as emit,
          session("up", env, region, config, local, emit, approved, timeline) as at):
        again = approved.again if approved else ""
        agree = approved.approves if approved else lambda _: approve(yes, output)
        finish(operations.up(at, agree, prune, refresh_ami, wait * 60, once=approved is not None), again)
