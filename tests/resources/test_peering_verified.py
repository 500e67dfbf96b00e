"""What `verify` says of a peering connection's tags: each of its sides has tags of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tapctl.verify.check import Outcome, Verdict, verdict
from tapctl.verify.checks import CHECKS
from tapctl.verify.look import Look
from tests.conformance.lab import Wires
from tests.resources.conftest import NewPart
from tests.resources.part import Part
from tests.resources.test_peering import EAST, KEY, WEST, joined, said
from tests.resources.test_peering_unseen import Close, closed
from tests.verify.standing import web


@pytest.fixture
def both(wires: Wires, part: NewPart) -> Part:
    made = joined(wires, part)()
    made.made()
    return made


def tags(part: Part) -> Verdict:
    check, = (one for one in CHECKS if one.name == "tags.resources")
    return verdict(check, Look(part.cloud, part.settings, web, datetime.now(UTC)))


@pytest.mark.parametrize(("region", "side"), [(EAST, ""), (WEST, " (peer_tags)")])
def test_the_tags_of_either_side_are_checked(both: Part, region: str, side: str) -> None:
    assert (tags(both).outcome, tags(both).saw) == (Outcome.PASSED, "1 resource")
    ec2, connection = both.client("ec2", region), said(both)["VpcPeeringConnectionId"]
    ec2.create_tags(Resources=[connection], Tags=[{"Key": "Owner", "Value": "somebody"}])
    ec2.delete_tags(Resources=[connection], Tags=[{"Key": "Project"}])
    told = tags(both)
    assert told.outcome is Outcome.FAILED
    assert told.wrong == (f"{KEY}{side} has no tag Project",
                          f"{KEY}{side}: Owner is 'somebody', not '{both.place.owner}'")


@closed
def test_what_cant_be_seen_of_the_other_side_is_not_said_to_be_right(both: Part, close: Close, why: str) -> None:
    close(both.meter, WEST)
    told = tags(both)
    assert (told.outcome, told.saw) == (Outcome.SKIPPED, f"{KEY} (peer_tags): {why}")
    both.client("ec2").delete_tags(Resources=[said(both)["VpcPeeringConnectionId"]], Tags=[{"Key": "Project"}])
    assert tags(both).wrong == (f"{KEY} has no tag Project",)
