"""docs/commands.md and docs/configuration.md say what the program says."""

from __future__ import annotations

from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import typer

from reference import __main__ as reference
from reference import between, commands, configuration
from tapctl import cli
from tapctl.settings import Settings
from tapctl.settings_sources import settings_of, variable

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_committed_page_is_current(name: str) -> None:
    assert reference.written(DOCS, name) == (DOCS / name).read_text(), "make docs"


def test_what_was_written_before_is_replaced(tmp_path: Path) -> None:
    for name in reference.PAGES:
        copy(DOCS / name, tmp_path)
        page = tmp_path / name
        page.write_text(between(page.read_text(), reference.BEGIN, reference.END, "old"))
    reference.write(tmp_path)
    for name in reference.PAGES:
        assert (tmp_path / name).read_text() == (DOCS / name).read_text()


def test_a_page_without_its_marks_is_not_overwritten() -> None:
    assert between("a <b> old </b> c", "<b>", "</b>", "new") == "a <b>\n\nnew\n\n</b> c"
    for page in "a <b> c", "a </b> c", "":
        with pytest.raises(ValueError, match="the page has no <b>"):
            between(page, "<b>", "</b>", "new")


def test_every_command_and_option_is_in_it() -> None:
    told = commands.text()
    known: list[tuple[Any, Any]] = [*commands.every(typer.main.get_command(cli.app))]
    assert len(known) > 15
    for command, context in known:
        part = told.partition(f"## {context.command_path}\n")[2].partition("\n## ")[0]
        for param in command.get_params(context):
            assert all(f"{name}" in part for name in param.opts if name.startswith("-")), (context.command_path, param)
            assert commands.cell(param.get_help_record(context)[1]) in part


def test_every_setting_is_in_it_with_default_and_rule() -> None:
    rows = {cells[0].strip().split("`")[3]: cells for line in configuration.text().splitlines()
            if (cells := line.strip("|").replace("\\|", "").split(" | ")) and "<br>`TAPCTL_" in cells[0]}
    assert set(rows) == {variable(path) for path in settings_of(Settings)}
    assert all(len(cells) == 4 and all(map(str.strip, cells)) for cells in rows.values())
    assert rows["TAPCTL_APP__PORT"][1:3] == ["`8080`", "a port that needs no privileges, from 1024 to 65535"]
    assert rows["TAPCTL_ALARMS__ACTIONS__<NAME>"][2] == (
        "the name of an AWS region = a list, of each: the ARN of an alarm action")
