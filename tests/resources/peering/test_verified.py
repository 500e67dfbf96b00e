"""What `verify` says of a peering connection's tags: each of its sides has tags of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tapctl.verify.check import Outcome, Verdict, verdict
from tapctl.verify.checks import CHECKS
from tapctl.verify.look import Look
from tests.resources.part import Part
from tests.resources.peering.joined import EAST, KEY, WEST, Close, closed, said
from tests.verify.standing import web


def tags(part: Part) -> Verdict:
    check, = (one for one in CHECKS if one.name == "tags.resources")
    return verdict(check, Look(part.cloud, part.settings, web, datetime.now(UTC)))


@pytest.mark.parametrize(("region", "side"), [(EAST, ""), (WEST, " (peer_tags)")])
def test_the_tags_of_either_side_are_checked(standing: Part, region: str, side: str) -> None:
    assert (tags(standing).outcome, tags(standing).saw) == (Outcome.PASSED, "1 resource")
    ec2, connection = standing.client("ec2", region), said(standing)["VpcPeeringConnectionId"]
    ec2.create_tags(Resources=[connection], Tags=[{"Key": "Owner", "Value": "somebody"}])
    ec2.delete_tags(Resources=[connection], Tags=[{"Key": "Project"}])
    told = tags(standing)
    assert told.outcome is Outcome.FAILED
    assert told.wrong == (f"{KEY}{side} has no tag Project",
                          f"{KEY}{side}: Owner is 'somebody', not '{standing.place.owner}'")


@closed
def test_what_cant_be_seen_of_the_other_side_is_not_said_to_be_right(standing: Part, close: Close, why: str) -> None:
    close(standing.meter, WEST)
    told = tags(standing)
    assert (told.outcome, told.saw) == (Outcome.SKIPPED, f"{KEY} (peer_tags): {why}")
    standing.client("ec2").delete_tags(Resources=[said(standing)["VpcPeeringConnectionId"]], Tags=[{"Key": "Project"}])
    assert tags(standing).wrong == (f"{KEY} has no tag Project",)
