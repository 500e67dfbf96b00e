"""`down`, without a terminal: what it finds, removes, leaves and certifies."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest

from tapctl import down as module
from tapctl import standing, teardown
from tapctl.attestation import schema
from tapctl.down import abroad, down, find
from tapctl.errors import ConfigurationError, Exit, TapctlError, UsageError
from tapctl.events import Began, Ended, Note, Planned, Problem
from tapctl.model import Found
from tapctl.observe import Item
from tapctl.operations import up
from tapctl.reconcile import STOPPING
from tapctl.resources.database import Database
from tapctl.resources.table import Table
from tapctl.session import Session, Stop
from tapctl.standing import DISABLED
from tests.memory import refusal
from tests.stage import EAST, WEST, Stage, stack_key, stack_role, stack_table, yes

ELSEWHERE, DISABLED_REGION = "eu-west-1", "me-south-1"


def problems(stage: Stage) -> dict[str, str]:
    return {problem.key: problem.message for problem in stage.heard(Problem)}


# ---------------------------------------------------------------- finding and removing
def test_down_twice(stage: Stage, one: Session) -> None:
    sought = find(one)
    (planned,) = stage.heard(Planned)
    assert sought.regions == [EAST]
    assert {(change.key, change.have, change.what) for change in planned.changes} == {
        (item.it.key, item.it.id, "delete") for item in sought.items}
    assert not stage.wires.meter.mutating
    assert down(one, sought) is Exit.DONE
    (ended,) = stage.heard(Ended)
    assert ended.counts == {"delete": len(sought.items)}
    stays = [note.text for note in stage.heard(Note)]
    assert any("KMS key" in text for text in stays)
    assert all(text.startswith("stays: ") for text in stays)

    twice = stage.again(one)
    sought = find(twice)
    assert sought.items == []
    assert down(twice, sought) is Exit.DONE
    assert stage.heard(Ended)[0].counts == {"delete": 0}
    assert not stage.wires.meter.mutating


def test_what_is_left_is_named(stage: Stage, one: Session, tmp_path: Path) -> None:
    stage.wires.meter.denied = ("dynamodb:DeleteTable",)
    assert down(one, find(one), tmp_path / "it.json", quiet=0) is Exit.LEFT_OVER
    told = [(problem.key, problem.message) for problem in stage.heard(Problem)]
    assert {key for key, _ in told} == {f"{EAST}/table", f"{EAST}/kms_key"}
    assert "is left over: " in told[0][1]
    assert "AccessDenied" in dict(told[:2])[f"{EAST}/table"]
    assert f"it goes only after {EAST}/table" in dict(told[:2])[f"{EAST}/kms_key"]
    assert all("was there at the second look" in message for _, message in told[2:])
    written = certificate(tmp_path)
    assert (written["clean"], written["reasons"]) == (False, ["left over: 2"])
    assert {left["key"] for left in written["left"]} == {f"{EAST}/table", f"{EAST}/kms_key"}
    assert all("not authorized" in left["why"] or "only after" in left["why"] for left in written["left"])
    assert {thing["key"] for thing in written["second"]["found"]} == {f"{EAST}/table", f"{EAST}/kms_key"}


def test_what_may_not_be_looked_at_is_named(stage: Stage, one: Session) -> None:
    stage.wires.meter.denied = ("dynamodb:DescribeTable", "dynamodb:ListBackups")
    sought = find(one)
    assert stage.heard(Planned)[0].unread == {f"{EAST}/table": "dynamodb:DescribeTable"}
    assert down(one, sought) is Exit.LEFT_OVER
    told = {problem.key: problem for problem in stage.heard(Problem)}
    assert told[f"{EAST}/table"].message == "not allowed to look: dynamodb:DescribeTable"
    assert told[f"{EAST}/table"].mend == "allow it, and run `tapctl down` again"
    assert "may use it" in told[f"{EAST}/kms_key"].message
    assert not any("backup" in note.text for note in stage.heard(Note))


def test_credentials_that_end_half_way_are_one_error(stage: Stage, one: Session) -> None:
    sought, expired = find(one), refusal("ExpiredTokenException")
    with (patch.object(Table, "delete", side_effect=expired),
          pytest.raises(ConfigurationError, match="the run ended half-way")):
        down(one, sought)
    assert not stage.heard(Problem)
    twice = stage.again(one)
    assert down(twice, find(twice)) is Exit.DONE


def test_what_may_not_be_asked_for_what_stays_is_said(stage: Stage, one: Session) -> None:
    sought = find(one)
    stage.wires.meter.denied = ("iam:ListRoles",)
    assert down(one, sought) is Exit.DONE
    assert f"{EAST}/service_linked_role: what stays of it was not looked for: not allowed: iam:ListRoles" in {
        note.text for note in stage.heard(Note)}


def test_down_stopped_on_the_way(stage: Stage, one: Session, tmp_path: Path) -> None:
    def emit(event: object) -> None:
        stage.told.append(event)  # type: ignore[arg-type]
        if isinstance(event, Began):
            one.stop(signal.SIGTERM, None) if not one.stop.is_set() else None

    watched, sought = replace(one, emit=emit), find(one)
    assert down(watched, sought, tmp_path / "it.json") is Exit.TERMINATED
    assert problems(stage)[f"{EAST}/kms_key"].endswith("is left over: the run was stopped before it was gone")
    stopping, note = stage.heard(Note)
    assert stopping == STOPPING
    assert note.text.startswith(f"{tmp_path}/it.json: the run was stopped before its end; left over: ")
    written = certificate(tmp_path)
    assert (written["stopped"], written["clean"], written["second"]) == (True, False, None)
    assert len(written["removed"]) + len(written["left"]) == len(written["first"]["found"])
    assert down(stage.again(one), find(stage.again(one))) is Exit.DONE


def test_down_stopped_while_it_looks(stage: Stage, one: Session, tmp_path: Path) -> None:
    """AWS owes it an answer, which it doesn't wait for; what stands is said."""
    sought, answered = find(one), Event()

    def owed(*_: object) -> None:
        one.stop(signal.SIGINT, None)
        answered.wait()

    with patch.object(teardown, "inventory", owed):
        assert down(one, sought, tmp_path / "it.json") is Exit.INTERRUPTED
        answered.set()
    assert {call.service for call in stage.wires.meter.mutating} == {"ssm"}  # the lock
    assert set(problems(stage).values()) == {
        f"{item.it.id} is left over: the run was stopped before it was gone" for item in sought.items}
    written = certificate(tmp_path)
    assert (len(written["left"]), written["stopped"]) == (len(sought.items), True)


