"""Options that several commands have, and their values."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


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
Wait = Annotated[float, typer.Option(
    "--wait", metavar="MINUTES", min=0, help="How long to wait for another run that changes the stack.")]
Prune = Annotated[bool, typer.Option("--prune", help="Remove what is no longer wanted and holds no data.")]
RefreshAmi = Annotated[bool, typer.Option("--refresh-ami", help="Roll out the newest image.")]
