"""Where calls go: with --local to the emulator alone, and to whatever else only with its address on the screen."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import EAST, Account
from tests.cli.fakes import HTML, answering
from tests.cli.installed import Installed

# every address that the process opens a connection to, or looks up, goes to a file
SPY = """
import sys

def spy(event, args, out=open({file!r}, "a", buffering=1)):
    if event == "socket.connect":
        print("connect", args[1] if isinstance(args[1], str) else args[1][0], file=out)
    elif event == "socket.getaddrinfo":
        print("look-up", args[0], file=out)
sys.addaudithook(spy)
"""
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
        "TAPCTL_REGIONS": EAST}


def test_local_reaches_nothing_else(tapctl: Installed, tmp_path: Path) -> None:
    """A profile that isn't there, a proxy, an endpoint, keys: all of them somebody's, none of them used."""
    seen = tmp_path / "seen"
    (tmp_path / "spy").mkdir()
    (tmp_path / "spy" / "sitecustomize.py").write_text(SPY.format(file=str(seen)))
    with answering(500, HTML) as elsewhere:
        result = tapctl("plan", "--env", "reach", "--local", AWS_PROFILE="nobody", HTTP_PROXY=elsewhere,
                        http_proxy=elsewhere, AWS_ENDPOINT_URL=elsewhere, AWS_ENDPOINT_URL_S3=elsewhere,
                        PYTHONPATH=str(tmp_path / "spy"), **KEYS)
        assert elsewhere not in result.out
    assert (result.code, result.err) == (0, "")
    assert "EMULATOR at http://127.0.0.1:" in result.out
    assert set(seen.read_text().splitlines()) <= {"connect 127.0.0.1", "look-up 127.0.0.1"}
    assert "connect 127.0.0.1" in seen.read_text()


def test_an_endpoint_that_is_not_awss_is_named(account: Account, tapctl: Installed) -> None:
    """The emulator itself, reached as LocalStack would be."""
    here = {**KEYS, "AWS_ENDPOINT_URL": account.recorder.url, "AWS_ACCESS_KEY_ID": account.emulator.access_key}
    named = f"ENDPOINT {account.recorder.url}: this is not AWS's own"
    started = json.loads(tapctl("plan", "--env", "reach", "-o", "json", **here).out.splitlines()[0])
    assert (started["endpoint"], started["emulated"]) == (account.recorder.url, False)
    for command in ("outputs", "--env", "reach"), ("status", "-o", "json"):
        result = tapctl(*command, **here)
        json.loads(result.out)
        assert result.err.splitlines()[0] == named


def test_doctor_says_that_there_is_no_way_to_aws(tapctl: Installed) -> None:
    result = tapctl("doctor", "--env", "reach", AWS_EC2_METADATA_DISABLED="true")
    assert (result.code, result.err) == (3, "")
    assert result.out.startswith("account\n  ✗ account   there are no AWS credentials: the environment has none, ")
    assert result.out.splitlines()[-1] == "Checked: 1 wrong, 1 can't be checked"
