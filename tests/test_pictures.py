"""Pictures of a terminal: what is on it is on them."""

from __future__ import annotations

import html
import io
import re
import sys
from pathlib import Path

import pyte
import pytest
from rich.console import Console

from pictures import __main__ as command
from pictures.session import Session
from pictures.terminal import Terminal, picture
from tapctl.emulator import process

DOCS = Path(__file__).parent.parent / "docs" / "pictures"
NAMES = ("up", "up-done", "plan", "status", "down")


def shown(text: str, columns: int = 40, lines: int = 6) -> Terminal:
    terminal = Terminal(columns, lines)
    pyte.Stream(terminal).feed(text.replace("\n", "\r\n"))
    return terminal


def words(svg: str) -> list[str]:
    """The lines of a picture, without their spaces."""
    rows = dict[str, str]()
    for row, text in re.findall(r'<text[^>]*\by="([0-9.]+)"[^>]*clip-path[^>]*>([^<]*)</text>', svg):
        rows[row] = rows.get(row, "") + html.unescape(text)
    return ["".join(text.split()) for text in rows.values()]


def test_what_is_on_the_screen() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=40)
    console.print("[bold]us-east-1[/] [green]✓[/] [yellow]a[/] [dim]b[/] [reverse]c[/]")
    assert isinstance(console.file, io.StringIO)
    svg = picture(shown("nothing\n" + console.file.getvalue() + "\n"), "tapctl up", "^us-")
    assert words(svg) == ["us-east-1✓abc"]
    assert "tapctl up" in html.unescape(svg).replace("\xa0", " ")
    assert "font-weight: bold" in svg
    assert len(set(re.findall(r"fill: (#\w+)", svg))) > 3


def test_the_alternate_screen() -> None:
    assert shown("before\n\x1b[?1049h\x1b[Hdrawn").display[0].rstrip() == "drawn"
    after = shown("before\n\x1b[?25l\x1b[?1049h\x1b[Hdrawn\x1b[?1049l\x1b[?25hafter").display
    assert [line.rstrip() for line in after[:2]] == ["before", "after"]
    assert shown("a\x1b[?1049l").display[0].rstrip() == "a"


def test_a_command_to_its_end() -> None:
    session = Session("tapctl --version", {}, 30, 5)
    session.end()
    assert re.match(r"(tapctl )?\d+\.\d+", session.terminal.shown)


def test_those_of_the_documentation() -> None:
    """They are there, small, and shown where they belong."""
    pages = "".join(page.read_text() for page in (DOCS.parent.parent / "README.md", *DOCS.parent.glob("*.md")))
    assert {path.stem for path in DOCS.glob("*.svg")} == set(NAMES)
    for name in NAMES:
        assert f"pictures/{name}.svg" in pages
        svg = (DOCS / f"{name}.svg").read_text()
        assert len(svg) < 60_000
        assert len(words(svg)) > 5


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "pictures", lambda environ: iter([("one", f"<svg>{len(environ)}</svg>")]))
    monkeypatch.setattr(process, "stop", lambda: True)
    monkeypatch.setattr(sys, "argv", ["pictures", str(tmp_path / "made")])
    monkeypatch.setenv("TAPCTL_STATE_DIR", "elsewhere")
    command.main()
    assert (tmp_path / "made" / "one.svg").read_text() == "<svg>1</svg>"
