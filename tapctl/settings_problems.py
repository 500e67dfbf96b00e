"""What is wrong with the settings, all of it, in one error that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from tapctl.errors import ConfigurationError
from tapctl.settings_sources import Given, Problem, Steps, dotted, kind_at, settings_of

#: pydantic's kind of error -> why the value won't do, and what will.
_WHY = {
    "tuple_type": ("is not a list", 'write {path} = ["...", "..."]'),
    "string_type": ("is not text", 'put it in quotes: {path} = "..."'),
    "string_unicode": ("is not UTF-8", "give text in UTF-8"),
    "int_type": ("is not a whole number", "give a whole number without quotes"),
    "bool_type": ("is neither true nor false", "give true or false, without quotes"),
    "is_instance_of": ("is not a path", 'put it in quotes: {path} = "..."'),
    "missing": ("is missing", "add it"),
    "too_long": ("is too long a list", "give at most {max_length}"),
}
_SHOWN = 80


def explain(model: Any, given: Given, error: ValidationError) -> Iterator[Problem]:
    """Each of pydantic's findings, with where the value came from and the mend."""
    for found in error.errors(include_url=False):
        path: Steps = tuple(step for step in found["loc"] if step != "[key]")
        # A table of sizes completed from staging's repeats staging's mistakes.
        if path[0] == "environments" and not given.has(path):
            continue
        value, context = found["input"], {**found.get("ctx", {}), "path": dotted(path)}
        # What stands under an unknown key or in a table's place may be anything, even a secret, so it isn't shown.
        if found["type"] == "extra_forbidden":
            yield Problem(given.where(path), "there is no such setting", _nearest(model, path))
        elif found["type"] in ("model_type", "dict_type"):
            yield Problem(given.where(path), "is not a table",
                          f"write [{dotted(path)}] and its keys below, or remove it")
        elif found["type"] == "tapctl":
            yield Problem(given.where(path) + _shown(value), context["why"], context["mend"])
        elif found["type"] == "literal_error":
            near = get_close_matches(str(value).lower(), re.findall(r"\w+", context["expected"]), 1)
            yield Problem(given.where(path) + _shown(value), f"is not {context['expected']}",
                          f'did you mean "{near[0]}"?' if near else f"give {context['expected']}")
        else:
            why, mend = _WHY.get(found["type"], (found["msg"], "see the comments of the committed config.toml"))
            yield Problem(given.where(path) + _shown(value), why, mend.format(**context))


def _shown(value: Any) -> str:
    """ " = 'given'", short and without control characters; nothing of a table."""
    if isinstance(value, dict):
        return ""
    text = ascii(list(value) if isinstance(value, tuple) else value)
    return f" = {text}" if len(text) <= _SHOWN else f" = {text[:_SHOWN]}..."


def _nearest(model: Any, path: Steps) -> str:
    """The setting that was probably meant: alike in the same table, else alike anywhere."""
    name = str(path[-1]).lower()
    here = list(dict.fromkeys(known[0] for known in settings_of(kind_at(model, path[:-1]))))
    anywhere = {known[-1]: dotted(known) for known in reversed(list(settings_of(model)))}
    if near := get_close_matches(name, here, 1):
        return f"did you mean {dotted((*path[:-1], near[0]))}?"
    if near := get_close_matches(name, list(anywhere), 1):
        return f"did you mean {anywhere[near[0]]}?"
    return f"remove it; known here: {', '.join(here)}"


class Several(ConfigurationError):
    """errors: one for each setting."""

    def __init__(self, errors: Sequence[ConfigurationError]) -> None:
        super().__init__(f"{len(errors)} settings are wrong:")
        self.errors = errors

    def lines(self) -> list[str]:
        told = [self.message]
        for error in self.errors:
            what, *rest = error.lines()
            told += [f"  {what}", *(f"    {line}" for line in rest)]
        return told


def summed_up(problems: Sequence[Problem]) -> ConfigurationError:
    """One error for all problems: a single one in its own words, several as a list."""
    errors = [ConfigurationError(problem.what, reason=problem.why, mend=problem.mend) for problem in problems]
    return errors[0] if len(errors) == 1 else Several(errors)
