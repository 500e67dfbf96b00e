"""The start-up script, really run: by bash, with a root directory of its own, and stubs of systemctl and the CLI."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from configparser import RawConfigParser
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tapctl.naming import Place
from tapctl.settings import App
from tapctl.settings_values import USER_DATA_LIMIT
from tapctl.user_data import script

PLACE = Place("TapStack", "production", "platform", "123456789012", "us-east-1", "aws")
INSTANCE = "i-0123456789abcdef0"
# What a stub does: it notes its arguments in a file of its name, a line of JSON a call, and ends as it is told to.
STUB = """#!{python}
import json, pathlib, sys
words = sys.argv[1:]
with open("{notes}/{name}", "a") as notes:
    print(json.dumps(words), file=notes)
if "{name}" == "cloud-init":
    print("{instance}")
if "--body" in words:
    body = pathlib.Path(words[words.index("--body") + 1]).read_text()
    pathlib.Path("{notes}/body").write_text(body)
sys.exit(1 if set(words) & set({refused}) else 0)
"""


@dataclass
class Machine:
    """A root directory with nothing in it, and a PATH on which the stubs are found first."""

    root: Path
    refused: tuple[str, ...] = ()  # words that make a stub fail
    services: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def boot(self, script: bytes) -> None:
        stubs, notes = self.root / "stubs", self.root / "notes"
        for directory in (stubs, notes, self.root / "state"):
            directory.mkdir()
        for name in ("systemctl", "aws", "cloud-init"):
            stub = stubs / name
            stub.write_text(STUB.format(python=sys.executable, notes=notes, name=name, instance=INSTANCE,
                                        refused=list(self.refused)))
            stub.chmod(0o755)
        subprocess.run(["bash", "-c", script.decode()], env=self.environment(DESTDIR=str(self.root)), check=True)

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": f"{self.root / 'stubs'}:{os.environ['PATH']}", **more}

    def calls(self, name: str) -> list[list[str]]:
        notes = self.root / "notes" / name
        return [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []

    def unit(self, name: str) -> RawConfigParser:
        unit = RawConfigParser(strict=True)
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep the case
        assert unit.read(self.root / f"etc/systemd/system/{name}.service")
        return unit

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """What systemd would do: the unit's command, with its state directory."""
        python, program, *arguments = self.unit(name)["Service"]["ExecStart"].split()
        assert python == "/usr/bin/python3"
        process = subprocess.Popen([sys.executable, f"{self.root}{program}", *arguments],
                                   env=self.environment(STATE_DIRECTORY=str(self.root / "state")))
        self.services.append(process)
        return process


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    for process in machine.services:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str) -> int:
    """The status of a real GET, once somebody listens."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("nobody listens")


@pytest.mark.parametrize("path", ["/health", "/it's/\"$HOME\"/`x`/@REGION@/%20?a=\\n"])
def test_the_health_check_is_answered_whatever_its_path(machine: Machine, path: str) -> None:
    port = free_port()
    machine.boot(script(PLACE, App(port=port, health_path=path)))
    assert ["enable", "--now", "tapctl-app.service"] in machine.calls("systemctl")
    machine.start("tapctl-app")
    assert get(port, path) == 200
    assert get(port, "/") == 200
    assert get(port, "/nowhere") == 404


def test_both_services_are_unprivileged(machine: Machine) -> None:
    machine.boot(script(PLACE, App()))
    for name in ("tapctl-app", "tapctl-announce"):
        assert machine.unit(name)["Service"]["DynamicUser"] == "yes"
        assert machine.unit(name)["Service"]["NoNewPrivileges"] == "yes"
    assert machine.unit("tapctl-app")["Service"]["Restart"] == "always"


def test_one_line_and_one_object_are_written_once(machine: Machine) -> None:
    machine.boot(script(PLACE, App()))
    assert ["start", "--no-block", "tapctl-announce.service"] in machine.calls("systemctl")
    for _ in range(2):
        assert machine.start("tapctl-announce").wait() == 0
    stream, line, put = machine.calls("aws")
    assert stream[4:] == ["logs", "create-log-stream", "--log-group-name", "TapStack-production-us-east-1",
                          "--log-stream-name", INSTANCE]
    assert line[4:6] == ["logs", "put-log-events"]
    assert json.loads(line[-1])[0]["message"] == f"the application serves on {INSTANCE}"
    assert abs(json.loads(line[-1])[0]["timestamp"] / 1000 - time.time()) < 60
    assert put[4:-1] == ["s3api", "put-object", "--bucket", PLACE.bucket_name("logs"), "--expected-bucket-owner",
                         "123456789012", "--key", f"app/{INSTANCE}.txt", "--body"]
    assert (machine.root / "notes/body").read_text() == f"the application serves on {INSTANCE}\n"
    assert {tuple(call[:2]) for call in (stream, line, put)} == {("--region", "us-east-1")}


def test_what_could_not_be_written_is_tried_again_and_only_that(machine: Machine) -> None:
    machine.refused = ("put-object",)
    machine.boot(script(PLACE, App()))
    assert machine.start("tapctl-announce").wait() == 1
    assert machine.unit("tapctl-announce")["Service"]["Restart"] == "on-failure"
    machine.start("tapctl-announce").wait()
    assert [call[5] for call in machine.calls("aws")] == ["create-log-stream", "put-log-events", "put-object",
                                                          "put-object"]


def test_the_health_check_does_not_depend_on_logs(machine: Machine) -> None:
    machine.refused = ("tapctl-announce.service", "logs", "s3api")
    port = free_port()
    machine.boot(script(PLACE, App(port=port)))
    assert machine.start("tapctl-announce").wait() == 1
    machine.start("tapctl-app")
    assert get(port, "/health") == 200


def test_without_cloud_init_the_machine_has_a_name_all_the_same(machine: Machine) -> None:
    machine.refused = ("query",)
    machine.boot(script(PLACE, App()).replace(b"cloud-init query", b"no-such-command query"))
    assert machine.unit("tapctl-announce")["Service"]["ExecStart"].endswith(f" {os.uname().nodename}")


def test_it_fits() -> None:
    assert len(script(PLACE, App(health_path="/" + "x" * 1000))) < USER_DATA_LIMIT


def test_a_file_of_the_users_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "boot.sh"
    own.write_bytes(b"\x1f\x8b zipped @PORT@")
    assert script(PLACE, App(user_data_file=own)) == b"\x1f\x8b zipped @PORT@"
