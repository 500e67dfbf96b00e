"""`python -m reference docs`: writes what is generated into docs/commands.md and docs/configuration.md."""

from __future__ import annotations

import sys
from pathlib import Path

from reference import between, commands, configuration

PAGES = {"commands.md": commands.text, "configuration.md": configuration.text}
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def written(docs: Path, name: str) -> str:
    """The page as it should be: what stands around the generated part is written by hand."""
    return between((docs / name).read_text(), BEGIN, END, PAGES[name]())


def write(docs: Path) -> None:
    for name in PAGES:
        (docs / name).write_text(written(docs, name))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
