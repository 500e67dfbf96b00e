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
from walks.shares import SHARE, Share, shares, walked


def test_no_kind_is_without_a_deletion() -> None:
    wanted = {kind.kind for kind in KINDS if issubclass(kind, Resource) and not kind.shared}
    assert {deletion.kind for deletion in deletions.TABLE} == wanted


def test_walks_end_well(new_lab: Labs) -> None:
    """Few of them: 200 take an hour."""
    walk(new_lab, examples=3, steps=6, number=105)
    console = Console(record=True, file=StringIO())
    report(Walk.done, "walks", console)
    assert "by hand" in console.export_text()


def test_shares_are_the_whole_whatever_the_number_of_processes() -> None:
    whole = Share(2 * SHARE + 5, 7, 100)
    assert shares(whole) == [Share(SHARE, 7, 100), Share(SHARE, 7, 101), Share(5, 7, 102)]
    assert shares(Share(3, 7, 9)) == [Share(3, 7, 9)]
    assert str(Share(3, 7, 9)) == "python -m walks --examples 3 --steps 7 --seed 9"


def test_a_share_tells_what_was_done_and_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(labs: object, examples: int, steps: int, number: int, shrink: bool) -> None:
        Walk.done["walks"] += examples
        if number:
            error = AssertionError("twice")
            error.add_note("The walk:\nup staging")
            raise error

    monkeypatch.setattr("walks.shares.walk", walk)
    monkeypatch.setattr("walks.shares.labs", object)
    assert walked(Share(3, 7, 0)) == ({"walks": 3}, "")
    assert walked(Share(2, 7, 9)) == ({"walks": 2}, (
        "AssertionError: twice\nThe walk:\nup staging\n"
        "The same walks again: python -m walks --examples 2 --steps 7 --seed 9"))


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
