"""The emulator as a process of its own: found, one only, for its token's holder only, and gone when told."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tapctl import alive
from tapctl.emulator import process, server, statefile
from tapctl.emulator.process import Emulator
from tapctl.errors import TapctlError
from tests.emulator.conftest import EAST, WEST


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "state"
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(path))
    yield path
    monkeypatch.undo()
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(path))
    process.stop()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One for all tests that don't stop it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAPCTL_STATE_DIR", str(tmp_path_factory.mktemp("shared")))
        patch.setenv("MOTO_ACCOUNT_ID", "999999999999")  # what is set for other uses of moto is not for this one
        yield process.start(scale=0.5)
        process.stop()


def _client(emulator: Emulator, service: str, region: str = EAST, key: str = "", **more: Any) -> Any:
    make: Any = boto3.client
    return make(service, region_name=region, endpoint_url=emulator.url, aws_secret_access_key="any",
                aws_access_key_id=key or emulator.access_key, **more)


def _http(emulator: Emulator, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc)
    connection.request(method, path, headers=headers or {})
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def _token(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={emulator.access_key}/20260101/a/b/aws4_request, "}


def test_it_answers_as_the_corrected_aws_does(emulator: Emulator) -> None:
    assert _client(emulator, "sts").get_caller_identity()["Account"] == "123456789012"
    database = _client(emulator, "rds").create_db_instance(
        DBInstanceIdentifier="main", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
        MasterUsername="owner", MasterUserPassword="not-a-secret")["DBInstance"]
    assert (database["DBInstanceStatus"], database["EngineVersion"][:3]) == ("creating", "17.")
    with pytest.raises(ClientError) as raised:
        _client(emulator, "rds", WEST).describe_db_instances(DBInstanceIdentifier="main")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert emulator.scale == 0.5


def test_objects_survive_the_way(emulator: Emulator) -> None:
    s3 = _client(emulator, "s3")
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key="//a b/ü+?", Body=b"x" * 100_000)
    assert s3.head_object(Bucket="logs", Key="//a b/ü+?")["ContentLength"] == 100_000
    assert s3.get_object(Bucket="logs", Key="//a b/ü+?")["Body"].read() == b"x" * 100_000
    s3.delete_object(Bucket="logs", Key="//a b/ü+?")
    s3.head_bucket(Bucket="logs")


def test_a_presigned_address_carries_the_token(emulator: Emulator) -> None:
    s3 = _client(emulator, "s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="signed")
    s3.put_object(Bucket="signed", Key="k", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "signed", "Key": "k"})
    with urllib.request.urlopen(url) as response:
        assert response.read() == b"x"
    with pytest.raises(HTTPError, match="403"):
        urllib.request.urlopen(url.replace(emulator.access_key, "EMULAAAAAAAAAAAAAAAA"))


@pytest.mark.parametrize("path", ["/", "/moto-api/", "/moto-api/reset", "/moto-api/data.json",
                                  statefile.CONTROL + "alive", statefile.CONTROL + "stop"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_without_the_token_all_is_refused(emulator: Emulator, method: str, path: str) -> None:
    stranger = replace(emulator, access_key="EMULAAAAAAAAAAAAAAAA")
    assert _http(emulator, method, path)[0] == 403
    assert _http(emulator, method, path, _token(stranger))[0] == 403
    assert _http(emulator, "GET", statefile.CONTROL + "alive", _token(emulator))[0] == 200


def test_other_credentials_are_refused(emulator: Emulator) -> None:
    with pytest.raises(ClientError) as raised:
        _client(emulator, "dynamodb", key="EMULAAAAAAAAAAAAAAAA").list_tables()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_there_are_no_other_ways_in(emulator: Emulator) -> None:
    assert _http(emulator, "GET", statefile.CONTROL + "stop", _token(emulator))[0] == 404
    assert _http(emulator, "POST", "/", _token(emulator) | {"Transfer-Encoding": "chunked"})[0] == 411
    assert _http(emulator, "POST", "/moto-api/reset", _token(emulator))[0] == 404


def test_connections_are_kept(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc)
    for _ in range(2):
        connection.request("GET", statefile.CONTROL + "alive", headers=_token(emulator))
        response = connection.getresponse()
        assert json.loads(response.read())["pid"] == emulator.pid
        assert connection.sock is not None
    connection.close()


def test_started_twice_it_is_one_and_stopped_twice_it_is_gone(home: Path) -> None:
    assert process.running() is None
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: process.start(), range(2))
    assert first == second == process.running()
    assert {stat.S_IMODE(file.stat().st_mode) for file in home.iterdir()} == {0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert first.access_key not in Path(f"/proc/{first.pid}/cmdline").read_text()
    assert process.stop() is True
    assert process.running() is None
    assert process.stop() is False
    with pytest.raises(ProcessLookupError):
        os.kill(first.pid, 0)


def test_a_killed_one_is_not_running_and_another_can_start(home: Path) -> None:
    first = process.start()
    os.kill(first.pid, signal.SIGTERM)
    os.waitpid(first.pid, 0)
    assert process.running() is None
    assert process.start().pid != first.pid


def test_what_is_written_down_must_be_that_very_process(home: Path, emulator: Emulator) -> None:
    path = alive.directory() / "emulator.json"
    statefile.write(emulator, path)
    assert process.running() == emulator
    for wrong in replace(emulator, pid=1), replace(emulator, access_key="EMULAAAAAAAAAAAAAAAA"), replace(
            emulator, url="http://127.0.0.1:1"):
        statefile.write(wrong, path)
        assert process.running() is None
    for wrong_text in "", "[]", "{}", '{"url": 1}':
        path.write_text(wrong_text)
        assert process.running() is None


def test_something_else_may_answer_there(home: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    path = alive.directory() / "emulator.json"
    statefile.write(emulator, path)
    for body in b"hello", b"{}", b"[]":
        monkeypatch.setattr(http.client.HTTPResponse, "read", lambda *_, said=body: said)
        assert process.running() is None
    path.unlink()  # or the fixture would stop the one of all tests


def test_a_failed_start_says_why(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TapctlError, match="did not start") as raised:
        process.start(scale=-1)
    assert "scale must be 0 or more" in raised.value.reason
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(TapctlError) as raised:
        process.start()
    assert raised.value.reason == "it ended without a word"


def test_without_moto_it_says_how_to_get_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find_spec", lambda name: None)
    with pytest.raises(TapctlError) as raised:
        process.start()
    assert raised.value.mend
    assert "uv tool install '.[local]'" in raised.value.mend


def test_one_that_does_not_stop_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = process.start()
    monkeypatch.setattr(process, "_alive", lambda pid: True)
    monkeypatch.setattr(process, "_STOP_SECONDS", 0.05)
    with pytest.raises(TapctlError, match="does not stop") as raised:
        process.stop()
    assert raised.value.mend == f"kill {running.pid}"


def test_finding_it_needs_no_moto() -> None:
    code = "import sys, tapctl.emulator.process; sys.exit('moto' in sys.modules or 'boto3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_where_its_state_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TAPCTL_STATE_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert alive.directory() == tmp_path / "tapctl"


def test_a_defect_costs_one_call_and_is_named(emulator: Emulator) -> None:
    config = Config(retries={"total_max_attempts": 1})
    with pytest.raises(ClientError) as raised:
        _client(emulator, "kms", config=config).list_grants(KeyId="alias/nobody")
    error = raised.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("InternalFailure", 500)
    assert "the emulator failed: AttributeError: " in error["Error"]["Message"]


def test_a_token_looks_like_an_access_key_id() -> None:
    assert re.fullmatch(r"EMUL[A-Z0-9]{16}", server.new_token())
    assert server.new_token() != server.new_token()
