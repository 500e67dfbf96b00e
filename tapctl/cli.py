"""The command line: what can be said, and what it exits with. Everything heavy is imported when a command needs it.

Annotations are no strings here (no `from __future__ import annotations`): typer would evaluate each of them twice, at
every start.
"""

import math
import os
import select
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
import typer.core

from tapctl import __version__
from tapctl.emulator import SPEED
from tapctl.errors import Exit, TapctlError, UsageError

if TYPE_CHECKING:
    from tapctl.events import Emit, Event
    from tapctl.session import Session, Stop
    from tapctl.settings import Settings

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
                  context_settings={"help_option_names": ["-h", "--help"]},
                  help="One production-grade, multi-region web stack on AWS: up, plan, status, down. No state file.",
                  epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 configuration or credentials, 4 changes pending "
                         "(plan --detailed-exitcode), 5 left over (down), 130 interrupted, 143 terminated.")
local_app = typer.Typer(no_args_is_help=True, help="The emulator that --local uses: start, stop, status.")
app.add_typer(local_app, name="local")
MISUSE: Any = typer.BadParameter.__base__  # all that typer finds wrong with a command line; it has no public name


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


class Report(StrEnum):
    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


class Form(StrEnum):
    JSON = "json"
    ENV = "env"
    GITHUB = "github"
    FLAT = "flat"


Env = Annotated[str | None, typer.Option(
    "--env", "-e", metavar="NAME", help="The environment, such as staging. [env: ENVIRONMENT]")]
Region = Annotated[list[str] | None, typer.Option(
    "--region", "-r", metavar="REGION",
    help="Work on this region only; may be repeated. It never changes what is wanted.")]
Config = Annotated[Path | None, typer.Option(
    "--config", "-c", metavar="FILE", help="Configuration file. [default: config.toml]")]
Local = Annotated[bool, typer.Option("--local", help="Use tapctl's own emulator instead of AWS; start it if need be.")]
As = Annotated[Output, typer.Option("--output", "-o", help="text for people, json for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every property and every write.")]


def version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tapctl {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=version, is_eager=True, help="Show the version.")]
Wait = Annotated[float, typer.Option(
    "--wait", metavar="MINUTES", min=0, help="How long to wait for another run that changes the stack.")]
Prune = Annotated[bool, typer.Option("--prune", help="Remove what is no longer wanted and holds no data.")]
RefreshAmi = Annotated[bool, typer.Option("--refresh-ami", help="Roll out the newest image.")]


@app.callback()
def root(_: Version = False) -> None:
    """What is said before a command."""


@contextmanager
def configured(env: str | None, config: Path | None, local: bool) -> "Iterator[tuple[Settings, Stop]]":
    """Settings and a way to stop, for the time of one command."""
    from tapctl.session import Stop, use_emulator
    from tapctl.settings import load

    stop = Stop()
    with stop.listening():
        settings = load(config, dict(os.environ), {"env": env})
        if local:
            use_emulator(os.environ)
        yield settings, stop


@contextmanager
def session(command: str, env: str | None, region: Sequence[str] | None, config: Path | None, local: bool,
            emit: "Emit") -> "Iterator[Session]":
    """An account, too."""
    from tapctl.session import start

    with configured(env, config, local) as (settings, stop):
        yield start(command, settings, region or (), emit, stop, emulated=local)


@app.command()
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


@app.command()
def plan(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
         detailed_exitcode: Annotated[bool, typer.Option(
             "--detailed-exitcode", help="Exit with 4 where there is something to change.")] = False,
         refresh_ami: RefreshAmi = False, output: As = Output.TEXT, verbose: Verbose = False) -> None:
    """Show what `up` would do. Changes nothing."""
    from tapctl import operations
    from tapctl.render import renderer

    with renderer(output, sys.stdout, verbose) as emit, session("plan", env, region, config, local, emit) as at:
        planned = operations.view(at, refresh_ami).planned
        emit(planned)
        if planned.refused or planned.omitted or planned.unread:
            raise typer.Exit(Exit.FAILED)
        if detailed_exitcode and planned.changes:
            raise typer.Exit(Exit.CHANGES)


