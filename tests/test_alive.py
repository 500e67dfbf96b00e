"""Which runs of this machine have ended: their locks are free at once, and what they made is waited for."""

from __future__ import annotations

from datetime import timedelta
from stat import S_IMODE
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError

from tapctl import alive, lock
from tapctl.events import Note
from tapctl.lock import LEASE, Lock, held, lease
from tests.stage import Stage, locks


def test_a_killed_runs_lock_is_free_on_its_machine(stage: Stage) -> None:
    first, second = Lock(stage.session()), Lock(stage.session())
    with alive.marked(first.mine.run):
        assert first.take() is None
        assert second.take() is not None
        assert not alive.ended(first.mine.run)
        assert S_IMODE(alive.mark(first.mine.run).stat().st_mode) == 0o600
    assert alive.ended(first.mine.run)  # it was killed, or could not let go of it
    assert second.take() is None
    assert not alive.mark(first.mine.run).exists()


def test_a_run_that_can_not_let_go_leaves_its_lock_to_the_next_on_its_machine(stage: Stage) -> None:
    session = stage.session()
    with patch.object(Lock, "let_go", side_effect=EndpointConnectionError(endpoint_url="https://ssm")), held(session):
        pass
    assert alive.ended(session.run)
    with held(stage.session()):
        assert len(locks(stage)) == 1
    assert not alive.mark(session.run).exists()


def test_where_no_file_can_be_kept_the_lease_is_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPCTL_STATE_DIR", "/dev/null/state")
    with alive.marked("run"):
        assert not alive.ended("run")
    alive.forget("run")
    alive.cut_off("TapStack/staging")
    assert alive.unlisted("TapStack/staging") == 0


# ---------------------------------------------------------------- what one that was cut off has made
@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds, as they are waited."""
    made = list[float]()
    monkeypatch.setattr(alive, "LISTED", 10.0)
    monkeypatch.setattr(lock, "wait", lambda stop, seconds: made.append(seconds))
    return made


def test_who_follows_a_killed_run_waits_until_aws_lists_what_it_made(stage: Stage, waits: list[float]) -> None:
    dead = Lock(stage.session())
    with alive.marked(dead.mine.run):
        assert dead.take() is None
    with held(stage.session()):
        pass
    assert waits == [pytest.approx(10, abs=5)]
    (note,) = stage.heard(Note)
    assert note.text.endswith(
        "seconds: a run of TapStack/staging was cut off, and AWS may not list yet all that it has made")


def test_so_does_who_follows_a_stopped_one(stage: Stage, waits: list[float]) -> None:
    session = stage.session()
    with held(session):
        session.stop.set()
    assert S_IMODE(alive.last("TapStack/staging").stat().st_mode) == 0o600
    with held(stage.session(environment="production")):
        pass
    assert waits == []
    with held(stage.session()):
        pass
    assert waits == [pytest.approx(10, abs=5)]
    assert not alive.last("TapStack/staging").exists()


def test_after_a_whole_lease_there_is_nothing_to_wait_for(stage: Stage, waits: list[float],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    assert Lock(stage.session()).take() is None
    monkeypatch.setattr(lock, "lease", lambda one, now: lease(one, now + timedelta(seconds=LEASE + 1)))
    with held(stage.session()):
        pass
    assert waits == []
