"""`tapctl plan`."""

import sys
from typing import Annotated

import typer

from tapctl.commands.frame import session
from tapctl.commands.options import (
    As,
    Config,
    Env,
    Local,
    Output,
    Prune,
    RefreshAmi,
    Region,
    Save,
    Verbose,
    whole_stack,
    work,
)
from tapctl.errors import Exit


def plan(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
         detailed_exitcode: Annotated[bool, work(
             "--detailed-exitcode", help="Exit with 4 where there is something to change.")] = False,
         save: Save = None, prune: Prune = False, refresh_ami: RefreshAmi = False, output: As = Output.TEXT,
         verbose: Verbose = False) -> None:
    """Show what `up` would do; change nothing.

    Examples:
      tapctl plan --env staging
      tapctl plan --env staging --detailed-exitcode  exit with 4 if there is any
      tapctl plan --env staging --verbose            every property of what is new
      tapctl plan --env staging --save it.json       and `tapctl up --plan it.json`
    """
    from tapctl import operations
    from tapctl.events import Note
    from tapctl.render import renderer

    whole_stack(prune, region)
    if save:
        from tapctl import saved

        saved.make_sure_of(save)
    with renderer(output, sys.stdout, verbose) as emit, session("plan", env, region, config, local, emit) as at:
        seen = operations.foreseen(at, prune, refresh_ami)
        planned = seen.planned
        at.emit(planned)
        if save and not planned.refused:
            saved.save(save, at, seen, prune, refresh_ami)
            at.emit(Note(f"saved: {saved.typed('up', '--plan', str(save), config=config, local=local)}"))
        if planned.refused or planned.omitted or planned.unread:
            raise typer.Exit(Exit.FAILED)
        if detailed_exitcode and planned.changes:
            raise typer.Exit(Exit.CHANGES)
