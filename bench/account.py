"""An emulated account in another process, and what a command needs in its environment to reach it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tapctl.emulator.statefile import Emulator, read

ROOT = Path(__file__).resolve().parent.parent  # of the checkout: bench is not installed
ID = "123456789012"
READS = ("Describe", "Get", "Head", "List")
# What would change how a command behaves from one machine to the next.
_OURS = ("AWS_", "MOTO_", "TAPCTL_", "TF_VAR_", "ENVIRONMENT", "BUCKET_REGION", "COVERAGE_", "PYTHONDONTWRITEBYTECODE")


def mutating(calls: Mapping[str, int]) -> int:
    """How many of these calls change something, as their names tell."""
    return sum(n for name, n in calls.items() if not name.partition(" ")[2].startswith(READS))


@dataclass(frozen=True)
class Account:
    emulator: Emulator

    def reset(self) -> None:
        """Nothing is in it any more, not even what a deletion leaves."""
        self._ask("POST", "reset")

    def start(self, delay: float) -> None:
        """Count calls from nothing, and let each take so many seconds longer."""
        self._ask("POST", f"start/{delay}")

    def calls(self) -> dict[str, int]:
        """ "service Operation" -> how often since start()."""
        return dict(self._ask("GET", "calls"))

    def environment(self, folder: Path) -> dict[str, str]:
        """Of a command that is measured. folder: for what it keeps between runs, its compiled modules among it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.emulator.url, "AWS_ACCESS_KEY_ID": self.emulator.access_key,
            "AWS_SECRET_ACCESS_KEY": "emulator", "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
            "TAPCTL_STATE_DIR": str(folder / "state"), "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        }

    def _ask(self, method: str, path: str) -> Any:
        credential = f"AWS4-HMAC-SHA256 Credential={self.emulator.access_key}/20000101/local/bench/aws4_request"
        connection = http.client.HTTPConnection(urlsplit(self.emulator.url).netloc, timeout=60)
        try:
            connection.request(method, f"/{path}", headers={"Authorization": credential, "Content-Length": "0"})
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"the emulator answers {response.status} to {path}: {body}")
        return json.loads(body)


@contextmanager
def opened(folder: Path) -> Iterator[Account]:
    """A fresh emulator, for as long as this lasts."""
    state, log = folder / "emulator.json", folder / "emulator.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_", "COVERAGE_"))}
    with log.open("wb") as errors, subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "bench.metered", "--state-file", str(state)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors,
            env={**kept, "AWS_EC2_METADATA_DISABLED": "true", "PYTHONPATH": str(ROOT)}) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()  # "ready", or the end: it died
            emulator = read(state)
            if emulator is None:
                raise RuntimeError(f"the emulator did not start: {log.read_text(errors='replace')[-2000:]}")
            yield Account(emulator)
        finally:
            process.terminate()
