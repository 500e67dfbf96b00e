"""Every row of the table: one message that names the thing and the mend, the exit code, and nothing done."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import typer
from botocore import endpoint
from botocore.config import Config
from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider
from botocore.utils import ContainerMetadataFetcher

from tapctl import aws, cli
from tapctl.emulator.inprocess import emulated
from tapctl.settings import Settings
from tapctl.settings_sources import dotted, settings_of
from tests.bad_input.line import Line, listening
from tests.bad_input.row import COMMANDS, Row
from tests.bad_input.table import TABLE
from tests.conformance.lab import models

ROWS = [(f"{turn} --env staging", pytest.param(row, id=f"{kind}: {row.name}"))
        for kind, rows in TABLE.items() for turn, row in zip(cycle(COMMANDS), rows, strict=False)]
COMMAND_LINE: Any = typer.main.get_command(cli.app)


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) >= 80


def test_every_setting_is_got_wrong_in_it() -> None:
    said = " ".join(part for kind in ("config", "environment") for row in TABLE[kind] for part in row.said)
    for path in settings_of(Settings):
        name = re.escape(dotted(path)).replace("<name>", r"[\w-]+")
        assert re.search(rf"(?<![\w.]){name}(?!\w)", said), dotted(path)


def test_every_flag_with_a_value_is_got_wrong_in_it() -> None:
    given = [shlex.split(row.args) for rows in TABLE.values() for row in rows]
    of_local = COMMAND_LINE.commands["local"].commands
    commands = {**COMMAND_LINE.commands, **{f"local {name}": its for name, its in of_local.items()}}
    for name, command in commands.items():
        of_it = [args for args in given if args[:len(name.split())] == name.split()]
        for flag in command.params:
            named = flag.param_type_name == "option" and not flag.is_flag  # rows of the others have no word to look for
            assert not named or any({*flag.opts} & {*args} for args in of_it), f"{name} {flag.opts[0]}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Beside which is where the logs of runs go."""
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


@contextmanager
def surroundings(row: Row, home: Path) -> Iterator[tuple[Line, Mapping[str, str]]]:
    """The variables of the row and no others, what answers where AWS should, and nobody who waits for long."""
    with ExitStack() as stack:
        if row.emulated:
            stack.enter_context(emulated())
        url = stack.enter_context(row.listening()) if row.listening else ""
        environ = {"PATH": os.environ["PATH"], "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true",
                   "TAPCTL_STATE_DIR": str(home.parent / "state"), **row.environ}
        words = {"{url}": url, "{home}": str(home)}
        filled = {name: spelled(text, words) for name, text in environ.items()}
        stack.enter_context(patch.dict(os.environ, filled, clear=True))
        for provider in SSOProvider, SSOTokenProvider:  # which look for the home directory once, when they are imported
            stack.enter_context(patch.object(provider, "_SSO_TOKEN_CACHE_DIR", str(home / ".aws/sso/cache")))
        stack.enter_context(patch.object(typer.main, "get_command", lambda app: COMMAND_LINE))  # is dear to make
        stack.enter_context(patch.object(ContainerMetadataFetcher, "RETRY_ATTEMPTS", 1))
        stack.enter_context(patch.object(aws, "Services", lambda *_, **__: models()))
        stack.enter_context(patch.object(aws, "Config", hasty))
        stack.enter_context(patch.object(endpoint, "time", SimpleNamespace(time=time.time, sleep=lambda _: None)))
        yield stack.enter_context(listening(row.answers, elsewhere=row.emulated or row.listening is not None)), words


def spelled(text: str, words: Mapping[str, str]) -> str:
    for word, meaning in words.items():
        text = text.replace(word, meaning)
    return text


def hasty(**given: Any) -> Config:
    return Config(**{**given, "connect_timeout": 0.2, "read_timeout": 0.2})


def standing(home: Path) -> dict[str, bytes | None]:
    """All that is on disk there."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(home.rglob("*"))}


@pytest.mark.parametrize(("usual", "row"), [(usual, row.values[0]) for usual, row in ROWS],
                         ids=[row.id for _, row in ROWS])
def test_it_is_told_once_with_its_mend_and_nothing_is_done(
        row: Row, usual: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, held in row.files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if held is None else path.write_bytes(held.encode() if isinstance(held, str) else held)
    args = shlex.split(row.args or usual)
    with surroundings(row, home) as (line, words):
        before = standing(home)
        with patch.object(sys, "argv", ["tapctl", *args]), pytest.raises(SystemExit) as ended:
            cli.main()
        assert standing(home) == before
    logged = "".join(path.read_text() for path in (home.parent / "state").glob("runs/*"))
    assert bool(logged) is bool(line.calls)
    assert "hunter2" not in logged

    said = capsys.readouterr()
    assert ended.value.code == row.code, said.err
    _, *parts = said.err.splitlines()[row.notes:]
    assert [part.split(":")[0] for part in parts] in (["reason", "mend"], ["mend"]), said.err
    for part in row.said:
        assert spelled(part, words) in said.err
    assert said.err.replace("\n", "").isprintable()
    for strange in "Traceback", "pydantic", "botocore", "reason:":
        assert strange not in said.out
    for strange in "Traceback", "pydantic", "hunter2":
        assert strange not in said.err
    assert {*line.calls} > {"sts GetCallerIdentity"} or not said.out, "nothing has begun"
    assert row.emulated or row.answers or row.listening or not line.calls
    assert not line.mutating