def test_region_by_region(stage: Stage) -> None:
    """Made, the replica after its primary, and removed, the primary after its replica."""
    for region in EAST, WEST:
        stage.told.clear()
        assert up(stage.session(chosen=[region]), yes) is Exit.DONE
        changed = [told for told in stage.heard(Began) if told.what != "wait"]  # which changes nothing
        assert {told.key.split("/")[0] for told in changed} == {region}
    stage.wires.meter.reset()
    with pytest.raises(UsageError, match=f"{EAST}/database: it has a replica in {WEST}") as raised:
        find(stage.session(), [EAST])
    assert raised.value.mend == f"remove {WEST} first, or leave --region out"
    assert not stage.wires.meter.mutating
    for chosen in [WEST], [EAST]:
        sought = find(stage.session(), chosen)
        assert sought.items
        assert sought.regions == chosen
        assert down(stage.session(), sought) is Exit.DONE


@pytest.mark.parametrize(("replicas", "found"), [
    ([], []), ([f"arn:aws:rds:{WEST}:1:db:x"], [(f"{EAST}/database", WEST)]), (["here"], []),
    ([f"arn:aws:rds:{EAST}:1:db:x"], [])])
def test_replicas_that_a_run_leaves_alone(replicas: list[str], found: list[tuple[str, str]]) -> None:
    database = Item(Database, EAST, Found(f"{EAST}/database", "db", {"ReadReplicaDBInstanceIdentifiers": replicas}))
    assert list(abroad([database], [EAST])) == found


