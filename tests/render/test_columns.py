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


@pytest.mark.parametrize(("text", "columns", "lead", "lines"), [
    ("one two three four five six", 0, 2, ["one two three four five six"]),
    ("one two three four five six", 24, 0, ["one two three four five", "  six"]),
    ("one two three four five six", 24, 2, ["one two three four", "  five six"]),
    ("one two three four five six", 5, 0, ["one two three four", "  five six"]),
    ("   1.0  two three four five", 24, 0, ["   1.0  two three four", "  five"]),
    ("", 24, 0, [""]), (f"a {'b' * 30} c", 24, 0, ["a", f"  {'b' * 30}", "  c"])])
def test_lines_hang(text: str, columns: int, lead: int, lines: list[str]) -> None:
    assert hung(text, columns, 2, lead) == lines
