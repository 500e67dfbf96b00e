"""A row of the table: what is given, and what is to be said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tapctl.errors import Exit

#: Every command that asks AWS. Rows take turns with them; `doctor` tells of the account on stdout, line by line.
COMMANDS = ("up --yes", "plan", "status", "verify", "down --yes", "outputs", "unlock --yes")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "hunter2"}

Answer = tuple[int, str]


@dataclass(frozen=True)
class Row:
    """One mistake.

    said: what the message must have in it: the thing, the reason, the mend. args: of the command line; none: one of
    COMMANDS in the environment "staging". files: beside the command: text, bytes, or None for a directory.
    answers: operation, or "Operation region" -> (HTTP status, body). emulated: whether the emulator answers all other
    calls; else there must be none. listening: what stands at the address {url}, a word that environ and
    files may use; there is {home}, too: the directory that the command runs in. "hunter2" is a secret.
    notes: how many lines stderr has before the message.
    """

    said: Sequence[str]
    code: Exit = Exit.CONFIGURATION
    args: str = ""
    files: Mapping[str, str | bytes | None] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    emulated: bool = False
    listening: Callable[[], AbstractContextManager[str]] | None = None
    notes: int = 0

    @property
    def name(self) -> str:
        """For pytest: what is given."""
        own = [f"{name}={text}" for name, text in self.environ.items() if KEYS.get(name) != text]
        answers = [f"{call}: {answer}" for call, answer in self.answers.items()]
        given = [self.args, *map(str, self.files.values()), *own, *answers]
        return re.sub(r"[^\w.=-]+", " ", " ".join(given)).strip()[:70]
