"""Where the running emulator is written down, and its reading back. Knows nothing of moto."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tapctl.private import private

CONTROL = "/-emulator/"


@dataclass(frozen=True)
class Emulator:
    """A running emulator. `access_key` is the secret that it answers to; the secret access key may be anything."""

    url: str
    access_key: str
    pid: int
    scale: float
    started: str

    @property
    def variables(self) -> dict[str, str]:
        """What points an AWS SDK or the AWS CLI at it and at nothing else, once all other AWS_ variables are gone."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",  # a proxy would be asked for this address too
            "no_proxy": "127.0.0.1",
        }


def write(emulator: Emulator, path: Path) -> None:
    """All or nothing, and never readable by others, not even for a moment."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with open(unfinished, "w", opener=private) as file:
        json.dump(asdict(emulator), file)
    unfinished.replace(path)


def read(path: Path) -> Emulator | None:
    """None: there is none, or nothing that says how to reach one."""
    try:
        found = json.loads(path.read_text())
        return Emulator(**{field.name: found[field.name] for field in fields(Emulator)})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
