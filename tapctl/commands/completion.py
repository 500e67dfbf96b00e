"""What the Tab key offers of the configuration. Somebody waits for it: the file is read as it is, and nothing is said
of what is wrong with it."""

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


def said(context: typer.Context) -> dict[str, Any]:
    """The file that --config names so far, or config.toml; nothing where that can't be read."""
    import tomllib

    try:
        with open(context.params.get("config") or "config.toml", "rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError):
        return {}


def hasten() -> None:
    """Keep typer from what takes longer than all the rest: it would convert options' values, which nobody looks at, and
    import pydantic for it; and take markup out of helps, which have none, and import rich for it."""
    from typer import _completion_classes

    option: Any = typer.core.TyperOption
    option.process_value = lambda _, __, value: value
    shells: Any = _completion_classes
    shells._sanitize_help_text = lambda text: text
