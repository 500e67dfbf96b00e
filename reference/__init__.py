"""The pages of docs/ that say what the program says of itself: `python -m reference docs` writes them."""

from __future__ import annotations


def between(page: str, begin: str, end: str, text: str) -> str:
    """The page with `text` between its two marks. ValueError: a mark is not there."""
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page has no {begin} ... {end}")
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"
