"""What `tapctl init` asks: a few settings, each answer checked with all that was said before it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from tapctl import settings_problems
from tapctl.defaults import ENVIRONMENTS
from tapctl.defaults import REGIONS as DEFAULT
from tapctl.errors import ConfigurationError, UsageError
from tapctl.settings import Settings
from tapctl.settings_sources import Given, frozen


@dataclass(frozen=True)
class Question:
    """settings: those that the answer is for; read: the answer as these settings' values, one each."""

    text: str
    settings: tuple[tuple[str, ...], ...]
    read: Callable[[str], Iterable[Any]]

    def put(self, given: Given, typed: str) -> None:
        values = list(self.read(typed))
        for path, value in zip(self.settings, [*values, *[None] * len(self.settings)], strict=False):
            given.put(path, value, self.text)

    def default(self, settings: Settings) -> str:
        """What holds without an answer."""
        return shown([at(settings, path) for path in self.settings])


def one(typed: str) -> list[str]:
    return [typed]


def words(typed: str) -> list[tuple[str, ...]]:
    return [tuple(typed.replace(",", " ").split())]


def numbers(typed: str) -> list[int | str]:
    return [int(word) if word.isdecimal() else word for word in words(typed)[0]]


def by_region(typed: str) -> list[dict[str, str]]:
    """ARNs of certificates, each under the region that it names. What is no ARN is refused, whatever it is under."""
    return [{f"{arn}:::".split(":")[3] or DEFAULT[0]: arn for arn in words(typed)[0]}]


PROJECT = Question("Project, which starts every name", (("project",),), one)
OWNER = Question("Owner, for the tags", (("owner",),), one)
REGIONS = Question("Regions, the primary first", (("regions",),), words)
ACCOUNTS = Question("Account ids that it may run in", (("allowed_account_ids",),), words)
CERTIFICATES = Question("ARNs of ACM certificates, for HTTPS", (("certificate_arns",),), by_region)
QUESTIONS = (PROJECT, OWNER, REGIONS, ACCOUNTS, CERTIFICATES, *(
    question for name in ENVIRONMENTS for question in (
        Question(f"{name}: type of the instances", (("environments", name, "instance_type"),), one),
        Question(f"{name}: instances a region, at least, at first, at the most", tuple(
            ("environments", name, size) for size in ("min_size", "desired_size", "max_size")), numbers),
        Question(f"{name}: class of the databases", (("environments", name, "database_class"),), one))))


def at(settings: Settings, path: tuple[str, ...]) -> Any:
    value: Any = settings
    for step in path:
        value = getattr(value, step) if isinstance(value, BaseModel) else value[step]
    return value


def shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(shown, value)))
    return shown(list(value.values())) if isinstance(value, dict) else str(value)


def interview(given: Given, ask: Callable[[str], str], tell: Callable[[str], None]) -> Given:
    """What was given, and what was asked for beside it. An answer that won't do is told why, and asked for again."""
    for question in QUESTIONS:
        if any(given.has(path) for path in question.settings):
            continue
        while typed := ask(f"{question.text} [{question.default(checked(given)) or 'none'}]: "):
            trial = deepcopy(given)
            question.put(trial, typed)
            try:
                checked(trial)
            except ConfigurationError as error:
                for line in error.lines():
                    tell(line)
                continue
            given = trial
            break
    return given


def checked(given: Given) -> Settings:
    """Raises ConfigurationError: all that is wrong with it."""
    try:
        return Settings.model_validate(given.values)
    except ValidationError as error:
        raise settings_problems.summed_up([*settings_problems.explain(Settings, given, error)]) from error


def put(given: Given, assignment: str) -> None:
    """What --set names, "environments.staging.max_size=4", with the value as in config.toml; quotes may be left out.

    Raises UsageError: it is no assignment.
    """
    name, equals, text = assignment.partition("=")
    if not (name.strip() and equals):
        raise UsageError(f"--set {assignment} sets nothing", mend="write it as in --set database.storage_gib=40")
    try:
        value = tomllib.loads(f"it = {text}")["it"]
    except tomllib.TOMLDecodeError:
        value = text
    say(given, tuple(name.strip().split(".")), frozen(value), f"--set {name.strip()}")


def say(given: Given, path: tuple[str, ...], value: Any, flag: str) -> None:
    """Raises UsageError: another flag has said it, or something of it, already."""
    for said, other in given.origins.items():
        if said[:len(path)] == path[:len(said)]:
            raise UsageError(f"{other} and {flag} contradict each other", reason="both say the same setting",
                             mend="leave one of them out")
    given.put(path, value, flag)
