"""The certificate as a file, and its schema."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE

import jsonschema
import pytest

from tapctl.attestation import (
    VERSION,
    Certificate,
    Handed,
    Kept,
    Left,
    Look,
    Region,
    Search,
    Stack,
    Thing,
    make_sure_of,
    schema,
    text,
    write,
)
from tapctl.errors import UsageError

SCHEMA = Path(__file__).parents[1] / "docs" / "certificate.schema.json"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TABLE = ("table", "us-east-1", "us-east-1/table", "arn:aws:dynamodb:us-east-1:123456789012:table/x")
SEARCH = Search(
    NOW, NOW, (Region("us-east-1", True, "in full", (), ()), Region("eu-west-1", False, "not", (), ("because",))),
    ("iam:ListRoles",), (Look("table", "us-east-1", NOW, 1, "", {"dynamodb:DescribeTable:us-east-1": 2}),),
    (Thing(*TABLE),))
CERTIFICATE = Certificate(
    1, False, ("left over: 1",), Stack("TapStack", "staging", "123456789012", "aws"), "0a1b", "1.0.0", "", False,
    NOW, NOW, False, SEARCH, (Thing(*TABLE),), (Handed(*TABLE, to="TapStack/production"),),
    (Left(*TABLE, why="it waits"),), (Kept("us-east-1", "KMS key", "arn", NOW, ""),), 60, SEARCH, {"x": 1})


def valid(written: str) -> bool:
    return bool(jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).is_valid(json.loads(written)))


def test_the_schema_is_current() -> None:
    assert SCHEMA.read_text() == schema(), "python -m tapctl.attestation docs/certificate.schema.json"
    assert CERTIFICATE.schema_version == VERSION


def test_the_command_writes_the_schema(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tapctl.attestation", str(tmp_path / "schema")], check=True)
    assert (tmp_path / "schema").read_text() == schema()


def test_every_field_that_needs_a_word_has_one() -> None:
    fields = json.loads(schema())["properties"]
    assert fields["clean"]["description"].startswith("Nothing of the stack is left")
    assert all("description" in fields[name] for name in ("run", "emulated", "stopped", "second", "calls"))


def test_a_certificate_is_as_its_schema_has_it() -> None:
    assert valid(text(CERTIFICATE))
    assert valid(text(replace(CERTIFICATE, second=None)))
    for name, value in ("more", 1), ("clean", "yes"), ("schema_version", 2), ("calls", {"x": "y"}):
        assert not valid(json.dumps({**json.loads(text(CERTIFICATE)), name: value}))
    assert json.loads(text(CERTIFICATE))["kept_by_aws"][0]["until"] == "2026-01-02T03:04:05+00:00"


def test_it_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    file.write_text("older")
    make_sure_of(file)
    assert file.read_text() == "older"
    write(file, CERTIFICATE)
    assert file.read_text() == text(CERTIFICATE)
    assert list(tmp_path.iterdir()) == [file]
    assert S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", [".", "no/such.json"])
def test_where_it_can_not_be_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="can't be written") as raised:
        make_sure_of(tmp_path / name)
    assert raised.value.mend == "name a file that can; nothing was removed"
    assert list(tmp_path.iterdir()) == []
