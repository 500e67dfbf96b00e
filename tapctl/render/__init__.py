"""Renderers: each is a listener of events and a context manager, and none changes what happens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol, Self, TextIO

if TYPE_CHECKING:  # what completion and --help do without
    from tapctl.events import Event


class Renderer(Protocol):
    def __call__(self, event: Event) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


def renderer(output: str, stream: TextIO, verbose: bool = False) -> Renderer:
    """output "json": one object a line. "text": a live view on a terminal, plain lines elsewhere, or where the terminal
    can't move its cursor; in GitHub Actions with what that shows besides."""
    if output == "json":
        from tapctl.render.jsonl import JsonLines

        return JsonLines(stream, verbose)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from tapctl.render.github import GitHub

        return GitHub(stream, verbose)
    from tapctl.render.plain import Plain

    if not stream.isatty() or os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return Plain(stream, verbose)
    from tapctl.render.live import Live

    return Live(stream, verbose)
