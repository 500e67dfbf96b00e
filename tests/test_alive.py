"""Which runs of this machine have ended: their locks are free at once."""

from __future__ import annotations

from stat import S_IMODE
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError

from tapctl import alive
from tapctl.lock import Lock, held
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
