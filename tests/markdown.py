"""What pages and workflows say: their links, and the command lines of tapctl in them, tried on the real parser."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import typer

from tapctl import cli

MISUSE: Any = cli.MISUSE
COMMAND_LINE: Any = typer.main.get_command(cli.app)
BLOCK = re.compile(r"^( *)(`{3,})[^\n]*\n(.*?)^\1\2 *$|(?:^(?: {4}[^\n]*|)\n)+", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
#: Where a command begins: a line, after a prompt, variables, a key of YAML, or in another's $(...) or behind its |.
TYPED = re.compile(
    r"(?:^ *(?:- )?(?:run: )?(?:\$ )?(?:[A-Z_]+=\S+ )*|\$\(|\| )(?:\.venv/bin/)?tapctl (.+)", re.MULTILINE)
PLACEHOLDERS = {"COMMAND", "...", "[OPTIONS]"}  # no command, but how one is told of


def unblocked(page: str) -> str:
    """The page without its blocks of code."""
    return BLOCK.sub("\n", page)


def typed(page: str) -> Iterator[str]:
    """What stands behind `tapctl` in a page's code."""
    for block in BLOCK.finditer(page):
        yield from TYPED.findall(block[0])
    for code in INLINE.findall(unblocked(page)):
        yield from TYPED.findall(code)


def words(line: str) -> list[str]:
    """The command's words: up to a comment, a column of explanations, a pipe or another command."""
    line = re.sub(r"\$\{\{.*?\}\}", "7", line).partition("  ")[0]
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return [*takewhile(lambda word: not set(word) <= set("();<>|&"), lexer)]


def parse(args: list[str]) -> str:
    """The path of the command. Raises typer's exceptions: it is none, or doesn't take these."""
    command, path = COMMAND_LINE, ["tapctl"]
    while hasattr(command, "commands") and args and not args[0].startswith("-"):
        if args[0] not in command.commands:
            raise typer.BadParameter(f"no command {args[0]}")
        path.append(args[0])
        command, args = command.commands[args[0]], args[1:]
    params = command.get_params(typer.Context(command))
    if hasattr(command, "commands"):
        if args and args[0] not in {name for param in params for name in param.opts}:
            raise typer.BadParameter(f"no option {args[0]}")
    elif not {*args} & {name for param in params if param.is_eager for name in param.opts}:
        command.make_context(path[-1], list(args))
    return " ".join(path)


def refused(lines: Iterable[str]) -> list[str]:
    """What the real parser doesn't take of these lines, and why."""
    found = []
    for line in lines:
        args = words(line)
        if args and not {*args} & PLACEHOLDERS:
            try:
                parse(args)
            except MISUSE as error:
                found.append(f"tapctl {line}: {error}")
    return found


# ---------------------------------------------------------------- links
def anchors(page: str) -> set[str]:
    """As GitHub makes them of headings."""
    found: dict[str, int] = {}
    for heading in HEADING.findall(unblocked(page)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
        if found[slug]:
            found[f"{slug}-{found[slug]}"] = 0
    return {*found}


def broken(page: Path) -> list[str]:
    """Links to what isn't in the repository, or to a heading that a page hasn't."""
    found = []
    for link in LINK.findall(INLINE.sub("", unblocked(page.read_text()))):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target) if target else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            found.append(f"{page.name}: {link}")
    return found
