"""The entry point: what has to be set before anything is imported, and what needs no command line to answer."""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
from contextlib import suppress

from tapctl import __version__

# Reading AWS's service models makes hundreds of thousands of objects that all stay: looking through them again and
# again for garbage took a quarter of a run's CPU time.
COLLECT_AFTER = 1_000_000


def main() -> None:
    gc.set_threshold(COLLECT_AFTER)
    atexit.register(gc.freeze)  # nor is it looked through at the end, which took as long as a hundred calls
    # pydantic would look through every installed package for plugins, of which tapctl wants none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if sys.argv[1:] == ["--version"]:  # typer takes longer to be imported
        with suppress(OSError):  # nobody reads it, or it is full: the command line knows what to say
            sys.stdout.write(f"tapctl {__version__}\n")
            sys.stdout.flush()
            return
    for stream in sys.stdout, sys.stderr:
        if isinstance(stream, io.TextIOWrapper):  # None: it was closed by who started this
            stream.reconfigure(errors="replace")  # letters that the terminal's encoding lacks are no error
    from tapctl import cli

    cli.main()


if __name__ == "__main__":
    main()
