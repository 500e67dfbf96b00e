"""What has been tried already, so that a run that was stopped goes on from there."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from trials.trial import Entry, Result


class Journal:
    """A file with a line for each trial. Those of other code, or on another clock, don't count."""

    def __init__(self, file: Path, clock: str) -> None:
        self.file, self.of = file, {"sources": sources(), "clock": clock}

    def entries(self) -> dict[str, Entry]:
        """All that counts, by trial. A last line that was cut off doesn't."""
        found = {}
        for line in self.file.read_text().splitlines() if self.file.exists() else ():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if said.pop("of") == self.of:
                entry = Entry(**said | {"row": tuple(said["row"]), "result": Result(said["result"])})
                found[entry.trial] = entry
        return found

    def add(self, entry: Entry) -> None:
        with self.file.open("a") as file:
            file.write(json.dumps({"of": self.of, **asdict(entry)}) + "\n")

    def clear(self) -> None:
        self.file.unlink(missing_ok=True)


def sources() -> str:
    """What code this is."""
    here, digest = Path(__file__).parent.parent, sha256()
    for folder in ("tapctl", "trials", "crashes", "faults", "tests/conformance"):
        for file in sorted((here / folder).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
