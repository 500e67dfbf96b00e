"""A terminal in memory, and pictures of what it shows."""

from __future__ import annotations

import io
import re
from copy import deepcopy
from itertools import groupby
from typing import Any

import pyte
from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.text import Text

ALTERNATE = 1049  # https://invisible-island.net/xterm/ctlseqs/ctlseqs.html, "Alternate Screen Buffer"
FAINT, ITALIC = 2, 3
COLOURS = {"default": None, "brown": "yellow"}  # pyte's names that are not rich's


class Terminal(pyte.Screen):
    """pyte's, and an alternate screen. What is faint is kept as italic, which pyte knows and tapctl doesn't use."""

    before: tuple[dict[int, Any], int] | None = None

    def set_mode(self, *modes: int, **how: Any) -> None:
        super().set_mode(*modes, **how)
        if ALTERNATE in modes:
            self.before = deepcopy(dict(self.buffer)), self.cursor.y
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **how: Any) -> None:
        super().reset_mode(*modes, **how)
        if ALTERNATE in modes and self.before:
            lines, row = self.before
            self.erase_in_display(2)
            self.buffer.update(lines)
            self.cursor_position(row + 1, 1)

    def select_graphic_rendition(self, *attributes: int) -> None:
        super().select_graphic_rendition(*(ITALIC if a == FAINT else a for a in attributes))

    @property
    def shown(self) -> str:
        return "\n".join(self.display)


def picture(terminal: Terminal, title: str, since: str = "") -> str:
    """An SVG of the lines from the first one on that `since`, an expression, matches; of the whole screen without.

    It has as many lines as are written on.
    """
    texts = [line(terminal, y) for y in range(terminal.lines)]
    first = next(n for n, text in enumerate(texts) if re.search(since, text.plain))
    last = max(n for n, text in enumerate(texts) if text.plain.strip())
    console = Console(record=True, width=terminal.columns, file=io.StringIO(), force_terminal=True)
    for text in texts[first:last + 1]:
        console.print(text, no_wrap=True, overflow="crop")
    return console.export_svg(title=title)


def line(terminal: Terminal, y: int) -> Text:
    chars = [terminal.buffer[y][x] for x in range(terminal.columns)]
    text = Text.assemble(*(("".join(char.data for char in alike), its) for its, alike in groupby(chars, style)))
    text.rstrip()
    return text


def style(char: Char) -> Style:
    return Style(color=COLOURS.get(char.fg, char.fg), bold=char.bold, dim=char.italics, reverse=char.reverse)
