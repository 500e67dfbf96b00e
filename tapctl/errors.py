"""The errors a user can meet: each says what, why and how to mend it, and knows its exit code.

They are raised where the cause is known and printed in one place, `tapctl.cli.main`.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """tapctl's exit codes. docs/commands.md documents them; they do not change their meaning."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    CHANGES = 4
    LEFT_OVER = 5
    INTERRUPTED = 130
    TERMINATED = 143


class TapctlError(Exception):
    """Something the user can act on.

    message: one line that names the thing and what is wrong with it.
    reason: why tapctl thinks so (AWS's own words, the rule that is broken); may be empty.
    mend: what to do about it; may be empty.
    """

    exit_code: ClassVar[Exit] = Exit.FAILED

    def __init__(self, message: str, *, reason: str = "", mend: str = "") -> None:
        super().__init__(message)
        self.message, self.reason, self.mend = message, reason, mend

    def lines(self) -> list[str]:
        """The error as the user reads it, one line a part."""
        return [printable(part) for part in (self.message, self.reason and f"reason: {self.reason}",
                                             self.mend and f"mend: {self.mend}") if part]


def printable(text: str) -> str:
    """In one line, and with control characters spelled out: a terminal would obey them, whoever has sent them."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in re.sub(r"\s*[\n\r\t]\s*", " ", text))


class UsageError(TapctlError):
    """The command line is wrong: a missing or contradictory flag."""

    exit_code = Exit.USAGE


class ConfigurationError(TapctlError):
    """config.toml, the environment, credentials or the account are not what the command needs."""

    exit_code = Exit.CONFIGURATION


class Interrupted(TapctlError):
    """Ctrl-C, before anything was changed."""

    exit_code = Exit.INTERRUPTED


class Terminated(Interrupted):
    """SIGTERM, as a cancelled pipeline sends it."""

    exit_code = Exit.TERMINATED
