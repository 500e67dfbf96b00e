"""What this machine knows of its own runs: whether one that began here is still alive, and whether one was cut off."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from platformdirs import user_state_path

from tapctl.private import private

LISTED = 10.0  # seconds in which AWS comes to list what was made just now


def directory() -> Path:
    """Where tapctl keeps what outlasts a run on this machine; made for the user alone. Raises OSError."""
    chosen = os.environ.get("TAPCTL_STATE_DIR")
    path = Path(chosen) if chosen else user_state_path("tapctl")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def mark(run: str) -> Path:
    return directory() / f"run-{run}"


@contextmanager
def marked(run: str) -> Iterator[None]:
    """Keep a file locked meanwhile: the system unlocks it when the process ends, however it ends. It stays until
    somebody forgets it.

    Where none can be written, only the lease tells whether the run has ended.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            file = stack.enter_context(open(mark(run), "x", opener=private))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ended(run: str) -> bool:
    """Whether it ran on this machine and ended without letting go of its lock. False of one that is alive, or of
    another machine's."""
    with suppress(OSError), mark(run).open() as file:  # it isn't there, or is locked
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
    return False


def forget(run: str) -> None:
    with suppress(OSError):
        mark(run).unlink()


def cut_off(stack: str) -> None:
    """Keep in mind that a run of the stack ended just now, before it was done. Where that can't be, AWS is taken at its
    word."""
    with suppress(OSError):
        last(stack).touch(0o600)


def unlisted(stack: str) -> float:
    """Seconds in which AWS may not list yet all that a run of the stack, cut off on this machine, has made.

    Told once: whoever is cut off while it waits for them is kept in mind itself.
    """
    with suppress(OSError):
        since = last(stack).stat().st_mtime
        last(stack).unlink()
        return max(0.0, LISTED - (time.time() - since))
    return 0.0


def last(stack: str) -> Path:
    """The file that is as old as it is since a run of the stack was cut off."""
    return directory() / f"cut-off-{stack.replace('/', '-')}"
