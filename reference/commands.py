"""The command reference: what `--help` shows, told to a formatter that writes Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from textwrap import dedent
from typing import Any

import typer

from tapctl import cli


class Markdown:
    """What a command's help is written into; it stands in for click's HelpFormatter."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.group = ""

    @contextmanager
    def indentation(self) -> Iterator[None]:
        yield

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        self.group = name
        yield

    def write_usage(self, program: str, args: str = "") -> None:
        self.lines += [f"    {program} {args}".rstrip(), ""]

    def write_paragraph(self) -> None:
        """Between parts there is a line already."""

    def write_text(self, text: str) -> None:
        self.lines += [text.strip(), ""]

    def write_dl(self, rows: Iterable[tuple[str, str]]) -> None:
        cells = [f"| {code(typed.strip())} | {cell(says)} |" for typed, says in rows]
        self.lines += [f"| {self.group} | |", "|---|---|", *cells, ""]

    def write(self, text: str) -> None:
        self.lines += [f"{self.group}:", "", "```text", dedent(text).rstrip(), "```", ""]


def code(text: str) -> str:
    return f"`{cell(text)}`"


def cell(text: str) -> str:
    """A table's cell: a bar would end it, even in code."""
    return text.replace("|", "\\|")


def every(command: Any, context: Any = None, name: str = "tapctl") -> Iterator[tuple[Any, Any]]:
    """A command and all below it, each with its context."""
    here = command.context_class(command, info_name=name, parent=context, **command.context_settings)
    yield command, here
    for below, its in getattr(command, "commands", {}).items():
        yield from every(its, here, below)


def text() -> str:
    """A section for each command, in the order of `tapctl --help`."""
    told = Markdown()
    for command, context in every(typer.main.get_command(cli.app)):
        told.lines += [f"## {context.command_path}", ""]
        command.format_help(context, told)
    return "\n".join(told.lines)
