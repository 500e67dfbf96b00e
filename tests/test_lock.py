"""One run at a time."""

from __future__ import annotations

import getpass
import json
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Thread
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tapctl import lock
from tapctl.engine import THREADS
from tapctl.errors import Exit
from tapctl.events import Note, Problem
from tapctl.known import LATER
from tapctl.lock import LEASE, MARGIN, Lock, Locked, acquire, held, here, lease
from tests.memory import refusal
from tests.stage import EAST, WEST, Stage, locks


class Clock:
    """The lock's monotonic clock, and how much older what it finds is than it says."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Waiting takes no time, and lets the clock go on."""
    made = Clock()
    monkeypatch.setattr(lock, "time", made)
    monkeypatch.setattr(lock, "lease", lambda one, now: lease(one, now + timedelta(seconds=made.ahead)))

    def wait(stop: Any, seconds: float) -> None:
        made.ahead += seconds

    monkeypatch.setattr(lock, "wait", wait)
    return made


@pytest.fixture
def pair(stage: Stage) -> tuple[Lock, Lock]:
    return Lock(stage.session()), Lock(stage.session())


# ---------------------------------------------------------------- taking
def test_it_is_a_parameter_that_says_who_has_it(stage: Stage) -> None:
    session = stage.session(regions=("eu-west-1", WEST))
    mine = Lock(session)
    assert mine.take() is None
    (name,) = locks(stage)
    assert name.startswith("/tapctl/TapStack/staging/lock/")
    ssm = stage.wires.raw("ssm", EAST)
    said = json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    assert said == {"command": "up", "run": session.run, "who": session.who, "where": here(), "since": mine.mine.since}
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "Environment": "staging", "Project": "TapStack", "Owner": session.place.owner, "Name": "TapStack-staging-lock"}
    mine.let_go()
    assert locks(stage) == []


def test_another_run_is_told_who_has_it(pair: tuple[Lock, Lock]) -> None:
    first, second = pair
    assert first.take() is None
    there = second.take()
    assert there is not None
    assert there.holder == first.mine
    assert LEASE - 5 < there.left <= LEASE + 1
    assert first.mine.run in str(there)
    second.let_go()
    assert second.take() is not None
    first.let_go()
    assert second.take() is None


def test_other_stacks_have_locks_of_their_own(stage: Stage) -> None:
    assert [Lock(stage.session(environment)).take() for environment in ("staging", "staging-2", "pr-1")] == [None] * 3


def test_one_that_has_run_out_is_taken_over(stage: Stage, pair: tuple[Lock, Lock], clock: Clock) -> None:
    first, second = pair
    assert first.take() is None
    clock.ahead = LEASE - 5
    assert second.take() is not None
    clock.ahead = LEASE + 5
    assert second.take() is None
    assert len(locks(stage)) == 1
    assert not first.renew()
    first.let_go()
    assert len(locks(stage)) == 1