# ---------------------------------------------------------------- elsewhere
def test_a_stack_in_a_region_that_nothing_names(stage: Stage) -> None:
    """Neither the configuration, nor IAM or S3: its tags alone tell of it."""
    arn = stack_table(stage, ELSEWHERE)
    session = stage.session()
    sought = find(session)
    assert sought.regions == [EAST, WEST, ELSEWHERE]
    assert [item.it.id for item in sought.items] == [arn]
    assert down(session, sought) is Exit.DONE
    assert find(session).regions == [EAST, WEST]


def test_only_chosen_regions(stage: Stage) -> None:
    session = stage.session(chosen=[ELSEWHERE], command="down")
    with pytest.raises(UsageError, match="--region eu-west-1: there is nothing of this stack") as raised:
        find(session, [EAST, ELSEWHERE])
    assert raised.value.reason == f"it may be in {EAST}, {WEST}"
    stack_role(stage, "staging", ELSEWHERE)
    sought = find(session, [ELSEWHERE])
    assert sought.regions == [ELSEWHERE]
    assert [item.it.id for item in sought.items] == [f"TapStack-staging-{ELSEWHERE}"]
    assert down(session, sought) is Exit.DONE
    assert find(session).regions == [EAST, WEST]


def test_a_chosen_region_is_looked_at_where_the_index_refuses(stage: Stage) -> None:
    stage.wires.meter.denied = (ELSEWHERE,)
    session = stage.session(chosen=[ELSEWHERE], command="down")
    sought = find(session, [ELSEWHERE])
    assert sought.regions == [ELSEWHERE]
    assert down(session, sought) is Exit.LEFT_OVER
    assert problems(stage)[f"{ELSEWHERE}/table"].startswith("not allowed to look: ")


def test_a_region_that_refuses_is_a_failure_only_where_something_may_stand(stage: Stage) -> None:
    stage.wires.meter.denied = (ELSEWHERE,)
    session = stage.session()
    assert down(session, find(session)) is Exit.DONE
    (note,) = [note.text for note in stage.heard(Note) if note.text.startswith(ELSEWHERE)]
    assert "not looked at: not allowed: " in note
    stack_role(stage, "staging", ELSEWHERE)
    assert down(session, find(session)) is Exit.LEFT_OVER
    assert f"{ELSEWHERE}/database" in problems(stage)


def test_a_region_that_is_not_enabled(stage: Stage, tmp_path: Path) -> None:
    stack_role(stage, "staging", DISABLED_REGION)
    session = stage.session()
    with pytest.raises(UsageError, match=f"--region {DISABLED_REGION}: {DISABLED}"):
        find(session, [DISABLED_REGION])
    assert down(session, find(session), tmp_path / "it.json", 0) is Exit.LEFT_OVER
    assert problems(stage) == {DISABLED_REGION: f"not looked at: {DISABLED}, and something may stand there"}
    written = certificate(tmp_path)
    assert written["reasons"] == [f"{DISABLED_REGION}: {DISABLED}, and something may stand there"]
    assert looked(written)[DISABLED_REGION] == "not"
    stage.told.clear()
    assert down(session, find(session, [EAST])) is Exit.DONE
    assert not stage.heard(Problem)


# ---------------------------------------------------------------- the certificate
def certificate(home: Path) -> dict[str, Any]:
    """The one that was written, which is as its schema has it."""
    written: dict[str, Any] = json.loads((home / "it.json").read_text())
    jsonschema.Draft202012Validator(
        json.loads(schema()), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER).validate(written)
    assert os.listdir(home) == ["it.json"]
    return written


def looked(written: dict[str, Any], look: str = "second") -> dict[str, str]:
    return {region["region"]: region["looked"] for region in written[look]["regions"]}


