"""`tapctl plan`."""

import sys
from typing import Annotated

import typer

from tapctl.commands.frame import session
from tapctl.commands.options import As, Config, Env, Local, Output, RefreshAmi, Region, Verbose, work
from tapctl.errors import Exit


def plan(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
         detailed_exitcode: Annotated[bool, work(
             "--detailed-exitcode", help="Exit with 4 where there is something to change.")] = False,
         refresh_ami: RefreshAmi = False, output: As = Output.TEXT, verbose: Verbose = False) -> None:
    """Show what `up` would do; change nothing.

    Examples:
      tapctl plan --env staging
      tapctl plan --env staging --detailed-exitcode  exit with 4 if there is any
      tapctl plan --env staging --verbose            every property of what is new
    """
    from tapctl import operations
    from tapctl.render import renderer

    with renderer(output, sys.stdout, verbose) as emit, session("plan", env, region, config, local, emit) as at:
        planned = operations.view(at, refresh_ami).planned
        emit(planned)
        if planned.refused or planned.omitted or planned.unread:
            raise typer.Exit(Exit.FAILED)
        if detailed_exitcode and planned.changes:
            raise typer.Exit(Exit.CHANGES)
