"""Where the command starts: what is answered without a command line, and what is set before there is one."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys

import pytest

from tapctl import __main__ as entry
from tapctl import __version__, cli
from tests.cli.installed import COMMAND, Installed


def test_the_version_is_told_without_a_command_line(tapctl: Installed) -> None:
    result = tapctl("--version", PYTHONPROFILEIMPORTTIME="1")
    assert (result.code, result.out) == (0, f"tapctl {__version__}\n")
    loaded = {line.rpartition("|")[2].strip() for line in result.err.splitlines()}
    assert "tapctl" in loaded
    assert not loaded & {"typer", "tapctl.cli"}


@pytest.mark.parametrize("args", ["--version", "--help", "local status"])
def test_an_output_that_is_full(tapctl: Installed, args: str) -> None:
    with open("/dev/full", "w") as full:
        run = subprocess.run([COMMAND, *args.split()], cwd=tapctl.home, stdout=full, stderr=subprocess.PIPE, text=True,
                             env=tapctl.variables({}), check=False)
    assert (run.returncode, run.stderr.splitlines()) == (1, [
        "the output can't be written any further", "reason: [Errno 28] No space left on device",
        "mend: make room where it goes, and run the same command again"])


def test_all_else_is_for_the_command_line_which_finds_things_set(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[object, ...]] = []
    monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
    monkeypatch.setattr(sys, "argv", ["tapctl", "--version", "up"])
    monkeypatch.setattr(cli, "main", lambda: found.append((gc.get_threshold()[0],
                                                           os.environ["PYDANTIC_DISABLE_PLUGINS"])))
    entry.main()
    assert found == [(entry.COLLECT_AFTER, "__all__")]
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "mine")
    entry.main()
    assert found[1:] == [(entry.COLLECT_AFTER, "mine")]


def test_letters_that_the_terminal_lacks_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", write_through=True)
    monkeypatch.setattr(sys, "argv", ["tapctl", "doctor"])
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(cli, "main", lambda: screen.write("✗ Équipe"))
    entry.main()
    assert screen.buffer.getvalue() == "? Équipe".encode("latin-1")


def test_python_takes_it_as_a_module() -> None:
    run = subprocess.run((sys.executable, "-m", "tapctl", "--version"), capture_output=True, text=True, check=True)
    assert run.stdout == f"tapctl {__version__}\n"
