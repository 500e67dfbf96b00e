"""Files that the user alone can read."""

from __future__ import annotations

import os
from pathlib import Path


def private(path: str, flags: int) -> int:
    """The opener of every file that tapctl writes: one that it makes is for the user alone. Raises OSError.

    https://docs.python.org/3/library/functions.html#open
    """
    return os.open(path, flags, 0o600)


def draft(file: Path) -> Path:
    """Where this process writes a file before it moves it into place."""
    return file.with_name(f".{file.name}.{os.getpid()}.part")


def probe(file: Path) -> None:
    """Raises OSError: whole() could not write it. Leaves it as it is."""
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a directory")
    draft(file).touch(0o600)
    draft(file).unlink()


def whole(file: Path, text: str) -> None:
    """Write all of it or nothing. Raises OSError."""
    try:
        with open(draft(file), "w", encoding="utf-8", opener=private) as written:
            written.write(text)
        os.replace(draft(file), file)
    except OSError:
        draft(file).unlink(missing_ok=True)
        raise