@app.command()
def status(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
           output: As = Output.TEXT) -> None:
    """Show what is there, and where it differs from what is configured. Without --env: which stacks there are."""
    import json

    from tapctl import operations
    from tapctl.render import renderer, report

    quiet = output is Output.JSON
    with renderer(Output.TEXT, sys.stderr if quiet else sys.stdout) as emit:
        if env or os.environ.get("ENVIRONMENT"):
            with session("status", env, region, config, local, emit) as at:
                rows = operations.status(at)
                show([json.dumps(rows, indent=2)] if quiet else report.status(rows), markup=not quiet)
            return
        with session("status", "any", region, config, local, aside) as at:
            stacks = operations.stacks(at)
            show([json.dumps(stacks, indent=2)] if quiet else report.stacks(stacks), markup=not quiet)


@app.command()
def verify(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
           only: Annotated[list[str] | None, typer.Option(
               "--only", metavar="CHECK", help="This check, or family of checks, only; may be repeated.")] = None,
           skip: Annotated[list[str] | None, typer.Option(
               "--skip", metavar="CHECK", help="Without this check, or family of checks; may be repeated.")] = None,
           strict: Annotated[bool, typer.Option(
               "--strict", help="Fail for what could not be checked, too.")] = False,
           output: Annotated[Report, typer.Option(
               "--output", "-o", help="text for people, json and junit for pipelines.")] = Report.TEXT) -> None:
    """Check what stands as an integration test would: reachability, encryption, backups, ... Changes nothing."""
    from tapctl.render import renderer
    from tapctl.verify import report
    from tapctl.verify.check import Outcome
    from tapctl.verify.checks import chosen
    from tapctl.verify.run import run

    checks, quiet = chosen(only or (), skip or ()), output is not Report.TEXT
    with (renderer(Output.TEXT, sys.stderr if quiet else sys.stdout) as emit,
          session("verify", env, region, config, local, emit) as at):
        done = run(at, checks)
        if quiet:
            typer.echo(report.document(done) if output is Report.JSON else report.junit(done))
        else:
            show(report.text(done))
    if done.counts[Outcome.FAILED] or (strict and done.counts[Outcome.SKIPPED]):
        raise typer.Exit(Exit.FAILED)


@app.command()
def doctor(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
           output: As = Output.TEXT) -> None:
    """Check all that `up` would fail of: credentials, regions, quotas, names. Exit with 3 if anything is wrong."""
    import json

    from tapctl.doctor.examination import examine
    from tapctl.events import Result
    from tapctl.render import checks, renderer

    quiet = output is Output.JSON
    with (renderer(Output.TEXT, sys.stderr if quiet else sys.stdout) as emit,
          configured(env, config, local) as (settings, stop)):
        found = examine(settings, region or (), emit, stop, emulated=local)
    show([json.dumps([vars(one) for one in found], indent=2)] if quiet else checks.lines(found), markup=not quiet)
    if any(one.result is Result.PROBLEM for one in found):
        raise typer.Exit(Exit.CONFIGURATION)


