"""What is left of an output that nobody reads any longer, or that is full."""

from __future__ import annotations

import os
from typing import TextIO


def silence(stream: TextIO) -> None:
    """What is written to it from now on, and at the end of the process, goes nowhere.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def settle(stream: TextIO | None) -> None:
    """Have all of it written, before the process ends; what can't be has been told, and is no error of its own.

    None: it was closed by who started this.
    """
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        silence(stream)
