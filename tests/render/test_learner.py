"""What is learnt of a run, whoever shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapctl import durations
from tapctl.events import Ahead, Event
from tapctl.render.learner import learning
from tests.render.said import EMULATED, RUN


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPCTL_STATE_DIR", str(tmp_path))


def test_what_the_steps_took_is_kept_and_all_is_passed_on() -> None:
    heard: list[Event] = []
    with learning(heard.append) as emit:
        for event in RUN:
            emit(event)
    assert heard == [*RUN]
    assert {*durations.here(EMULATED).learned} == {"database create exists", "database create ready"}


def test_also_of_a_run_that_was_stopped() -> None:
    def stopped() -> None:
        with learning(lambda _: None) as emit:
            for event in RUN[:-1]:
                emit(event)
            raise KeyError

    with pytest.raises(KeyError):
        stopped()
    assert durations.here(EMULATED).learned


def test_nothing_is_learnt_where_nothing_is_done() -> None:
    with learning(lambda _: None) as emit:
        for event in RUN[:2]:
            emit(event)
    with learning(lambda _: None) as emit:
        emit(next(event for event in RUN if isinstance(event, Ahead)))
    assert not durations.remembered()
