"""A yard in which nobody waits for long."""

from __future__ import annotations

import pytest

from tapctl import reconcile, waiting
from tests.reconcile.yard import Yard


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Yard:
    monkeypatch.setattr(waiting, "gap", lambda waited: 0.001)
    monkeypatch.setattr(reconcile, "SHOWN", 0.01)
    return Yard()