@app.command()
def down(env: Env = None, region: Region = None, config: Config = None, yes: Yes = False, local: Local = False,
         certificate: Annotated[Path | None, typer.Option(
             "--certificate", metavar="FILE",
             help="Look once more after a quiet time, and write what was found, removed and left as JSON.")] = None,
         quiet_seconds: Annotated[int | None, typer.Option(
             "--quiet-seconds", metavar="N", min=0, help="That quiet time. [default: 60, with --local 2]")] = None,
         wait: Wait = 0, output: As = Output.TEXT, verbose: Verbose = False) -> None:
    """Remove the whole stack, look again, and exit with 5 if anything is left."""
    from tapctl import attestation
    from tapctl import down as removal
    from tapctl.render import renderer

    if certificate:
        attestation.make_sure_of(certificate)
    elif quiet_seconds is not None:
        raise UsageError("--quiet-seconds without --certificate", reason="only a certificate takes a second look",
                         mend="give both, or neither")
    usual = removal.QUIET // SPEED if local else removal.QUIET
    with renderer(output, sys.stdout, verbose) as emit, session("down", env, region, config, local, emit) as at:
        sought = removal.find(at, region or ())
        if sought.items and not yes:
            ask_for(at.place.environment, output)
        finish(removal.down(at, sought, certificate, usual if quiet_seconds is None else quiet_seconds,
                            wait * 60))


@app.command()
def unlock(env: Env = None, config: Config = None, yes: Yes = False, local: Local = False) -> None:
    """Evict the run that has the stack's lock: it changes nothing more. One that was killed loses it by itself in two
    minutes."""
    from tapctl import operations
    from tapctl.events import Note
    from tapctl.render import renderer

    def agreed(holder: str) -> None:
        emit(Note(f"the lock is held by {holder}"))
        approve(yes, Output.TEXT, "Evict it? [y/N]: ", "--yes evicts without asking")

    with renderer(Output.TEXT, sys.stdout) as emit, session("unlock", env, None, config, local, emit) as at:
        operations.unlock(at, agreed)


@app.command()
def outputs(env: Env = None, region: Region = None, config: Config = None, local: Local = False,
            form: Annotated[Form, typer.Option("--format", "-f", help="How to write them.")] = Form.JSON,
            file: Annotated[Path | None, typer.Option("--file", help="Write to this file instead.")] = None) -> None:
    """Print names, addresses and ARNs of the standing stack, under keys that stay stable."""
    from tapctl import operations
    from tapctl.outputs import formatted
    from tapctl.private import private

    with session("outputs", env, region, config, local, aside) as at:
        text = formatted(operations.collect(at), form, at.settings.bucket_region)
    if file is None:
        typer.echo(text)
        return
    try:
        with open(file, "w", opener=private) as written:
            written.write(text + "\n")
    except OSError as error:
        raise UsageError(f"--file {file} can't be written", reason=str(error), mend="name a file that can") from error


@local_app.command("start")
def local_start(speed: Annotated[str, typer.Option(
        help="How many times as fast as AWS its states pass: a number, or `instant`.")] = str(SPEED)) -> None:
    """Start the emulator, if it doesn't run already."""
    from tapctl.emulator import process

    try:
        scale = 0.0 if speed == "instant" else 1 / float(speed)
    except (ValueError, ZeroDivisionError):
        scale = -1.0
    if not 0 <= scale < math.inf:  # nor is nan
        raise UsageError(f"--speed {speed} is not a speed", mend="give a number above 0, or `instant`")
    before = process.running()
    emulator = process.start(scale)
    typer.echo(f"{'already running' if before else 'started'}: {described(emulator)}")


@local_app.command("stop")
def local_stop() -> None:
    """Stop the emulator. All that it held is gone."""
    from tapctl.emulator import process

    typer.echo("stopped" if process.stop() else "it was not running")


@local_app.command("status")
def local_status() -> None:
    """Say whether the emulator runs, and where."""
    from tapctl.emulator import process

    emulator = process.running()
    typer.echo(f"running: {described(emulator)}" if emulator else "not running")


def described(emulator: Any) -> str:
    speed = f"{1 / emulator.scale:.3g} times as fast as AWS" if emulator.scale else "instant"
    return f"{emulator.url}, {speed}, process {emulator.pid}, since {emulator.started}"


