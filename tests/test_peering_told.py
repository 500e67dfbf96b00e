"""What the commands say of peering."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from tapctl import operations
from tapctl.down import down, find
from tapctl.errors import ConfigurationError, Exit, UsageError
from tapctl.events import Ended, Note, Planned
from tapctl.naming import Place, tag_list
from tapctl.resources.peering import Peering
from tapctl.sharing import UNSEEN
from tapctl.status import status
from tapctl.view import view
from tests.stage import EAST, WEST, Stage, no
from tests.vpcs import made

THEIRS = {"Key": "Name", "Value": "theirs"}
WHY = f"{EAST} and {WEST} are not peered"


def test_default_vpcs_are_not_peered_which_plan_and_status_say(stage: Stage) -> None:
    session = stage.session()
    assert [note for note in view(session).planned.notes if note.startswith(WHY)]
    status(session)
    assert [note for note in stage.heard(Note) if note.text.startswith(WHY)]


def test_where_it_is_required_nothing_is_planned(stage: Stage) -> None:
    code, _, err = stage.run("up", "--env", "staging", "--yes", environ={"TAPCTL_NETWORK__PEERING": "required"})
    assert code == 3
    assert "peering is required, and can't be had" in err
    assert f"172.31.0.0/16 in {EAST} overlaps 172.31.0.0/16 in {WEST}" in err
    assert not stage.wires.meter.mutating


# ---------------------------------------------------------------- in VPCs that can be joined
def vpcs(stage: Stage) -> dict[str, str]:
    return {region: made(stage.wires.raw("ec2", region), region, at).id for at, region in enumerate((EAST, WEST))}


def within(vpcs: dict[str, str], peering: str = "auto") -> dict[str, Any]:
    """The settings of a stack in these."""
    return {"network.vpc_id": vpcs, "network.peering": peering}


def asked(stage: Stage, vpcs: dict[str, str], *tags: Any) -> str:
    """A request for a connection that nobody has accepted."""
    return str(stage.wires.raw("ec2", EAST).create_vpc_peering_connection(
        VpcId=vpcs[EAST], PeerVpcId=vpcs[WEST], PeerRegion=WEST, TagSpecifications=[
            {"ResourceType": "vpc-peering-connection", "Tags": tags or (THEIRS,)}])["VpcPeeringConnection"][
                "VpcPeeringConnectionId"])


def test_where_it_is_required_somebody_elses_request_is_an_error_before_anything_is_made(stage: Stage) -> None:
    there = vpcs(stage)
    name = asked(stage, there)
    stage.wires.meter.reset()
    with pytest.raises(ConfigurationError) as refused:
        operations.up(stage.session(**within(there, "required")),
                      lambda _: pytest.fail("nothing is to be approved"))
    assert f"aws ec2 accept-vpc-peering-connection --region {WEST} --vpc-peering-connection-id {name}" in (
        refused.value.mend)
    assert not stage.wires.meter.mutating


@pytest.mark.parametrize("chosen", [EAST, WEST])
def test_a_plan_for_one_region_says_that_it_joins_none(stage: Stage, chosen: str) -> None:
    there = vpcs(stage)
    left_out = WEST if chosen == EAST else EAST
    said = f"{EAST} and {WEST} are not joined in this run, which leaves {left_out} out: name both regions to join them"
    assert said in view(stage.session(chosen=[chosen], **within(there))).planned.notes
    assert said not in view(stage.session(**within(there))).planned.notes


# ---------------------------------------------------------------- one that others may use
def stood(stage: Stage, place: Place, vpcs: dict[str, str], regions: Collection[str] = (EAST, WEST)) -> None:
    """The stack's application groups in these VPCs, which tell that it stands there."""
    for region in regions:
        stage.wires.raw("ec2", region).create_security_group(
            GroupName=place.at(region).name("app"), Description="x", VpcId=vpcs[region], TagSpecifications=[
                {"ResourceType": "security-group",
                 "Tags": tag_list(place.at(region).tags(f"{region}/security_group/app"))}])


@pytest.fixture
def connected(stage: Stage) -> tuple[str, dict[str, str]]:
    """The connection of staging, which stands, and its VPCs."""
    place, there = stage.session().place, vpcs(stage)
    stood(stage, place, there)
    name = asked(stage, there, *tag_list(place.tags(f"{EAST}/peering/{WEST}")))
    stage.wires.raw("ec2", WEST).accept_vpc_peering_connection(VpcPeeringConnectionId=name)
    return name, there


def shared(stage: Stage, name: str) -> list[int]:
    """Where among all that was told it is said that others may use the connection."""
    start = f"{EAST}/peering/{WEST}: {name} may also be used by TapStack/production, "
    return [at for at, event in enumerate(stage.told) if isinstance(event, Note) and event.text.startswith(start)]


def test_down_names_who_may_use_the_connection_before_and_after(
        stage: Stage, connected: tuple[str, dict[str, str]]) -> None:
    name, there = connected
    stood(stage, stage.session("production").place, there)
    sought = find(stage.session())
    assert shared(stage, name)[0] < stage.told.index(stage.heard(Planned)[0])
    assert down(stage.session(), sought) is Exit.DONE
    _, after = shared(stage, name)
    assert after < stage.told.index(stage.heard(Ended)[0])


def test_pruning_names_them_before_it_is_approved(stage: Stage, connected: tuple[str, dict[str, str]]) -> None:
    name, there = connected
    stood(stage, stage.session("production").place, there)
    off = stage.session(**within(there, "off"))
    with pytest.raises(UsageError):
        operations.up(off, no, prune=True)
    notes = stage.heard(Planned)[-1].notes
    assert [note for note in notes if f"{name} may also be used by TapStack/production" in note]


@pytest.mark.parametrize("regions", [(), (EAST,)])
def test_who_stands_in_one_of_the_vpcs_uses_none(
        stage: Stage, connected: tuple[str, dict[str, str]], regions: tuple[str, ...]) -> None:
    name, there = connected
    stood(stage, stage.session("production").place, there, regions)
    assert [item for item in find(stage.session()).items if item.kind is Peering]
    assert shared(stage, name) == []


def test_that_it_cant_be_seen_who_uses_it_is_said_and_keeps_nothing_from_going(
        stage: Stage, connected: tuple[str, dict[str, str]]) -> None:
    name, _ = connected
    stage.wires.meter.denied = ("ec2:DescribeSecurityGroups",)
    find(stage.session())
    assert [note for note in stage.heard(Note) if f"{name} may also be used by {UNSEEN}" in note.text]
    assert stage.heard(Planned)[0].unread[f"{EAST}/security_group"] == "ec2:DescribeSecurityGroups"
