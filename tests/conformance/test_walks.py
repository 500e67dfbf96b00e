"""A few random walks, the same each time, and that one would tell."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from tapctl.model import Resource
from tapctl.resources import KINDS
from tapctl.resources.security_group import SecurityGroup
from tests.conformance import deletions
from tests.conformance.labs import EAST, Labs
from tests.conformance.test_mutants import idle
from tests.conformance.walks import Walk
from walks.__main__ import report
from walks.run import walk


def test_no_kind_is_without_a_deletion() -> None:
    wanted = {kind.kind for kind in KINDS if issubclass(kind, Resource) and not kind.shared}
    assert {deletion.kind for deletion in deletions.TABLE} == wanted


def test_walks_end_well(new_lab: Labs) -> None:
    """Few of them: 200 take an hour."""
    walk(new_lab, examples=3, steps=6, number=105)
    console = Console(record=True, file=StringIO())
    report(Walk.done, "walks", console)
    assert "by hand" in console.export_text()


def test_a_product_that_leaves_rules_does_not(new_lab: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SecurityGroup, "aspects", idle("rules")(SecurityGroup.aspects))
    walked = Walk(new_lab)
    try:
        walked.regions("staging", (EAST,))
        with pytest.raises(AssertionError, match="still to be changed") as failed:
            walked.up("staging")
    finally:
        walked.teardown()
    assert failed.value.__notes__ == ["The walk:\nconfigure staging: regions = us-east-1\nup staging"]
