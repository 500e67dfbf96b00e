"""Files that the user alone can read."""

from __future__ import annotations

import os


def private(path: str, flags: int) -> int:
    """The opener of every file that tapctl writes: one that it makes is for the user alone. Raises OSError.

    https://docs.python.org/3/library/functions.html#open
    """
    return os.open(path, flags, 0o600)
