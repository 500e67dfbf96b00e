"""Made, made again, removed, removed again: and the account is as before."""

from __future__ import annotations

from tests.conformance.checks import assert_as_before, assert_at_rest, assert_stands
from tests.conformance.lab import Lab
from tests.conformance.labs import EAST, WEST, Labs
from tests.conformance.stacks import THIRD


def test_made_kept_and_removed(new_lab: Labs) -> None:
    assert_lives(new_lab(EAST))


def test_another_environment_in_three_regions_with_certificates(new_lab: Labs) -> None:
    lab = new_lab(WEST, EAST, THIRD, environment="staging")
    lab.certify()
    assert_lives(lab)


def assert_lives(lab: Lab) -> None:
    first = lab.up()
    assert_stands(first)
    assert first.began("create") == first.wanted.keys()
    assert_at_rest(lab)
    assert_as_before(lab)


def test_taken_up_again_after_it_was_removed(new_lab: Labs) -> None:
    lab = new_lab()
    lab.up()
    lab.down()
    assert_stands(lab.up())
    assert_at_rest(lab)
    assert_as_before(lab)
