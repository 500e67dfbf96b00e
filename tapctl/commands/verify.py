"""`tapctl verify`."""

import sys
from typing import Annotated

import typer

from tapctl.commands.frame import session, show, width
from tapctl.commands.options import Config, Env, Local, Output, Region, Report, prints, work
from tapctl.errors import Exit


def verify(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
           only: Annotated[list[str] | None, work(
               "--only", metavar="CHECK", help="This check, or family of checks, only; may be repeated.")] = None,
           skip: Annotated[list[str] | None, work(
               "--skip", metavar="CHECK", help="Without this check, or family of checks; may be repeated.")] = None,
           strict: Annotated[bool, work(
               "--strict", help="Fail for what could not be checked, too.")] = False,
           output: Annotated[Report, prints(
               "--output", "-o", help="text for people, json and junit for pipelines.")] = Report.TEXT) -> None:
    """Check what stands, as an integration test would.

    It asks AWS, never the plan, and changes nothing: who reaches whom, encryption, backups, replication, tags, ...

    Examples:
      tapctl verify --env staging
      tapctl verify --env staging --output junit > verify.xml
      tapctl verify --env staging --only reachability --skip http
    """
    from tapctl.render import renderer
    from tapctl.status import looked_for
    from tapctl.verify import report
    from tapctl.verify.check import Outcome
    from tapctl.verify.checks import chosen
    from tapctl.verify.run import run

    checks, quiet = chosen(only or (), skip or ()), output is not Report.TEXT
    with (renderer(Output.TEXT, sys.stderr if quiet else sys.stdout) as emit,
          session("verify", env, region, config, local, emit) as at):
        done = run(at, checks)
        if not done.counts[Outcome.PASSED]:
            looked_for(at)
        if quiet:
            show([report.document(done) if output is Report.JSON else report.junit(done)], markup=False)
        else:
            show(report.text(done, width()))
        if done.counts[Outcome.FAILED] or (strict and done.counts[Outcome.SKIPPED]):
            raise typer.Exit(Exit.FAILED)
