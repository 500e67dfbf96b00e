"""Saved plans: what stands in the file, and that only what was seen is carried out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest

from tapctl.events import Change
from tapctl.model import Ref
from tapctl.saved import MOST, digest, unlike
from tests.bad_input.files import PLAN
from tests.stage import EAST, Stage

ONE = {"TAPCTL_REGIONS": EAST}
SCRIPT = "#!/bin/sh\nTOKEN=canary\n"
A, B = Change("a", "size", 1, 2), Change("b", "delete", "id-b")
NEW = Change("c", "create")


def test_a_plan_that_is_carried_out_once(stage: Stage) -> None:
    """Without --yes, and without --env: the file says all that, and no secret."""
    Path("boot.sh").write_text(SCRIPT)
    Path("config.toml").write_text('[app]\nuser_data_file = "boot.sh"\n')
    code, out, _ = stage.run("plan", "--env", "staging", "--save", "it", environ=ONE)
    assert (code, out.splitlines()[-1].split(" ", 1)[1]) == (0, "saved: tapctl up --plan it")
    file = Path("it")
    assert S_IMODE(file.stat().st_mode) == 0o600
    assert "canary" not in file.read_text()
    held = json.loads(file.read_text())
    assert {*held} == {*PLAN}
    assert (held["stack"], held["regions"], held["prune"]) == ("TapStack/staging", [], False)
    assert {*held["wanted"]} == {one["key"] for one in held["changes"] if one["what"] == "create"}
    assert not stage.wires.meter.mutating

    Path("boot.sh").write_text(SCRIPT + "exit 0\n")  # nothing of which stands in the plan itself
    code, _, said = stage.run("up", "--plan", "it", environ=ONE)
    assert (code, "us-east-1/launch_template create: it would be otherwise" in said) == (4, True)
    assert not stage.wires.meter.mutating
    Path("boot.sh").write_text(SCRIPT)
    assert stage.run("up", "--plan", "it", environ=ONE)[0] == 0
    assert stage.wires.meter.mutating

    stage.wires.meter.reset()
    code, out, _ = stage.run("up", "--plan", "it", environ=ONE)
    assert (code, "Nothing to do." in out) == (0, True)
    assert not stage.wires.meter.mutating


def test_what_a_plan_did_not_see_is_not_changed(stage: Stage) -> None:
    assert stage.run("up", "--env", "staging", "--yes", environ=ONE)[0] == 0
    logs = stage.wires.raw("logs", EAST)
    (group,) = logs.describe_log_groups()["logGroups"]
    logs.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=90)
    assert stage.run("plan", "--env", "staging", "--prune", "--save", "it", environ=ONE)[0] == 0
    logs.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=60)
    stage.wires.meter.reset()
    code, _, said = stage.run("up", "--plan", "it", environ=ONE)
    assert code == 4
    assert said.splitlines() == [
        "nothing was changed: the stack is no longer as --plan it saw it",
        "reason: us-east-1/log_group retention_days: it would be otherwise",
        "mend: look at the new plan, and save that: tapctl plan --env staging --prune --save it"]
    assert not stage.wires.meter.mutating
    logs.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=90)
    assert stage.run("up", "--plan", "it", environ=ONE)[0] == 0
    assert {call.operation for call in stage.wires.meter.mutating} == {
        "PutParameter", "PutRetentionPolicy", "DeleteParameter"}

    Path("it").unlink()  # what can't be carried out is not saved
    code, out, _ = stage.run("plan", "--env", "staging", "--save", "it",
                             environ={**ONE, "TAPCTL_DATABASE__MAJOR_VERSION": "16"})
    assert (code, "saved" in out, Path("it").exists()) == (1, False, False)


def test_the_command_that_makes_it_anew_says_all_that_it_was_made_with(stage: Stage) -> None:
    Path("its.toml").write_text("")
    code, out, _ = stage.run("plan", "--env", "staging", "--save", "it", "--region", EAST, "--config", "its.toml")
    assert (code, out.splitlines()[-1].split(" ", 1)[1]) == (0, "saved: tapctl up --plan it --config its.toml")
    code, _, said = stage.run("up", "--plan", "it", "--config", "its.toml", environ={"TAPCTL_OWNER": "another"})
    assert (code, said.splitlines()[-1].rpartition(": ")[2]) == (
        4, f"tapctl plan --env staging --region {EAST} --save it --config its.toml")


def test_a_plan_that_fails_is_made_again(stage: Stage) -> None:
    assert stage.run("plan", "--env", "staging", "--refresh-ami", "--save", "it", environ=ONE)[0] == 0
    stage.wires.meter.denied = ("kms:CreateKey",)
    code, out, err = stage.run("up", "--plan", "it", environ=ONE)
    assert (code, err) == (1, "to go on: tapctl plan --env staging --refresh-ami --save it\n")
    assert "likely: whoever runs tapctl is not allowed to do it" in out
    assert "role and 2 more\n" in out.split("not done because of it: ")[1]


@pytest.mark.parametrize(("old", "new", "told"), [
    ([A, B], [A, B], []), ([A], [], ["a size: it is not to be done any more"]),
    ([], [A], ["a size: it was not in the plan"]), ([A], [replace(A, have=0)], ["a size: it would be otherwise"]),
    ([B], [replace(B, have="id-c")],
     ["b delete id-b: it is not to be done any more", "b delete id-c: it was not in the plan"]),
])
def test_differences(old: list[Change], new: list[Change], told: list[str]) -> None:
    assert list(unlike(old, new, {}, {})) == told


def test_what_is_made_is_compared_by_all_that_is_wanted_of_it() -> None:
    assert list(unlike([NEW], [NEW], {"c": "1"}, {"c": "1"})) == []
    assert list(unlike([NEW], [NEW], {"c": "1"}, {"c": "2"})) == ["c create: it would be otherwise"]
    assert list(unlike([NEW], [NEW], {}, {"c": "2"})) == ["c create: it would be otherwise"]
    assert MOST == 5


@pytest.mark.parametrize(("one", "other", "same"), [
    (frozenset({"a", "b", "c"}), frozenset({"c", "b", "a"}), True), ((1, "x"), (1, "x"), True),
    (Ref("a"), Ref("a"), True), (Ref("a"), Ref("b"), False), (frozenset({"a"}), frozenset({"b"}), False),
    ({"a": 1}, {"a": 2}, False)])
def test_a_digest_is_that_of_what_is_equal(one: Any, other: Any, same: bool) -> None:
    assert (digest(one) == digest(other)) is same