# ---------------------------------------------------------------- asking, printing, ending
def aside(event: "Event") -> None:
    """Where the calls go, if not to AWS, and notes: on stderr, for what such a command prints is for programs too."""
    from tapctl.events import Note, Started
    from tapctl.render.plain import heading

    notes = [event.text] if isinstance(event, Note) else []
    for line in heading(event)[1:] if isinstance(event, Started) else notes:
        typer.echo(line, err=True)


def show(lines: Any, markup: bool = True) -> None:
    """Lines of rich markup, never wrapped or cut: people select and grep them."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for line in lines:
        console.print(line, markup=markup)


def approve(yes: bool, output: Output, question: str = "Carry this out? [y/N]: ",
            mend: str = "--yes carries the plan out without asking") -> None:
    """Raises UsageError: nobody can be asked. Abort: the answer is no."""
    if yes:
        return
    interactive(output, mend)
    if answered(question).lower() not in ("y", "yes"):
        raise typer.Abort


def ask_for(name: str, output: Output) -> None:
    """Let the environment's name be typed. Raises UsageError: nobody can be asked, or it was typed otherwise."""
    interactive(output, "--yes removes without asking")
    typed = answered(f"All of this goes, with its data. Type the environment's name ({name}) to go on: ")
    if typed != name:
        raise UsageError(f"{typed!r} is not {name!r}: nothing was removed")


def answered(question: str) -> str:
    """The line that is typed; nothing at the end of input.

    It looks for the line now and then, instead of waiting in a read: a signal that comes just before the read would
    be heard only with the next line.
    """
    typer.echo(question, nl=False)
    while not select.select([sys.stdin], [], [], 0.2)[0]:
        pass
    return sys.stdin.readline().strip()


def interactive(output: Output, mend: str) -> None:
    if output is Output.JSON or not sys.stdin.isatty():
        raise UsageError("there is nobody to ask", reason="this is no terminal, or the output is for a program",
                         mend=mend)


def finish(code: Exit) -> None:
    """Exit with the code of an operation; an interrupted one says how to go on."""
    if code in (Exit.INTERRUPTED, Exit.TERMINATED):
        typer.echo("stopped: what was begun stands as it is; the same command goes on from there", err=True)
    if code:
        raise typer.Exit(code)


def hasten_completion() -> None:
    """When the shell asks what its Tab key may complete, nothing looks at the options' values, but typer would
    convert them, and import pydantic for it: more than half of the time that a key takes."""
    option: Any = typer.core.TyperOption
    option.process_value = lambda _, __, value: value


def main() -> None:
    """Run the command line: every error that a user can meet becomes one message on stderr and its exit code."""
    if "_TAPCTL_COMPLETE" in os.environ:
        hasten_completion()
    try:
        leave(app(prog_name="tapctl", standalone_mode=False) or Exit.DONE)
    except SystemExit as ended:  # also typer's, where nobody reads any longer
        leave(ended.code)
    except typer.Abort:
        typer.echo("Aborted!", err=True)
        leave(Exit.FAILED)
    except MISUSE as error:
        misused(error)
    except Exception as error:
        from tapctl.explain import as_error

        known = as_error(error)
        if known is None:
            raise
        fail(known)


def fail(error: TapctlError) -> NoReturn:
    for line in error.lines():
        typer.echo(line, err=True)
    leave(error.exit_code)


def misused(error: Any) -> NoReturn:
    """Tell typer's finding in tapctl's form; to a command that was given nothing, its help."""
    where = error.ctx.command_path if error.ctx else "tapctl COMMAND"
    if error.ctx and error.message == error.ctx.get_help():
        typer.echo(error.message, err=True)
        leave(Exit.USAGE)
    fail(UsageError(error.format_message().rstrip("."), mend=f"`{where} --help` lists what there is"))


def leave(code: str | int | None) -> NoReturn:
    """End the process: at once where a stopped run has left a call unanswered, which Python would wait for."""
    if any(thread.name.startswith("walk") for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(code or 0))
    sys.exit(code)

