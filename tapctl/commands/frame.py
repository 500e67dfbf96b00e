"""What surrounds every command: settings, an account, a way to stop, lines on stdout, and an exit code."""

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tapctl.errors import Exit, TapctlError, UsageError, printable
from tapctl.render import columns

if TYPE_CHECKING:
    from tapctl.events import Emit, Event
    from tapctl.runlog import Line, RunLog
    from tapctl.saved import Approved
    from tapctl.session import Session, Stop
    from tapctl.settings import Settings


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
            emit: "Emit", approved: "Approved | None" = None,
            timeline: Path | None = None, of_all: bool = False) -> "Iterator[Session]":
    """An account, too. approved: what it is all to be for; of_all: as start() has it. Raises TapctlError: it is for
    something else."""
    from tapctl.render.learner import learning
    from tapctl.session import start

    if timeline:
        drawable(timeline)
    with (configured(env, config, local) as (settings, stop), learning(emit) as heard,
          logged(command, settings, heard, timeline) as log):
        if approved:
            approved.fits(settings)
        yield start(command, settings, region or (), log, stop, emulated=local, run=log.run,
                    belongs=approved.belongs if approved else None, of_all=of_all)


@contextmanager
def logged(command: str, settings: "Settings", emit: "Emit", timeline: Path | None = None) -> "Iterator[RunLog]":
    """The log of one run, which hears what `emit` does, and how the run ends. timeline: where it is drawn, too."""
    from tapctl.explain import as_error
    from tapctl.runlog import RunLog

    log = RunLog(command, settings.stack, emit, keep=timeline is not None)
    try:
        yield log
    except typer.Exit as left:
        log.end(left.exit_code)
        raise
    except typer.Abort:
        log.end(Exit.FAILED, ["not approved"])
        raise
    except Exception as error:
        known = as_error(error)
        log.end(known.exit_code if known else Exit.FAILED, known.lines() if known else [type(error).__name__])
        raise
    else:
        log.end(Exit.DONE)
    finally:
        if log.lost:
            typer.echo(f"this run's log could not be written: {log.lost}; TAPCTL_STATE_DIR can name another directory",
                       err=True)
        if timeline and log.lines:
            try:
                draw(log.lines, timeline)
            except TapctlError as error:  # it is not what the run was for
                typer.echo("; ".join(error.lines()), err=True)


def drawable(file: Path) -> None:
    """Raises UsageError: it can't be written."""
    from tapctl.private import probe

    try:
        probe(file)
    except OSError as error:
        raise UsageError(f"--timeline {file} can't be written", reason=str(error),
                         mend="name a file that can") from error


def draw(lines: "Sequence[Line]", file: Path) -> None:
    """The page of a run. Raises TapctlError."""
    from tapctl.private import whole
    from tapctl.render.timeline import page

    try:
        whole(file, page(lines))
    except OSError as error:
        raise TapctlError(f"--timeline {file} could not be written", reason=str(error),
                          mend="make room for it; `tapctl log last --timeline FILE` draws it from the log") from error


def aside(event: "Event") -> None:
    """Where the calls go, if not to AWS, and notes: on stderr, for what such a command prints is for programs too."""
    from tapctl.events import Note, Started
    from tapctl.render.plain import heading

    notes = [event.text] if isinstance(event, Note) else []
    for line in heading(event)[1:] if isinstance(event, Started) else notes:
        say(line)


def width() -> int:
    """Columns of the terminal that stdout is; 0: it is none."""
    return columns.width(sys.stdout)


def say(line: str) -> None:
    """For people, on stderr."""
    for part in columns.hung(line, columns.width(sys.stderr), 2):
        typer.echo(part, err=True)


def show(lines: Any, markup: bool = True) -> None:
    """Lines of rich markup, as they are. Where the reader has gone (`| head`), what he has not read is no failure."""
    from rich.console import Console

    from tapctl.render.plain import tell

    console = Console(highlight=False, soft_wrap=True, emoji=False)
    with console.capture() as shown:
        for line in lines:
            console.print(line, markup=markup)
    tell(sys.stdout, shown.get())


def write(file: Path, text: str, flag: str = "--file") -> None:
    """What this flag names gets the text. Raises UsageError: it can't be written."""
    from tapctl.private import private

    try:
        with open(file, "w", opener=private) as written:
            written.write(text + "\n")
    except OSError as error:
        raise UsageError(f"{flag} {file} can't be written", reason=str(error), mend="name a file that can") from error


def finish(code: Exit, again: str = "") -> None:
    """Exit with the code of an operation. One that is not at its end says which command goes on from there.

    again: if that isn't the same one.
    """
    going_on = printable(again or shlex.join(("tapctl", *sys.argv[1:])))
    if code in (Exit.INTERRUPTED, Exit.TERMINATED):
        say("stopped: what was begun stands as it is; the same command goes on from there")
    left = typer.Exit(code)
    if code in (Exit.FAILED, Exit.LEFT_OVER, Exit.INTERRUPTED, Exit.TERMINATED):
        onward = f"to go on: {going_on}"
        left.add_note(onward)  # for a renderer that tells of the end elsewhere, too
        typer.echo(onward, err=True)
    if code:
        raise left
