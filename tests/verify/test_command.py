"""`tapctl verify`, in process: where it prints what, and what it exits with."""

from __future__ import annotations

import json
from xml.etree import ElementTree as Xml

import pytest

from tests.stage import EAST, WEST, Stage


@pytest.mark.parametrize("args", ["--only reachabilty", "--skip tags. --only tags", "--only tags --skip tags"])
def test_a_wrong_choice_is_usage(offline: Stage, args: str) -> None:
    code, out, err = offline.run("verify", "--env", "staging", *args.split())
    assert (code, out) == (2, "")
    assert "mend: " in err


def test_nothing_stands(stage: Stage) -> None:
    """Each check says what is missing, none stumbles, and nothing is changed."""
    code, out, err = stage.run("verify", "--env", "staging", "--region", EAST)
    assert (code, err) == (1, "")
    assert "  ✗ database.serves                    there is no us-east-1/database\n" in out
    assert "tapctl verify TapStack/staging" in out
    assert out.splitlines()[-1].startswith("0 passed, ")
    assert WEST not in out.splitlines()[1]
    assert not stage.wires.meter.mutating


@pytest.mark.parametrize("form", ["json", "junit"])
def test_for_pipelines(stage: Stage, form: str) -> None:
    code, out, err = stage.run("verify", "--env", "staging", "-o", form, "--only", "tags", "--only", "role.trust")
    assert code == 1
    assert "tapctl verify TapStack/staging" in err
    told = json.loads(out)["checks"] if form == "json" else [
        {"check": case.get("name"), "outcome": "failed" if case.find("failure") is not None else "passed"}
        for case in Xml.fromstring(out).iter("testcase")]
    assert [(one["check"], one["outcome"]) for one in told] == [
        (name, "failed") for name in ("role.trust", "tags.resources", "tags.launched")] * 2


@pytest.fixture
def denied(stage: Stage) -> Stage:
    stage.wires.meter.denied = ("rds:DescribeDBInstances",)
    return stage


@pytest.mark.parametrize(("more", "code"), [([], 0), (["--strict"], 1)])
def test_what_can_not_be_checked_fails_only_a_strict_run(denied: Stage, more: list[str], code: int) -> None:
    ended, out, _ = denied.run("verify", "--env", "staging", "--only", "database", "--region", EAST, *more)
    assert ended == code
    assert "  - database.serves  not checked: not allowed to look: rds:DescribeDBInstances\n" in out
    assert out.splitlines()[-1] == "Not allowed to read, so not checked: rds:DescribeDBInstances"


def test_wrong_settings(stage: Stage) -> None:
    code, _, err = stage.run("verify", "--env", "staging", "--only", "tags", "--config", "nowhere.toml")
    assert (code, "nowhere.toml can't be read" in err) == (3, True)
