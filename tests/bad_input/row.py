"""A row of the table: what is given, and what is to be said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tapctl.errors import Exit

#: Every command that reads the settings. Rows about these take turns with them.
COMMANDS = ("up --yes", "plan", "status", "verify", "doctor", "down --yes", "outputs", "unlock --yes")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI"}

Answer = tuple[int, str] | Exception


@dataclass(frozen=True)
class Row:
    """One mistake.

    said: what the message must have in it: the thing, the reason, the mend. args: of the command line; none: one of
    COMMANDS in the environment "staging". files: beside the command: text, bytes, or None for a directory.
    answers: operation -> (HTTP status, body), or what botocore meets instead. emulated: whether the emulator answers
    all other calls; else there must be none. listening: what stands at the address {url}, a word that environ and
    files may use; there is {home}, too: the directory that the command runs in.
    """

    said: Sequence[str]
    code: Exit = Exit.CONFIGURATION
    args: str = ""
    files: Mapping[str, str | bytes | None] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    emulated: bool = False
    listening: Callable[[], AbstractContextManager[str]] | None = None

    @property
    def name(self) -> str:
        """For pytest: what is given."""
        given = [self.args, *map(str, self.files.values()), *map("=".join, self.environ.items()), *self.answers]
        return re.sub(r"[^\w.=-]+", " ", " ".join(given)).strip()[:70]
