"""`tapctl local`: the emulator that `--local` uses."""

import math
from typing import Annotated, Any

import typer

from tapctl.commands.manual import Command, Group
from tapctl.emulator import SPEED
from tapctl.errors import UsageError

app = typer.Typer(cls=Group, no_args_is_help=True, help="""The emulator that --local uses: start, stop, status.

Examples:
  tapctl local start --speed instant             states pass at once
  tapctl local start --speed 1                   as slow as AWS
  tapctl up --env demo --local --yes             starts it, if need be
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


@app.command("status", cls=Command)
def status() -> None:
    """Say whether the emulator runs, and where."""
    from tapctl.emulator import process

    emulator = process.running()
    typer.echo(f"running: {described(emulator)}" if emulator else "not running")


def described(emulator: Any) -> str:
    speed = f"{1 / emulator.scale:.3g} times as fast as AWS" if emulator.scale else "instant"
    return f"{emulator.url}, {speed}, process {emulator.pid}, since {emulator.started}"
