"""The Tab key: what it offers, and that it loads nothing that would make it slow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tapctl.commands import completion
from tapctl.logfiles import folder, name

CODE = """
import sys
from tapctl import cli
try:
    cli.main()
finally:
    print(*{"pydantic", "rich", "boto3"} & {*sys.modules}, file=sys.stderr)
"""
UP, DOWN = ({"at": f"2026-11-29T05:{minute}:10.000+00:00", "command": command, "stack": "TapStack/pr-7", "run": run}
            for minute, command, run in ((12, "up", "bcbf8f2ce309"), (41, "down", "9d0c41000000")))
FILE = """
regions = ["eu-west-1", "us-east-1"]
[environments.staging]
[environments.pr-7]
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path / "state"))


def logged(*heads: Mapping[str, str]) -> None:
    for head in heads:
        (folder() / name(head)).touch()


def pressed(typed: str, folder: Path, **environ: str) -> list[str]:
    words = {"_TAPCTL_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    answered = subprocess.run((sys.executable, "-c", CODE), env={**os.environ, **words, **environ}, cwd=folder,
                              capture_output=True, text=True, check=True)
    assert answered.stderr == "\n"
    return answered.stdout.split()


@pytest.mark.parametrize(("typed", "offered"), [
    ("tapctl s", {"status"}),
    ("tapctl up --env production --re", {"--region", "--refresh-ami"}),
    ("tapctl outputs --format g", {"github"}),
    ("tapctl up --env p", {"production", "pr-7"}),
    ("tapctl log bc", {"bcbf8f2ce309"}),
])
def test_the_tab_key_is_answered_without_what_is_slow(tmp_path: Path, typed: str, offered: set[str]) -> None:
    (tmp_path / "config.toml").write_text(FILE)
    logged(UP, DOWN)
    assert {*pressed(typed, tmp_path)} == offered


@pytest.mark.parametrize(("shell", "shown"), [("zsh", "the stack’s lock"), ("fish", "the stack's lock")])
def test_other_shells_show_the_help_beside_it(tmp_path: Path, shell: str, shown: str) -> None:
    given = {"_TAPCTL_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "tapctl unl",
             "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert shown in " ".join(pressed("", tmp_path, **given))


@pytest.mark.parametrize(("file", "found"), [
    (FILE, (["staging", "production", "pr-7"], ["eu-west-1", "us-east-1"])),
    (None, (["staging", "production"], ["us-east-1", "us-west-2"])),
    ("regions = [", (["staging", "production"], ["us-east-1", "us-west-2"])),
    ("regions = 7\nenvironments = 7", (["staging", "production"], ["us-east-1", "us-west-2"])),
    ("regions = [7]", (["staging", "production"], [])),
])
def test_what_a_file_says(tmp_path: Path, file: str | None, found: tuple[list[str], list[str]]) -> None:
    path = tmp_path / "mine.toml"
    if file is not None:
        path.write_text(file)
    context: Any = SimpleNamespace(params={"config": str(path)})
    assert (completion.environments(context), completion.regions(context)) == found


def test_runs_are_offered_newest_first_with_what_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completion.runs() == []
    logged(UP, DOWN)
    (last, _), *its = completion.runs()
    assert (last, [run for run, _ in its]) == ("last", [DOWN["run"], UP["run"]])
    assert [said.endswith(f":41  {DOWN['command']} TapStack-pr-7") for _, said in its] == [True, False]
    monkeypatch.setenv("TAPCTL_STATE_DIR", "/dev/null")
    assert completion.runs() == []


def test_the_variable_goes_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPCTL_REGIONS", "eu-west-1,eu-west-2")
    context: Any = SimpleNamespace(params={})
    assert completion.regions(context) == ["eu-west-1", "eu-west-2"]
