"""Where settings come from: file, environment and flags, merged into one tree that remembers who said what."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from tapctl.errors import ConfigurationError

PREFIX = "TAPCTL_"
#: Where the emulator writes down that it runs: it is about this machine, not about the stack.
STATE_DIR = "TAPCTL_STATE_DIR"
#: Variables under another name than TAPCTL_<KEY>, and flags under another name than their setting's.
_VARIABLES = {"ENVIRONMENT": ("environment",), "BUCKET_REGION": ("bucket_region",)}
_FLAGS = {"env": ("environment",)}
LIMIT = 2**20  # bytes of a file: what holds more is something else, perhaps without an end
_TRUTH = {"true": True, "false": False}

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong: where it was said and what was given ("config.toml: app.port = 0"), why not, and the mend."""

    what: str
    why: str
    mend: str


@dataclass
class Given:
    """All that was said. file: empty: there is none; values: the merged tree; origins: the path of a value -> the
    variable or flag that said it."""

    file: str
    values: dict[str, Any]
    origins: dict[Steps, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def put(self, path: Steps, value: Any, origin: str) -> None:
        """Sets one value. Where the file has a plain value in a table's place, that is the mistake to be reported."""
        table = self.values
        for step in path[:-1]:
            table = table.setdefault(str(step), {})
            if not isinstance(table, dict):
                return
        table[str(path[-1])] = value
        self.origins[path] = origin

    def has(self, path: Steps) -> bool:
        """Whether anyone said this."""
        here: Any = self.values
        for step in path:
            if not isinstance(here, dict) or step not in here:
                return False
            here = here[step]
        return True

    def where(self, path: Steps) -> str:
        """Who said the value at this path, or something in it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        within = dict.fromkeys(origin for said, origin in self.origins.items() if said[:len(path)] == path)
        return ", ".join([*([f"{self.file}: {dotted(path)}"] if self.file else []), *within])


def dotted(path: Steps) -> str:
    """("regions", 1) -> "regions[1]", ("app", "port") -> "app.port"."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{plain(step)}" for step in path).removeprefix(".")


def plain(name: str) -> str:
    """A name as it is, or with its control characters spelled out: it goes to a terminal."""
    return name if name.isprintable() else ascii(name)


def kind_at(model: Any, path: Steps) -> Any:
    """The type of the setting at this path, without None and annotations; None: there is no such setting."""
    kind: Any = model
    for step in path:
        if get_origin(kind) is Mapping:
            kind = get_args(kind)[1]
        elif is_model(kind) and step in kind.model_fields:
            kind = kind.model_fields[step].annotation
        else:
            return None
        while get_origin(kind) is Annotated or NoneType in get_args(kind):
            kind = get_args(kind)[0]
    return kind


