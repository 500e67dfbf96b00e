"""Options that several commands have, and their values."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tapctl.commands.completion import environments, regions


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


# The groups that `--help` shows options in.
stack = partial(typer.Option, rich_help_panel="Which stack")
work = partial(typer.Option, rich_help_panel="What it does")
prints = partial(typer.Option, rich_help_panel="What it prints")

Env = Annotated[str | None, stack(
    "--env", "-e", metavar="NAME", autocompletion=environments,
    help="The environment, such as staging. [env: ENVIRONMENT]")]
Region = Annotated[list[str] | None, stack(
    "--region", "-r", metavar="REGION", autocompletion=regions,
    help="Work on this region only; may be repeated. It never changes what is wanted.")]
Config = Annotated[Path | None, stack(
    "--config", "-c", metavar="FILE", help="Configuration file. [default: config.toml]")]
Local = Annotated[bool, stack("--local", help="Use tapctl's own emulator instead of AWS; start it if need be.")]
Yes = Annotated[bool, work("--yes", "-y", help="Don't ask.")]
Wait = Annotated[float, work(
    "--wait", metavar="MINUTES", min=0, help="How long to wait for another run that changes the stack.")]
Prune = Annotated[bool, work("--prune", help="Remove what is no longer wanted and holds no data.")]
RefreshAmi = Annotated[bool, work("--refresh-ami", help="Roll out the newest image.")]
As = Annotated[Output, prints("--output", "-o", help="text for people, json for programs.")]
Verbose = Annotated[bool, prints(
    "--verbose", "-v", help="Show every property, every write, each API call that changes something, and retries.")]
