"""config.toml as it is written: every setting, explained by its description. What the models say, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

from pydantic import BaseModel

from tapctl.settings import Settings

HEAD = """\
# What tapctl builds. Every value here is the default, unless it was chosen: without this file the same stack stands.
#
# Each setting can be given in the environment instead, TAPCTL_<KEY>, with two underscores for each table:
#   TAPCTL_OWNER=web-team  TAPCTL_REGIONS=us-east-1,us-west-2  TAPCTL_DATABASE__STORAGE_GIB=40
#   TAPCTL_CERTIFICATE_ARNS__US_EAST_1=arn:aws:acm:...  TAPCTL_ENVIRONMENTS__STAGING__MAX_SIZE=2
# The environment goes over this file, and flags go over both. A variable that is set to nothing counts as unset.
# The environment's name stands nowhere here: it comes from --env or ENVIRONMENT alone.
"""
WIDTH, COLUMN = 120, 41  # of a line; where comments begin
TABLES = ("certificate_arns",)  # mappings with a table of their own, besides those of models


def document(settings: Settings, folder: Path = Path()) -> str:
    """The whole file, for this folder. Of what wasn't given and has an example, the example is shown, as a comment."""
    script = settings.app.user_data_file
    if script and script.is_relative_to(folder):
        app = settings.app.model_copy(update={"user_data_file": script.relative_to(folder)})
        settings = settings.model_copy(update={"app": app})
    fields = [name for name in Settings.model_fields if name not in ("environment", "environments")]
    plain = [name for name in fields if not tabled(settings, name)]
    lines = [HEAD, *entries(settings, plain)]
    for name in fields:
        if tabled(settings, name):
            lines += ["", *table(settings, name)]
    lines += ["", *(f"# {line}" for line in wrap(told(Settings, "environments"), WIDTH - 2))]
    for number, (name, sizes) in enumerate(settings.environments.items()):
        lines += [*([""] * bool(number)), f"[environments.{name}]", *entries(sizes, list(type(sizes).model_fields))]
    return "\n".join(lines) + "\n"


def tabled(settings: Settings, name: str) -> bool:
    return name in TABLES or isinstance(getattr(settings, name), BaseModel)


def table(settings: Settings, name: str) -> Iterator[str]:
    value = getattr(settings, name)
    yield from commented(f"[{name}]", told(Settings, name))
    if isinstance(value, BaseModel):
        yield from entries(value, list(type(value).model_fields))
    else:
        given = value or Settings.model_fields[name].examples[0]  # type: ignore[index]
        yield from (("" if value else "# ") + f"{key} = {toml(its)}" for key, its in given.items())


def entries(model: BaseModel, names: list[str]) -> Iterator[str]:
    for name in names:
        examples = type(model).model_fields[name].examples
        shown = examples is None or name in model.model_fields_set
        value = getattr(model, name) if shown or examples is None else examples[0]
        yield from commented(f"{'' if shown else '# '}{name} = {toml(value)}", told(type(model), name))


def told(model: type[BaseModel], name: str) -> str:
    return model.model_fields[name].description or ""


def commented(line: str, text: str) -> Iterator[str]:
    """A comment beside the line; above it, where the line is too long for that."""
    if len(line) >= COLUMN:
        yield from (f"# {part}" for part in wrap(text, WIDTH - 2))
        yield line
        return
    first, *more = wrap(text, WIDTH - COLUMN - 2)
    yield f"{line:{COLUMN}}# {first}"
    yield from (f"{'':{COLUMN}}# {part}" for part in more)


def toml(value: Any) -> str:
    """https://toml.io/en/v1.0.0"""
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(its)}' for key, its in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value if isinstance(value, bool | int) else str(value), ensure_ascii=False)
