"""Lines as wide as a terminal, or as long as they are."""

from __future__ import annotations

import io

import pytest

from tapctl.render.columns import hung, width


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "97")
    assert (width(Terminal()), width(io.StringIO())) == (97, 0)


@pytest.mark.parametrize(("text", "columns", "lines"), [
    ("one two three four five six", 0, ["one two three four five six"]),
    ("one two three four five six", 24, ["one two three four", "  five six"]),
    ("one two three four five six", 5, ["one two three four", "  five six"]),
    ("", 24, [""]), (f"a {'b' * 30} c", 24, ["a", f"  {'b' * 30}", "  c"])])
def test_lines_hang(text: str, columns: int, lines: list[str]) -> None:
    assert hung(text, columns, 2) == lines
