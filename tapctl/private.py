"""Files that the user alone can read."""

from __future__ import annotations

import os
from pathlib import Path

from tapctl.errors import UsageError


def private(path: str, flags: int) -> int:
    """The opener of every file that tapctl writes: one that it makes is for the user alone. Raises OSError.

    https://docs.python.org/3/library/functions.html#open
    """
    return os.open(path, flags, 0o600)


def make_sure_of(file: Path, flag: str, mend: str) -> None:
    """Raises UsageError: the file that a flag names can't be written. Leaves it as it is."""
    try:
        if file.is_dir():
            raise IsADirectoryError(f"{file} is a directory")
        draft(file).touch(0o600)
        draft(file).unlink()
    except OSError as error:
        raise UsageError(f"{flag} {file} can't be written", reason=str(error), mend=mend) from error


def put(file: Path, text: str) -> None:
    """All of it or nothing. Raises OSError."""
    try:
        with open(draft(file), "w", encoding="utf-8", opener=private) as written:
            written.write(text)
        os.replace(draft(file), file)
    except OSError:
        draft(file).unlink(missing_ok=True)
        raise


def draft(file: Path) -> Path:
    """Where it is written before it is moved into place."""
    return file.with_name(f".{file.name}.part")
