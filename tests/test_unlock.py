"""Whoever has a stack's lock is evicted."""

from __future__ import annotations

import pytest

from tapctl import operations
from tapctl.errors import TapctlError, UsageError
from tapctl.events import Note
from tapctl.lock import Lock
from tests.stage import Stage, locks, no, yes


def test_eviction(stage: Stage) -> None:
    session, told = stage.session(command="unlock"), list[str]()
    operations.unlock(session, told.append)
    assert [note.text for note in stage.heard(Note)] == ["nobody has the lock of TapStack/staging"]
    stage.told.clear()
    other = Lock(stage.session())
    assert other.take() is None
    with pytest.raises(UsageError):
        operations.unlock(session, no)
    assert other.renew()
    operations.unlock(session, told.append)
    assert told == [str(other.mine)]
    assert [note.text for note in stage.heard(Note)] == [f"evicted: {other.mine}"]
    assert not other.renew()
    assert locks(stage) == []


def test_the_command_names_whom_it_evicts(stage: Stage) -> None:
    other = Lock(stage.session())
    assert other.take() is None
    code, out, err = stage.run("unlock", "--env", "staging", "--yes")
    assert (code, err) == (0, "")
    assert out.index(f"the lock is held by {other.mine}") < out.index(f"evicted: {other.mine}")


def test_eviction_where_others_are_quicker(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Lock(stage.session())
    assert other.take() is None
    monkeypatch.setattr(Lock, "put", lambda *_: False)
    with pytest.raises(TapctlError, match="could not be taken"):
        operations.unlock(stage.session(command="unlock"), yes)
