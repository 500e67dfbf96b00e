"""Asking whoever sits at the terminal."""

import select
import sys

import typer

from tapctl.commands.options import Output
from tapctl.errors import UsageError


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
    typed = answered(f"All of this goes. Type the environment's name ({name}) to go on: ")
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
