"""How wide what people read may be. Where nobody sees it on a terminal, a line is as long as it is, for grep."""

from __future__ import annotations

from shutil import get_terminal_size
from textwrap import wrap
from typing import TextIO

NARROWEST = 20  # columns that a text gets, however little room there is


def width(stream: TextIO) -> int:
    """Columns of the terminal that it is; 0: it is none."""
    return get_terminal_size().columns if stream.isatty() else 0


def hung(text: str, width: int, indent: int, lead: int = 0) -> list[str]:
    """In lines of this width at the most, all but the first indented; what has no blank is never broken. lead: columns
    that the first has already. 0: in one."""
    if not (width and text):
        return [text]
    first, *more = wrap(text, max(width, indent + NARROWEST), initial_indent=" " * lead, subsequent_indent=" " * indent,
                        break_long_words=False, break_on_hyphens=False)
    return [first[lead:], *more]
