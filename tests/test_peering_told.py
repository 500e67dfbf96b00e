"""What the commands say of peering."""

from __future__ import annotations

from tapctl import operations
from tapctl.events import Note
from tests.stage import EAST, WEST, Stage

WHY = f"{EAST} and {WEST} are not peered"


def test_default_vpcs_are_not_peered_which_plan_and_status_say(stage: Stage) -> None:
    session = stage.session()
    assert [note for note in operations.view(session).planned.notes if note.startswith(WHY)]
    operations.status(session)
    assert [note for note in stage.heard(Note) if note.text.startswith(WHY)]


def test_where_it_is_required_nothing_is_planned(stage: Stage) -> None:
    code, _, err = stage.run("up", "--env", "staging", "--yes", environ={"TAPCTL_NETWORK__PEERING": "required"})
    assert code == 3
    assert "peering is required, and can't be had" in err
    assert f"172.31.0.0/16 in {EAST} overlaps 172.31.0.0/16 in {WEST}" in err
    assert not stage.wires.meter.mutating
