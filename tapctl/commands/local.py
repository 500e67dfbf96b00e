"""`tapctl local`: the emulator that `--local` uses."""

import math
import os
from typing import Annotated, Any

import typer

from tapctl.commands.manual import Command, Group
from tapctl.emulator import SPEED
from tapctl.errors import TapctlError, UsageError

app = typer.Typer(cls=Group, no_args_is_help=True, help="""The emulator that --local uses: start, stop, status, env.

Examples:
  tapctl local start --speed instant             states pass at once
  tapctl local start --speed 1                   as slow as AWS
  tapctl up --env demo --local --yes             starts it, if need be
  tapctl local env                               point the AWS CLI at it
""")


@app.command("start", cls=Command)
def start(speed: Annotated[str, typer.Option(
        metavar="N", help="How many times as fast as AWS its states pass: a number, or `instant`.")]
          = str(SPEED)) -> None:
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


@app.command("stop", cls=Command)
def stop() -> None:
    """Stop the emulator. All that it held is gone."""
    from tapctl.emulator import process

    typer.echo("stopped" if process.stop() else "it was not running")


@app.command("env", cls=Command)
def env() -> None:
    """Print what points the AWS CLI and SDKs at it, as lines for a shell.

    It takes all of your own AWS_ variables out. In a subshell, nothing of it stays behind. Version 1 of the AWS CLI
    sends calls of RDS in us-east-1 to AWS all the same, which refuses them: give it --endpoint-url "$AWS_ENDPOINT_URL".

    Examples:
      eval "$(tapctl local env)"
      (eval "$(tapctl local env)"; aws s3api list-buckets)
    """
    import shlex

    from tapctl.emulator import process

    emulator = process.running()
    if emulator is None:
        raise TapctlError("the emulator does not run", mend="tapctl local start")
    for name in sorted(name for name in os.environ if name.startswith("AWS_") and name not in emulator.variables):
        typer.echo(f"unset {name}")
    for name, value in emulator.variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command("status", cls=Command)
def status() -> None:
    """Say whether the emulator runs, and where."""
    from tapctl.emulator import process

    emulator = process.running()
    typer.echo(f"running: {described(emulator)}" if emulator else "not running")


def described(emulator: Any) -> str:
    speed = f"{1 / emulator.scale:.3g} times as fast as AWS" if emulator.scale else "instant"
    return f"{emulator.url}, {speed}, process {emulator.pid}, since {emulator.started}"
