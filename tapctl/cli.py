"""The command line as a whole: its commands, and what it exits with. Everything heavy is imported when a command needs
it."""

import os
import sys
import threading
from typing import Annotated, Any, NoReturn

import typer

from tapctl import __version__
from tapctl.commands import (
    completion,
    diff,
    doctor,
    down,
    graph,
    init,
    local,
    log,
    outputs,
    plan,
    status,
    unlock,
    up,
    verify,
)
from tapctl.commands.frame import say
from tapctl.commands.manual import Command, Group
from tapctl.errors import Exit, TapctlError, UsageError
from tapctl.streams import settle

app = typer.Typer(cls=Group, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
                  context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
                  help="""One production-grade, multi-region web stack on AWS: up, plan, status, down. No state file.

Examples:
  tapctl up --env demo --local                   try it without an AWS account
  tapctl plan --env staging                      what would be made
  tapctl up --env staging                        show the plan, ask, make it
  tapctl status --env staging                    what is there, and its drift
  tapctl down --env staging                      remove all of it
""",
                  epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 configuration or credentials, 4 changes pending "
                         "(plan, diff --detailed-exitcode), or others than planned (up --plan), 5 left over (down), "
                         "130 interrupted, 143 terminated.")
COMMANDS = {  # by the group that `--help` shows them in
    "Build": (init.init, plan.plan, up.up),
    "Look": (doctor.doctor, status.status, verify.verify, outputs.outputs, graph.graph, diff.diff, log.log),
    "Take apart": (down.down, unlock.unlock),
}
for group, commands in COMMANDS.items():
    for command in commands:
        app.command(cls=Command, rich_help_panel=group)(command)
app.add_typer(local.app, name="local", rich_help_panel="This machine")
MISUSE: Any = typer.BadParameter.__base__  # all that typer finds wrong with a command line; it has no public name


def version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tapctl {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=version, is_eager=True, help="Show the version.")]


@app.callback()
def root(_: Version = False) -> None:
    """What is said before a command."""


def main() -> None:
    """Run the command line: every error that a user can meet becomes one message on stderr and its exit code."""
    if "_TAPCTL_COMPLETE" in os.environ:
        completion.hasten()
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
        say(line)
    leave(error.exit_code)


def misused(error: Any) -> NoReturn:
    """Tell typer's finding in tapctl's form; to a command that was given nothing, its help."""
    named = [word for word in sys.argv[1:2] if not word.startswith("-")]  # where typer doesn't say of which command
    where = error.ctx.command_path if error.ctx else " ".join(["tapctl", *named])
    if error.ctx and error.message == error.ctx.get_help():
        typer.echo(error.message, err=True)
        leave(Exit.USAGE)
    near = meant(error) if hasattr(error, "possibilities") else ()  # an option's; typer says a command's by itself
    found = error.format_message().rstrip(".").replace(": Value error, ", ": ")  # pydantic's words, which typer quotes
    message = f"{error.message}. Did you mean {near[0]}?" if near else found
    fail(UsageError(message, mend=f"`{where} --help` lists what there is"))


def meant(error: Any) -> list[str]:
    """Options that an unknown one may have been meant for: what typer finds, or what it goes on from."""
    known = [name for option in error.ctx.command.params for name in option.opts if name.startswith("--")]
    return [*(error.possibilities or ()), *(name for name in known if error.option_name.startswith(name))]


def leave(code: str | int | None) -> NoReturn:
    """End the process: at once where a stopped run has left a call unanswered, which Python would wait for."""
    settle(sys.stdout)
    settle(sys.stderr)
    if any(thread.name.startswith("calls") for thread in threading.enumerate()):  # engine.THREADS, not imported here
        os._exit(int(code or 0))
    sys.exit(code)