def test_of_two_that_take_it_at_once_one_at_the_most_has_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen that nobody has it, in different seconds."""
    pair, both = (Lock(stage.session()), Lock(stage.session())), Barrier(2, timeout=10)
    looks = {id(one): one.look for one in pair}
    took: list[bool] = []

    def run(one: Lock, n: int) -> None:
        first = True

        def look() -> Any:
            nonlocal first
            found, now = looks[id(one)]()
            if first:
                first = False
                both.wait()
            return found, now + timedelta(seconds=n)

        monkeypatch.setattr(one, "look", look)
        took.append(one.take() is None)

    threads = [Thread(target=run, args=(one, n)) for n, one in enumerate(pair)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(took) <= 1
    assert len(locks(stage)) == sum(took)


def test_the_same_second_is_one_name(pair: tuple[Lock, Lock], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pair
    now = datetime.now(UTC)
    assert first.take() is None
    monkeypatch.setattr(first, "look", lambda: pytest.fail("it looks"))
    generation = second.look()[0][0].generation
    looks = iter([([], now.replace(microsecond=0).fromtimestamp(generation, UTC)), second.look()])
    monkeypatch.setattr(second, "look", lambda: next(looks))
    there = second.take()
    assert there is not None
    assert (there.generation, there.holder, str(there)) == (generation, None, "somebody")


def test_a_lost_answer_is_no_other_run(pair: tuple[Lock, Lock]) -> None:
    first, second = pair
    assert first.take() is None
    generation = first.look()[0][0].generation
    assert first.put(generation)
    assert not second.put(generation)


def test_aws_refusing_it_is_no_lock(pair: tuple[Lock, Lock]) -> None:
    throttled = refusal("ThrottlingException")
    with patch.object(pair[0].ssm, "put_parameter", side_effect=throttled), pytest.raises(ClientError, match="Throttl"):
        pair[0].take()


def test_what_somebody_else_wrote_there_is_somebodys(stage: Stage, pair: tuple[Lock, Lock]) -> None:
    stage.wires.raw("ssm", EAST).put_parameter(Name="/tapctl/TapStack/staging/lock/7", Type="String", Value="mine!")
    there = pair[0].take()
    assert there is not None
    assert (there.generation, str(there)) == (7, "somebody")


@pytest.mark.parametrize(("variables", "where"), [
    ({"GITHUB_RUN_ID": "7", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b"},
     "https://github.com/a/b/actions/runs/7"),
    ({"CI_JOB_URL": "https://gitlab.example/j/1"}, "https://gitlab.example/j/1"),
    ({"BUILD_URL": "https://jenkins.example/1"}, "https://jenkins.example/1"),
    ({}, f"{getpass.getuser()}@{platform.node()}")])
def test_where_a_run_is_from(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], where: str) -> None:
    for name in ("GITHUB_RUN_ID", "CI_JOB_URL", "BUILD_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert here() == where


# ---------------------------------------------------------------- keeping
def test_it_is_renewed_under_another_name(stage: Stage, pair: tuple[Lock, Lock], clock: Clock) -> None:
    first, second = pair
    assert first.take() is None
    (before,) = locks(stage)
    clock.ahead = LEASE - MARGIN + 1
    with pytest.raises(Locked, match="has lost the lock") as raised:
        first.check()
    assert raised.value.reason == "it could not be renewed for 110 seconds"
    first.lost = ""
    assert first.renew()
    first.check()
    (after,) = locks(stage)
    assert int(after.rpartition("/")[2]) == int(before.rpartition("/")[2]) + 1
    first.put(int(after.rpartition("/")[2]) + 1)  # as a run leaves it that the network fails in the middle
    assert first.renew()
    assert len(locks(stage)) == 1
    assert second.take() is not None


def test_one_that_is_being_tried_for_stays_as_it_is(pair: tuple[Lock, Lock]) -> None:
    first, second = pair
    assert first.take() is None
    generation = first.look()[0][0].generation
    assert second.put(generation + 1)
    first.renewed = -1.0
    assert first.renew()
    assert first.renewed == -1.0
    second.let_go()
    assert first.renew()
    assert first.renewed != -1.0


def test_an_evicted_run_learns_of_it(stage: Stage, pair: tuple[Lock, Lock]) -> None:
    first, second = pair
    assert first.take() is None
    assert second.take(over=True) is None
    assert not first.renew()
    second.let_go()
    assert not first.renew()
    assert locks(stage) == []


def test_a_run_that_is_evicted_while_it_renews(stage: Stage, pair: tuple[Lock, Lock],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pair
    assert first.take() is None
    put = first.put

    def evicted(generation: int) -> bool:
        assert second.take(over=True) is None
        second.let_go()
        return put(generation + 1)

    monkeypatch.setattr(first, "put", lambda generation: evicted(generation - 1) and put(generation))
    assert not first.renew()


# ---------------------------------------------------------------- waiting for it
def test_a_run_waits_for_a_dead_one(stage: Stage, pair: tuple[Lock, Lock], clock: Clock) -> None:
    first, second = pair
    assert first.take() is None
    acquire(second, stage.session(), 0)
    (note,) = stage.heard(Note)
    assert note.text.startswith(f"waits: `tapctl up` (run {first.mine.run}) of arn:")
    assert note.text.endswith("seconds")
    assert LEASE < clock.ahead < LEASE + 20


@pytest.mark.parametrize(("patience", "least"), [(0.0, 0.0), (300.0, 300.0)])
def test_a_run_does_not_wait_for_one_that_is_alive(stage: Stage, pair: tuple[Lock, Lock], clock: Clock, patience: float,
                                                   least: float, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pair
    assert first.take() is None
    before = clock.ahead

    def renewing(stop: Any, seconds: float) -> None:
        clock.ahead += seconds
        if clock.ahead > before + 20:
            stage.wires.raw("ssm", EAST)
            assert first.renew()

    monkeypatch.setattr(lock, "wait", renewing)
    monkeypatch.setattr(lock, "lease", lambda one, now: lease(one, now))
    with pytest.raises(Locked, match="TapStack/staging is being changed by another run") as raised:
        acquire(second, stage.session(), patience)
    assert clock.ahead >= least
    assert first.mine.run in raised.value.reason
    assert "tapctl unlock --env staging" in raised.value.mend


@pytest.mark.parametrize(("error", "mend"), [
    ("AccessDeniedException", lock.ALLOW), ("InternalServerError", LATER)])
def test_who_can_not_take_it_is_told_what_to_do(stage: Stage, error: str, mend: str) -> None:
    with (patch.object(Lock, "look", side_effect=refusal(error)),
          pytest.raises(Locked, match="can't be taken") as raised, held(stage.session())):
        pytest.fail("it is held")
    assert raised.value.mend == mend


def test_credentials_that_have_ended_are_no_matter_of_the_lock(stage: Stage) -> None:
    with (patch.object(Lock, "look", side_effect=refusal("ExpiredTokenException")),
          pytest.raises(ClientError, match="Expired"), held(stage.session())):
        pytest.fail("it is held")


# ---------------------------------------------------------------- while it is held
@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "RENEW", 0.01)


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_is_renewed_as_long_as_it_is_held(stage: Stage, quick: None) -> None:
    session = stage.session()
    with held(session):
        before = locks(stage)
        until(lambda: locks(stage) not in ([], before))
    assert locks(stage) == []
    assert session.aws.connections.guard.ask is None


def test_what_a_stopped_run_leaves_behind_changes_nothing_more(stage: Stage) -> None:
    """A thread of its walk, which waits to try once more; others may have the lock by then."""
    session, over, late = stage.session(), Event(), list[Locked]()
    logs = session.aws.client("logs")

    def again() -> None:
        over.wait()
        try:
            logs.create_log_group(logGroupName="late")
        except Locked as error:
            late.append(error)

    thread = Thread(target=again, name=f"{THREADS}_0")
    with held(session):
        thread.start()
    over.set()
    thread.join()
    assert "has let go of the lock of TapStack/staging" in str(*late)
    logs.create_log_group(logGroupName="mine")
    with held(session):
        pass
    assert session.aws.connections.guard.ask is None
    assert [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]] == ["mine"]


def test_a_run_that_is_evicted_changes_nothing_more(stage: Stage, quick: None) -> None:
    session, other = stage.session(), Lock(stage.session(command="unlock"))
    logs = session.aws.client("logs")
    with held(session):
        logs.create_log_group(logGroupName="before")
        until(lambda: other.take(over=True) is None)
        other.let_go()
        until(session.stop.is_set)
        logs.describe_log_groups()
        with pytest.raises(Locked, match="this run has lost the lock of TapStack/staging"):
            logs.create_log_group(logGroupName="after")
    (problem,) = stage.heard(Problem)
    assert "evicted" in problem.message
    assert session.stop.exit_code is Exit.FAILED
    logs.create_log_group(logGroupName="after")


def test_a_network_that_is_gone_for_a_moment_loses_nothing(stage: Stage, quick: None,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    session, failures = stage.session(), iter(range(3))
    renew = Lock.renew

    def failing(its: Lock) -> bool:
        if next(failures, None) is not None:
            raise EndpointConnectionError(endpoint_url="https://ssm")
        return renew(its)

    monkeypatch.setattr(Lock, "renew", failing)
    with held(session):
        before = locks(stage)
        until(lambda: next(failures, "none") == "none")
        until(lambda: locks(stage) not in ([], before))
    assert not stage.heard(Problem)


@pytest.mark.parametrize(("error", "told"), [("AccessDeniedException", 1), ("ExpiredTokenException", 0)])
def test_a_lock_that_may_not_be_let_go_of_is_told(stage: Stage, error: str, told: int) -> None:
    refused = refusal(error, operation="DeleteParameter")
    with patch.object(Lock, "let_go", side_effect=refused), held(stage.session()):
        pass
    notes = [note.text for note in stage.heard(Note)]
    assert len(notes) == told
    assert all("its parameter stays: allow ssm:" in note and "DeleteParameter" in note for note in notes)