def is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def settings_of(model: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all settings that file and TAPCTL_ variables can give, <name> where the user chooses the key."""
    kind = kind_at(model, path)
    if is_model(kind):
        for name in kind.model_fields:
            if (*path, name) != _VARIABLES["ENVIRONMENT"]:
                yield from settings_of(model, (*path, name))
    elif get_origin(kind) is Mapping:
        yield from settings_of(model, (*path, "<name>"))
    else:
        yield path


def variable(path: Steps) -> str:
    """The environment variable of a setting."""
    return PREFIX + "__".join(str(step).upper().replace("-", "_") for step in path)


def gather(model: Any, file: Path | None, environ: Mapping[str, str], flags: Mapping[str, Any],
           default_regions: tuple[str, ...]) -> Given:
    """Everything that was said, flags over environment over file. ConfigurationError: the file can't be read."""
    path = file or Path("config.toml")
    given = Given(str(path), _read(path, required=file is not None))
    if "environment" in given.values:
        del given.values["environment"]
        given.problems.append(Problem(f"{path}: environment", "the file serves every environment and names none",
                                      "remove it, and give --env or set ENVIRONMENT"))
    for name, text in sorted(environ.items()):
        if text and name != STATE_DIR and (name in _VARIABLES or name.startswith(PREFIX)):
            _from_variable(model, given, name, text)
    for name, value in flags.items():
        if value is not None:
            given.put(_FLAGS.get(name) or tuple(name.split(".")), frozen(value), f"--{name}")
    if "regions" not in given.values:
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            if region := environ.get(name):
                others = [other for other in default_regions if other != region]
                given.put(("regions",), (region, *others)[:len(default_regions)], name)
                break
    return given


def _read(path: Path, required: bool) -> dict[str, Any]:
    """The file's tables, lists as tuples, and the path of a user's script as seen from the file's directory."""
    text = ""
    try:
        with path.open("rb") as file:
            held = file.read(LIMIT + 1)
        if len(held) > LIMIT:
            raise ConfigurationError(f"{path} is no configuration", reason=f"it holds more than {LIMIT} bytes",
                                     mend="give --config the path of tapctl's own file")
        text = held.decode("utf-8-sig") + "\n"
        tables: dict[str, Any] = frozen(tomllib.loads(text))
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not required:
            return {}
        raise ConfigurationError(f"{path} can't be read", reason=error.strerror or str(error),
                                 mend="give --config the path of a readable file, "
                                      "or leave it out to use ./config.toml or the defaults") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8", reason=str(error), mend="save it as UTF-8") from error
    except (ValueError, RecursionError) as error:  # tomllib lets both through: endless digits, endless brackets
        reason = str(error).replace("at end of document", f"at the end, line {text.count(chr(10))}")
        raise ConfigurationError(f"{path} is not TOML", reason=reason,
                                 mend='correct that line; text needs quotes, as in owner = "platform"') from error
    locate(tables, path)
    return tables


def locate(tables: dict[str, Any], file: Path) -> None:
    """Have the path of a user's script, which is relative to this file, as it is from here."""
    app = tables.get("app")
    if isinstance(app, dict) and isinstance(app.get("user_data_file"), str):
        app["user_data_file"] = str(file.parent / app["user_data_file"])


def frozen(value: Any) -> Any:
    """Lists, at any depth, as tuples: what the frozen models hold."""
    if isinstance(value, dict):
        return {name: frozen(inner) for name, inner in value.items()}
    return tuple(map(frozen, value)) if isinstance(value, list | tuple) else value


def _from_variable(model: Any, given: Given, name: str, text: str) -> None:
    path = _VARIABLES.get(name) or _path(model, name)
    kind = kind_at(model, path)
    if kind is None or (path == _VARIABLES["ENVIRONMENT"] and name not in _VARIABLES):
        names = [*_VARIABLES, *map(variable, settings_of(model))]
        near = get_close_matches(name, names, 1) or get_close_matches(name.removeprefix(PREFIX), names, 1)
        mend = f"did you mean {near[0]}?" if near else "unset it; config.toml lists the settings"
        given.problems.append(Problem(plain(name), "is no setting's variable", mend))
    elif is_model(kind) or get_origin(kind) is Mapping:
        given.problems.append(Problem(name, "names a table, not a value",
                                      f"set its keys one by one, such as {variable((*path, _first(kind)))}"))
    else:
        given.put(path, _decoded(text, kind), name)


def _path(model: Any, name: str) -> tuple[str, ...]:
    """TAPCTL_NETWORK__VPC_ID__US_EAST_1 -> ("network", "vpc_id", "us-east-1"): keys that users choose have hyphens."""
    path: tuple[str, ...] = ()
    for step in name.removeprefix(PREFIX).lower().split("__"):
        chosen = get_origin(kind_at(model, path)) is Mapping
        path = (*path, step.replace("_", "-") if chosen else step)
    return path


def _first(kind: Any) -> str:
    return next(iter(kind.model_fields)) if is_model(kind) else "<NAME>"


def _decoded(text: str, kind: Any) -> Any:
    """A variable's text as the setting's type; as it is where it can't be, for the model to refuse."""
    if get_origin(kind) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind is bool:
        return _TRUTH.get(text.lower(), text)
    if kind is int and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    return text
