"""Options that several commands have, and their values."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tapctl.commands.completion import environments, regions
from tapctl.errors import UsageError


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


class Report(StrEnum):
    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


class Drawing(StrEnum):
    TEXT = "text"
    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"


class Form(StrEnum):
    JSON = "json"
    ENV = "env"
    GITHUB = "github"
    FLAT = "flat"


# The groups that `--help` shows options in.
stack = partial(typer.Option, rich_help_panel="Which stack")
work = partial(typer.Option, rich_help_panel="What it does")
prints = partial(typer.Option, rich_help_panel="What it prints")



def whole_stack(prune: bool, region: Sequence[str] | None) -> None:
    """Raises UsageError: these flags contradict each other."""
    if prune and region:
        raise UsageError("--prune and --region don't go together", reason="what is no longer wanted is told by the "
                         "whole stack", mend="leave one of them out")


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
Save = Annotated[Path | None, work(
    "--save", metavar="FILE", help="Write the plan to this file, for `up --plan`.")]
Plan = Annotated[Path | None, work(
    "--plan", metavar="FILE", help="Carry out this saved plan, without asking, if it is still what would be done.")]
Wait = Annotated[float, work(
    "--wait", metavar="MINUTES", min=0, help="How long to wait for another run that changes the stack.")]
Prune = Annotated[bool, work("--prune", help="Remove what is no longer wanted and holds no data.")]
RefreshAmi = Annotated[bool, work("--refresh-ami", help="Roll out the newest image.")]
As = Annotated[Output, prints("--output", "-o", help="text for people, json for programs.")]
Timeline = Annotated[Path | None, prints(
    "--timeline", metavar="FILE", help="Write the run as a chart too, a page of HTML.")]
Verbose = Annotated[bool, prints(
    "--verbose", "-v", help="Show every property, every write, each API call that changes something, and retries.")]
