"""Teardown, of a cloud in memory."""

from __future__ import annotations

from tapctl.resources import KINDS
from tapctl.teardown import kept_kinds


def test_an_unseen_database_keeps_the_key() -> None:
    assert "kms_key" in kept_kinds(KINDS, {"database"})
