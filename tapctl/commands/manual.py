"""What `--help` shows: commands and options in groups, summaries in full, examples as they are typed.

A command's help is its docstring: the summary, what there is to know, and after `Examples:` a command a line. typer
shows groups only by way of rich, whose import takes as long as all the rest of `--help`.
"""

from collections.abc import Iterable
from typing import Any

import typer.core

EXAMPLES = "Examples:\n"
UNGROUPED = "Options"
WIDEST = 30  # characters of a first column, as click has it; what is longer has its text on the next line


class Manual:
    """Mixed into a command or a group of commands."""

    help: str | None
    get_params: Any

    def get_short_help_str(self, limit: int = 0) -> str:
        """The summary: the first sentence, never cut."""
        return (self.help or "").split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".") + "."

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text((self.help or "").partition(EXAMPLES)[0].rstrip())

    def format_options(self, ctx: Any, formatter: Any) -> None:
        rows = [(param.rich_help_panel or UNGROUPED, record(param, ctx)) for param in self.get_params(ctx)]
        write_groups(formatter, sorted(rows, key=lambda row: row[0] == UNGROUPED))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        typed = (self.help or "").partition(EXAMPLES)[2].rstrip()
        if typed:
            with formatter.section(EXAMPLES.rstrip(":\n")):
                formatter.write(typed + "\n")
        super().format_epilog(ctx, formatter)  # type: ignore[misc]


class Command(Manual, typer.core.TyperCommand):
    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Arguments as they are called elsewhere; typer puts braces around those that must be given."""
        names = [(param.metavar, param.required) for param in self.params if param.param_type_name == "argument"]
        return ["[OPTIONS]", *(str(name) if required else f"[{name}]" for name, required in names)]


class Group(Manual, typer.core.TyperGroup):
    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands, too, and first."""
        write_groups(formatter, [(getattr(command, "rich_help_panel", None) or "Commands",
                                  (name, command.get_short_help_str())) for name, command in self.commands.items()])
        super().format_options(ctx, formatter)


def record(param: Any, ctx: Any) -> tuple[str, str]:
    """(what is typed, what it does): of an argument its name alone, without its type."""
    typed, does = param.get_help_record(ctx)
    return (param.metavar if param.param_type_name == "argument" else typed), does


def write_groups(formatter: Any, rows: Iterable[tuple[str, tuple[str, str]]]) -> None:
    """rows: (group, (what is typed, what it does)); all groups have their second column at the same place."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for group, row in rows:
        groups.setdefault(group, []).append(row)
    width = min(WIDEST, max(len(typed) for its in groups.values() for typed, _ in its))
    for group, its in groups.items():
        with formatter.section(group):
            formatter.write_dl([(f"{typed:{width}}", does) for typed, does in its])
