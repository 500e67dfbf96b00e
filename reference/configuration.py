"""The configuration reference: every setting, from the models that read it (tapctl/settings.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from reference.commands import cell
from tapctl.defaults import ENVIRONMENTS
from tapctl.settings import Settings
from tapctl.settings_file import toml
from tapctl.settings_sources import kind_at, settings_of, variable

Path = tuple[str, ...]
PLAIN = {bool: "true or false", int: "a whole number", str: "text"}
DEFAULTS = Settings.model_validate({})
CHOSEN = "<name>"  # in a path, a key that the user chooses


def text() -> str:
    """A table for each of the file's tables."""
    lines = []
    for table, paths in groupby(settings_of(Settings), table_of):
        if table:
            lines += [f"## `[{'.'.join(table)}]`", "", sentence(field(table[:1]).description or ""), ""]
        else:
            lines += ["## Outside of tables", ""]
        lines += ["| key, variable | default | takes | is |", "|---|---|---|---|", *map(row, paths), ""]
    return "\n".join(lines)


def sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def table_of(path: Path) -> Path:
    """The table that a setting is written in; () for those before the first. A table within a line is none."""
    if path[0] == "environments":
        return path[:2]
    return path[:1] if len(path) > 1 else ()


def row(path: Path) -> str:
    key = ".".join(path[len(table_of(path)):])
    its = field(path)
    return f"| `{key}`<br>`{variable(path)}` | {default(path)} | {cell(takes(its.annotation, its.metadata))} | " \
           f"{cell((explained(path).description or '').rstrip('.'))} |"


def field(path: Path) -> FieldInfo:
    """The field that a setting is, or is a key of."""
    while path[-1] == CHOSEN:
        path = path[:-1]
    found: FieldInfo = kind_at(Settings, path[:-1]).model_fields[path[-1]]
    return found


def explained(path: Path) -> FieldInfo:
    """The field that says what the setting is: its own, or that of the table within a line that it is a part of."""
    return field(path) if field(path).description else explained(path[:-1])


def default(path: Path) -> str:
    """As it stands in the file; where nothing does, an example."""
    if path[0] == "environments":
        return "<br>".join(f"`{toml(value_at((path[0], name, path[2])))}` ({name})" for name in ENVIRONMENTS)
    examples = explained(path).examples
    return f"none; as in `{toml(examples[0])}`" if examples else f"`{toml(value_at(path))}`"


def value_at(path: Path) -> Any:
    here: Any = DEFAULTS
    for step in path:
        here = here[step] if isinstance(here, Mapping) else getattr(here, step)
    return here


def takes(kind: Any, metadata: Iterable[Any] = ()) -> str:
    """What a value must be: the rules of its validators, which are their docstrings, else its type."""
    rules = [rule for meta in metadata if (rule := getattr(getattr(meta, "func", None), "__doc__", None))]
    if rules:
        return "; ".join(rules)
    if get_origin(kind) is Annotated:
        return takes(get_args(kind)[0], get_args(kind)[1:])
    if NoneType in get_args(kind):
        return takes(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) is tuple:
        return f"a list, of each: {takes(get_args(kind)[0])}"
    if get_origin(kind) is Mapping:
        key, value = get_args(kind)
        return f"{takes(key)} = {takes(value)}"
    return PLAIN[kind]