def test_a_clean_certificate(stage: Stage, one: Session, tmp_path: Path) -> None:
    pending = stack_key(stage, ELSEWHERE)
    stage.wires.raw("kms", ELSEWHERE).schedule_key_deletion(KeyId=pending, PendingWindowInDays=7)
    sought = find(one)
    with patch.object(module, "wait") as waited:
        assert down(one, sought, tmp_path / "it.json") is Exit.DONE
    waited.assert_called_once_with(one.stop, 60)
    written = certificate(tmp_path)
    assert (written["clean"], written["reasons"], written["left"], written["handed_over"]) == (True, [], [], [])
    assert written["stack"] == {"project": "TapStack", "environment": "staging", "account": one.place.account,
                                "partition": "aws"}
    assert {thing["id"] for thing in written["removed"]} == {item.it.id for item in sought.items}
    assert written["first"]["found"]
    assert not written["second"]["found"]
    assert looked(written) == looked(written, "first")
    assert looked(written)[EAST] == "in full"
    assert looked(written)[ELSEWHERE] == "by index"
    keys = {kept["id"]: kept["region"] for kept in written["kept_by_aws"] if kept["what"] == "KMS key"}
    assert keys[pending] == ELSEWHERE
    assert set(keys.values()) == {EAST, ELSEWHERE}
    assert all(kept["until"] for kept in written["kept_by_aws"] if kept["what"] != "service-linked role")

    looks = {look["kind"]: look for look in written["first"]["looks"]}
    assert looks["database"]["calls"] == {f"rds:DescribeDBInstances:{EAST}": 1}
    assert (looks["database"]["found"], looks["database"]["denied"]) == (1, "")
    assert {look["kind"] for look in written["second"]["looks"]} == looks.keys()
    assert all(look["calls"] and not look["found"] for look in written["second"]["looks"])
    assert written["calls"][f"rds:DeleteDBInstance:{EAST}"] >= 1
    assert [note.text for note in stage.heard(Note)][-1] == f"{tmp_path}/it.json: nothing is left"


def test_a_region_left_out_leaves_a_doubt(stage: Stage, tmp_path: Path) -> None:
    stack_role(stage, "staging", ELSEWHERE)
    session = stage.session()
    assert down(session, find(session, [EAST]), tmp_path / "it.json", quiet=0) is Exit.DONE
    written = certificate(tmp_path)
    assert written["reasons"] == [f"{WEST}: left out by --region", f"{ELSEWHERE}: left out by --region"]
    assert looked(written)[WEST] == looked(written)[ELSEWHERE] == "not"


def test_what_comes_back_meanwhile_is_seen(stage: Stage, tmp_path: Path) -> None:
    session = stage.session()
    sought = find(session)
    with patch.object(module, "wait", lambda *_: stack_table(stage, ELSEWHERE)):
        assert down(session, sought, tmp_path / "it.json") is Exit.LEFT_OVER
    written = certificate(tmp_path)
    assert not written["clean"]
    (left,) = written["left"]
    assert (left["key"], left["why"]) == (f"{ELSEWHERE}/table", "it was there at the second look")
    assert looked(written, "first")[ELSEWHERE] == "by index"
    assert looked(written)[ELSEWHERE] == "in full"
    assert problems(stage)[f"{ELSEWHERE}/table"].endswith(" was there at the second look")


def test_a_second_look_that_fails_is_said(stage: Stage, tmp_path: Path) -> None:
    session = stage.session()
    sought = find(session)
    with patch.object(standing, "everywhere", side_effect=refusal("Broken", operation="DescribeRegions")):
        assert down(session, sought, tmp_path / "it.json", quiet=0) is Exit.FAILED
    written = certificate(tmp_path)
    (reason,) = written["reasons"]
    assert reason.startswith("there was no second look: AWS refused DescribeRegions: Broken")
    assert written["second"] is None
    assert problems(stage)["the second look"].startswith("AWS refused DescribeRegions")


def test_stopped_before_the_second_look(stage: Stage, tmp_path: Path) -> None:
    session = stage.session()

    def interrupt(stop: Stop, seconds: float) -> None:
        session.stop(signal.SIGINT, None)

    with patch.object(module, "wait", interrupt):
        assert down(session, find(session), tmp_path / "it.json", quiet=9) is Exit.INTERRUPTED
    written = certificate(tmp_path)
    assert (written["stopped"], written["clean"], written["second"]) == (True, False, None)
    assert "looks again after 9 seconds" in [note.text for note in stage.heard(Note)]


def test_a_certificate_that_can_not_be_written_after_all(stage: Stage, tmp_path: Path) -> None:
    session = stage.session()
    sought = find(session)
    with pytest.raises(TapctlError, match="can't be written") as raised:
        down(session, sought, tmp_path / "gone" / "it.json", quiet=0)
    assert raised.value.exit_code is Exit.FAILED
    assert "run the same command again" in raised.value.mend
