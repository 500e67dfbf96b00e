"""The harness of `make fault-test`: a fixed sample of its trials, and that it would tell. All of them take hours."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest

from faults.credentials import Ending
from faults.denied import Denial
from faults.every import every
from faults.kinds import FAULTS, SLOWLY
from faults.network import Lost
from faults.rates import Weather
from faults.single import Single
from faults.stopped import Stopping
from tapctl.aws import Cloud
from tests.conformance.labs import EAST, INSTANT, Labs
from trials.points import Point
from trials.trial import Result, Trial, outcome

KEY = Point("up", EAST, "kms CreateKey", "", 1)
LOST_KEY = Single("timeout after", KEY)
EXPIRED = Ending("credentials expired", KEY)
SURVIVED = (Result.SURVIVED, "")


@pytest.fixture
def labs(new_lab: Labs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Labs:
    """Of one region."""
    monkeypatch.setattr(new_lab, "regions", (EAST,))
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path))
    return new_lab


def test_a_sample_is_survived(labs: Labs) -> None:
    trials = list(every(labs, INSTANT))
    assert len(set(map(str, trials))) == len(trials)
    assert {trial.fault for trial in trials if isinstance(trial, Single)} == {*FAULTS, SLOWLY}
    assert LOST_KEY in trials
    rows = Counter(trial.row[0] for trial in trials)
    assert set(rows) == {"single", "denied", "stopped", "credentials", "network", "random"}
    sample: tuple[Trial, ...] = (
        Weather(20, 1), Denial("up", "kms:DescribeKey", "start", standing=False), Stopping(signal.SIGTERM, KEY, "down"),
        EXPIRED, Lost(KEY))
    for trial in sample:
        assert outcome(labs, trial, INSTANT) == SURVIVED, trial


def test_a_create_whose_answer_was_lost_is_not_made_twice(labs: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(labs, LOST_KEY, INSTANT) == SURVIVED
    monkeypatch.setattr(Cloud, "client", lambda its, service, repeat=True: its.connections.client(
        service, its.place.region))  # sent again by botocore, as any other call is
    result, why = outcome(labs, LOST_KEY, INSTANT)
    assert result is Result.FAILED
    assert why.startswith("AssertionError")


def test_credentials_that_end_are_not_tried_on_every_node(labs: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapctl.reconcile.hopeless", lambda error: False)
    result, why = outcome(labs, EXPIRED, INSTANT)
    assert result is Result.FAILED
    assert why.startswith("AssertionError")
