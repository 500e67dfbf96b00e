"""The harness of `make fault-test`: a fixed sample of its trials, and that it would tell. All of them take an hour."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.kinds import FAULTS, SLOWLY
from faults.single import Single, singles
from tapctl.aws import Cloud
from tests.conformance.labs import EAST, INSTANT, Labs
from trials.points import Point
from trials.trial import Result, outcome

LOST_KEY = Single("timeout after", Point("up", EAST, "kms CreateKey", "", 1))


@pytest.fixture
def labs(new_lab: Labs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Labs:
    """Of one region."""
    monkeypatch.setattr(new_lab, "regions", (EAST,))
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path))
    return new_lab


def test_a_sample_is_survived(labs: Labs) -> None:
    every = list(singles(labs, INSTANT))
    assert len(set(map(str, every))) == len(every)
    assert {trial.fault for trial in every} == {*FAULTS, SLOWLY}
    assert LOST_KEY in every
    for trial in every[400::700]:
        assert outcome(labs, trial, INSTANT) == (Result.SURVIVED, ""), trial


def test_a_create_whose_answer_was_lost_is_not_made_twice(labs: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(labs, LOST_KEY, INSTANT) == (Result.SURVIVED, "")
    monkeypatch.setattr(Cloud, "client", lambda its, service, repeat=True: its.connections.client(
        service, its.place.region))  # sent again by botocore, as any other call is
    result, why = outcome(labs, LOST_KEY, INSTANT)
    assert result is Result.FAILED
    assert why.startswith("AssertionError")
