"""What the Tab key offers of the configuration, and of earlier runs. Somebody waits for it: files are read as they are,
and nothing is said of what is wrong with them."""

import os
from typing import Any

import typer
import typer.core

from tapctl.defaults import ENVIRONMENTS, REGIONS


def environments(context: typer.Context) -> list[str]:
    """Those with sizes of their own; any other lower-case name is one, too."""
    tables = said(context).get("environments")
    return list(dict.fromkeys((*ENVIRONMENTS, *(tables if isinstance(tables, dict) else ()))))


def regions(context: typer.Context) -> list[str]:
    given = os.environ.get("TAPCTL_REGIONS", "").split(",")
    listed = given if given != [""] else said(context).get("regions")
    return [region for region in listed if isinstance(region, str)] if isinstance(listed, list) else [*REGIONS]


def runs() -> list[tuple[str, str]]:
    """The runs that `tapctl log` lists, the newest first, each with when it began and what it was."""
    from datetime import datetime

    from tapctl.logfiles import folder, logs, told

    try:
        found = [told(path) for path in logs(folder())]
    except OSError:
        found = []
    return [("last", "the newest of them")] * bool(found) + [
        (its["run"], f"{datetime.fromisoformat(its['at']).astimezone():%m-%d %H:%M}  {its['command']} {its['stack']}")
        for its in found]


def said(context: typer.Context) -> dict[str, Any]:
    """The file that --config names so far, or config.toml; nothing where that can't be read."""
    import tomllib

    try:
        with open(context.params.get("config") or "config.toml", "rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError):
        return {}


def hasten() -> None:
    """Keep typer from what takes longer than all the rest: it would convert values, which nobody looks at, and
    import pydantic for it; and take markup out of helps, which have none, and import rich for it."""
    from typer import _completion_classes

    kinds: tuple[Any, ...] = (typer.core.TyperOption, typer.core.TyperArgument)
    for kind in kinds:
        kind.process_value = lambda _, __, value: value
    shells: Any = _completion_classes
    shells._sanitize_help_text = lambda text: text.replace("''", "’")  # which zsh drops
