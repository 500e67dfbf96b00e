"""The emulator as a background process: start, find, stop. One for each user (and TAPCTL_STATE_DIR)."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from tapctl.alive import directory
from tapctl.emulator.statefile import CONTROL, Emulator, read
from tapctl.errors import ConfigurationError, TapctlError
from tapctl.private import private

__all__ = ["Emulator", "running", "start", "stop"]

_STATE, _LOCK, _LOG = "emulator.json", "emulator.lock", "emulator.log"
_ANSWER_SECONDS = 10.0
_STOP_SECONDS = 15.0


@contextmanager
def _state_kept() -> Iterator[None]:
    """Raises ConfigurationError: what the system refused of the state directory."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError("where the emulator is can't be written down or read", reason=str(error),
                                 mend="let TAPCTL_STATE_DIR name a directory of yours, and delete what is in the way"
                                 ) from error


@_state_kept()
def start(scale: float = 0) -> Emulator:
    """The running one, or a new one with this clock. It outlives this process."""
    with _alone():
        return running() or _launch(scale)


@_state_kept()
def running() -> Emulator | None:
    """The one that is written down, if that very process is alive and answers."""
    found = read(directory() / _STATE)
    return found if found and _asked(found, "GET", "alive") == found.pid else None


def scale() -> float:
    """Seconds here that a second of AWS's takes in the one that is written down; 1 where none is. Raises OSError."""
    found = read(directory() / _STATE)
    return found.scale if found else 1.0


@_state_kept()
def stop() -> bool:
    """True: it ran and is gone, with all that it held. False: none ran."""
    with _alone():
        found = running()
        if found:
            _asked(found, "POST", "stop")
            _wait_until_gone(found)
        (directory() / _STATE).unlink(missing_ok=True)
        return found is not None


def _launch(scale: float) -> Emulator:
    if find_spec("moto") is None:
        raise TapctlError("the emulator is not installed", reason="it is moto, an optional part of tapctl",
                          mend="install tapctl with it, where its sources are: uv tool install '.[local]', "
                               "pipx install '.[local]' or pip install '.[local]'")
    state, log = directory() / _STATE, directory() / _LOG
    state.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tapctl.emulator.server", "--scale", str(scale), "--state-file", str(state)]
    with open(log, "wb", opener=private) as errors:
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=_environment(),
            start_new_session=True)
    assert process.stdout is not None
    with process.stdout as said:
        said.readline()  # "ready", or the end: it died
    found = read(state)
    if found is None:
        raise TapctlError("the emulator did not start", reason=_last_line(log), mend=f"see {log}")
    process.returncode = 0  # it is meant to outlive this object, which otherwise warns of that
    return found


def _environment() -> dict[str, str]:
    """The user's, without what would change how the emulator behaves or give it something real to hold."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true"}


def _asked(emulator: Emulator, method: str, what: str) -> int | None:
    """The process id that answers there, with our token; None: nobody, or somebody else."""
    credential = f"AWS4-HMAC-SHA256 Credential={emulator.access_key}/20000101/local/emulator/aws4_request"
    connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=_ANSWER_SECONDS)
    try:
        connection.request(method, CONTROL + what, headers={"Authorization": credential})
        response = connection.getresponse()
        body = response.read()
        return int(json.loads(body)["pid"]) if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def _wait_until_gone(emulator: Emulator) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while _alive(emulator.pid):
        if time.monotonic() > deadline:
            raise TapctlError(f"the emulator (process {emulator.pid}) does not stop", mend=f"kill {emulator.pid}")
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # our own child stays as a zombie until it is asked for
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it ended without a word"


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands at once start one emulator."""
    with open(directory() / _LOCK, "w", opener=private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
