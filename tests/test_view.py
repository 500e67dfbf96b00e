"""A stack as it is wanted and as it is."""

from __future__ import annotations

import pytest

from tapctl.errors import ConfigurationError
from tapctl.events import Change
from tapctl.model import Found
from tapctl.observe import World
from tapctl.plans import Plan
from tapctl.view import View, view
from tests.doctor.wanted import wanted
from tests.stage import EAST, WEST, Stage, stack_database, stack_parts, stack_role


def test_a_view_is_a_plan_in_words(stage: Stage) -> None:
    planned = view(stage.session(regions=[EAST])).planned
    assert planned.changes
    assert (planned.held, planned.refused, planned.surplus, planned.unread) == ((), {}, (), {})


def test_what_names_may_not_be_asked_is_a_note(stage: Stage) -> None:
    stage.wires.meter.denied = ("s3:ListBuckets", "ListBuckets")
    assert view(stage.session(regions=[EAST])).planned.notes[-1] == (
        "regions that the configuration doesn't name may be missed: not allowed: s3:ListBuckets")


def test_a_region_that_is_configured_no_longer_is_told(stage: Stage) -> None:
    west, shrunk = stack_parts(stage, WEST), stage.session(regions=[EAST])
    planned = view(shrunk).planned
    assert {line.split(" ")[0] for line in planned.surplus} == west
    (note,) = (note for note in planned.notes if note.startswith(f"{WEST} is not among regions"))
    assert "4 things of this stack stand there" in note
    assert f"`tapctl down --region {WEST}` removes all of it" in note
    stage.wires.meter.denied = ("cloudwatch:DescribeAlarms",)
    planned = view(shrunk).planned
    assert {key for key, why in planned.omitted.items() if "cloudwatch" in why} >= {f"{EAST}/alarm/target-5xx"}
    assert planned.notes[-1] == (f"{WEST}/alarm: what is no longer wanted may be missed: not allowed: "
                                 "cloudwatch:DescribeAlarms")
    assert not stage.wires.meter.mutating


@pytest.mark.parametrize(("regions", "mend"), [
    ((WEST, EAST), f"put {EAST} first in regions;"),
    ((WEST,), f"put {EAST} first in regions, or remove what is there (`tapctl down --region {EAST}`);")])
def test_a_primary_that_stands_elsewhere(stage: Stage, regions: tuple[str, ...], mend: str) -> None:
    stack_database(stage, EAST)
    stack_role(stage, "staging", EAST)
    with pytest.raises(ConfigurationError, match=f"stands in {EAST}, and by the configuration it is in {WEST}") as said:
        view(stage.session(regions=regions))
    assert said.value.mend.startswith(mend)


def test_what_a_plan_makes() -> None:
    """Not what still stands on its way out, and not what is changed."""
    resources = {resource.key: resource for resource in wanted()}
    key, role, table = f"{EAST}/kms_key", f"{EAST}/role", f"{EAST}/table"
    changes = {(changed, what): Change(changed, what) for changed, what in (
        (role, "policies"), (table, "create"), (key, "create"), (key, "rotation"))}
    seen = View({}, resources, World(found={table: Found(table, "table-1", {})}), Plan(changes), ())
    assert [resource.key for resource in seen.making] == [key]
