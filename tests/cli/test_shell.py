"""The command in a shell: help at once, completion, no trace of what it does not need."""

from __future__ import annotations

import pytest

from tests.cli.installed import Installed


def test_help_loads_nothing_heavy(tapctl: Installed) -> None:
    result = tapctl("--help", PYTHONPROFILEIMPORTTIME="1")
    assert result.code == 0
    assert "Usage: tapctl [OPTIONS] COMMAND" in result.out
    loaded = {line.rpartition("|")[2].strip() for line in result.err.splitlines()}
    assert "typer" in loaded
    assert not loaded & {"boto3", "botocore", "pydantic", "moto", "rich.console", "tapctl.view"}


@pytest.mark.parametrize(("typed", "offered"), [
    ("tapctl up --env pro", {"production"}), ("tapctl local st", {"start", "stop", "status"})])
def test_the_tab_key(tapctl: Installed, typed: str, offered: set[str]) -> None:
    result = tapctl(_TAPCTL_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=str(len(typed.split()) - 1))
    assert set(result.out.split()) == offered
