"""The package's face: what it says of itself is so."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from importlib import import_module
from importlib.metadata import entry_points, version
from inspect import getmembers, isabstract, isclass
from pathlib import Path

import pytest

import tapctl
from tapctl import resources
from tapctl.model import Kind, Resource
from tapctl.naming import KEY
from tapctl.resources import KINDS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
kinds = pytest.mark.parametrize("kind", KINDS, ids=[kind.kind for kind in KINDS])


def normal(name: str) -> str:
    """A distribution's name as PyPI compares it, without extras and version."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ;]", name)[0]).lower()


def locked() -> dict[str, tuple[str, int]]:
    """Distribution -> its version and the number of its hashes."""
    found = {}
    for entry in re.split(r"^(?=\S)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE):
        if pinned := re.match(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", entry):
            found[normal(pinned[1])] = (pinned[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
    return found


# ---------------------------------------------------------------- the distribution
def test_the_version_is_the_installed_one() -> None:
    assert version("tapctl") == tapctl.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", tapctl.__version__)


def test_the_command_is_the_entry_points_main() -> None:
    command, = (point for point in entry_points(group="console_scripts") if point.name == "tapctl")
    assert command.load() is import_module("tapctl.__main__").main


def test_every_dependency_is_locked_with_hashes() -> None:
    wanted = {normal(name) for names in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
              for name in names}
    lock = locked()
    assert wanted <= lock.keys()
    assert {name for name, (_, hashes) in lock.items() if not hashes} == set()


def test_every_line_of_the_lock_is_a_pin_a_hash_or_a_comment() -> None:
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.fullmatch(r"\S+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|\s*#.*", line), line


def test_the_emulator_is_locked_at_the_version_that_it_corrects() -> None:
    moto, = (name for name in PROJECT["optional-dependencies"]["local"] if normal(name) == "moto")
    assert moto == f"moto[server]=={locked()['moto'][0]}"


# ---------------------------------------------------------------- kinds
def test_every_kind_that_is_written_is_known() -> None:
    written = {member for module in pkgutil.iter_modules(resources.__path__)
               for _, member in getmembers(import_module(f"tapctl.resources.{module.name}"), isclass)
               if issubclass(member, Kind) and member not in (Kind, Resource) and not isabstract(member)}
    assert written == set(KINDS)
    assert len(KINDS) == len({kind.kind for kind in KINDS})


@kinds
def test_a_kind_uses_only_kinds_that_there_are(kind: type[Kind]) -> None:
    assert kind.uses <= {other.kind for other in KINDS}


@kinds
def test_a_kinds_name_can_stand_in_a_key(kind: type[Kind]) -> None:
    assert re.fullmatch(KEY, f"us-east-1/{kind.kind}")


@kinds
def test_a_kinds_aspects_have_names_of_their_own(kind: type[Kind]) -> None:
    names = [aspect.name for aspect in kind.aspects] if issubclass(kind, Resource) else []
    assert len(names) == len(set(names))
    assert not {"create", "delete"} & set(names)


def test_nothing_is_to_go_before_itself() -> None:
    """`down` orders by `uses`: no circle."""
    uses = {kind.kind: set(kind.uses) for kind in KINDS}
    for kind in uses:
        reached: set[str] = set()
        todo = [kind]
        while todo:
            fresh = uses[todo.pop()] - reached
            reached |= fresh
            todo += fresh
        assert kind not in reached
