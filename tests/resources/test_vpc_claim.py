"""Only one run at a time decides what becomes of a VPC's shared endpoints."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapctl import facts
from tapctl.events import Waits
from tapctl.model import Blocked, Failed, Gone
from tapctl.resources import vpc_claim
from tapctl.resources.endpoint_share import EndpointShare
from tapctl.resources.vpc_claim import HOLD, NAME, STALE, YOUNG, VpcClaim, claimed
from tests.resources.part import NewPart, Part
from tests.resources.several import EAST, gone, stack_of


class Clock:
    def __init__(self) -> None:
        self.now = 1e9

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(vpc_claim, "time", made)
    return made


@pytest.fixture
def first(part: NewPart) -> Part:
    return stack_of(part, "production")


@pytest.fixture
def second(part: NewPart) -> Part:
    return stack_of(part, "staging")


@pytest.fixture
def vpc(first: Part) -> str:
    return facts.survey(first.cloud, first.settings)[EAST].vpc


def held(of: Part) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = of.client("ec2").describe_security_groups(
        Filters=[{"Name": "group-name", "Values": [NAME]}])["SecurityGroups"]
    return found


def test_one_has_it_and_then_another(first: Part, second: Part, vpc: str) -> None:
    with (claimed(first.cloud, vpc), pytest.raises(Blocked, match=f"^TapStack/production to let go of {vpc}$"),
          claimed(second.cloud, vpc)):
        raise AssertionError("two have it")
    assert held(first) == []
    with claimed(second.cloud, vpc):
        assert len(held(first)) == 1
    assert held(first) == []


def test_it_is_let_go_of_whatever_happens(first: Part, vpc: str) -> None:
    with pytest.raises(Failed, match="oh"), claimed(first.cloud, vpc):
        raise Failed("oh")
    assert held(first) == []


def test_who_waits_is_told_what_to_delete_only_when_no_run_can_be_at_it(
        first: Part, second: Part, vpc: str, clock: Clock) -> None:
    """It may be this very run: its endpoints claim the VPC each for itself."""
    claim = vpc_claim.taken(first.cloud, vpc)
    clock.now += HOLD
    with pytest.raises(Blocked, match=f"to let go of {vpc}$"):
        vpc_claim.taken(first.cloud, vpc)
    clock.now += 1
    with pytest.raises(Blocked, match=f"^TapStack/production to let go of {vpc}, at the latest 10 minutes after it was "
                                      f"claimed; if no run of it is alive: .* --group-id {claim.id}$"):
        vpc_claim.taken(second.cloud, vpc)


@pytest.mark.parametrize("times", [1, 3])
def test_that_a_young_one_is_not_there_is_not_believed(first: Part, second: Part, vpc: str, times: int) -> None:
    """EC2 has made it, and some of it doesn't know yet: taken for gone, it would stay for ten minutes."""
    with (first.refusing("ec2", "DeleteSecurityGroup", vpc_claim.NOT_FOUND, times=times), claimed(first.cloud, vpc)):
        pass
    assert held(first) == []
    with claimed(second.cloud, vpc):
        pass


def test_that_an_older_one_is_not_there_is(first: Part, vpc: str, clock: Clock) -> None:
    with first.refusing("ec2", "DeleteSecurityGroup", vpc_claim.NOT_FOUND), claimed(first.cloud, vpc):
        clock.now += YOUNG
    assert len(held(first)) == 1


def test_another_vpc_is_another_claim(first: Part, second: Part, vpc: str) -> None:
    other = first.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    with claimed(first.cloud, vpc), claimed(second.cloud, other):
        assert len(held(first)) == 2


def test_one_that_a_killed_run_left_is_taken_over(first: Part, second: Part, vpc: str, clock: Clock) -> None:
    vpc_claim.taken(first.cloud, vpc)
    clock.now += STALE
    with pytest.raises(Blocked), claimed(second.cloud, vpc):
        raise AssertionError("it isn't stale yet")
    clock.now += 1
    with pytest.raises(Blocked), claimed(second.cloud, vpc):  # deleted now: the next one who comes has it
        raise AssertionError("others may have seen it stale too")
    with claimed(second.cloud, vpc):
        assert held(first)[0]["Tags"] != []
    assert held(first) == []


def test_one_that_was_taken_over_is_not_let_go_of_for_the_other(
        first: Part, second: Part, vpc: str, clock: Clock) -> None:
    with claimed(first.cloud, vpc) as slow:
        clock.now += STALE + 1
        with pytest.raises(Blocked, match="answer faster"):
            slow.hold()
        with pytest.raises(Blocked):
            vpc_claim.taken(second.cloud, vpc)
        theirs = vpc_claim.taken(second.cloud, vpc)
    assert [group["GroupId"] for group in held(first)] == [theirs.id]


def test_who_holds_it_for_long_decides_nothing_any_more(first: Part, vpc: str, clock: Clock) -> None:
    with claimed(first.cloud, vpc) as claim:
        clock.now += HOLD
        claim.hold()
        clock.now += 1
        with pytest.raises(Blocked):
            claim.hold()


def test_an_answer_that_was_lost_is_recognised(first: Part, vpc: str) -> None:
    """botocore repeats the call, and AWS says that there is one: this run's own."""
    first.meter.lose = lambda call: call.operation == "CreateSecurityGroup" and len(first.meter.lost) < 1
    with claimed(first.cloud, vpc):
        assert len(held(first)) == 1
    assert first.meter.lost
    assert held(first) == []


def test_a_group_of_that_name_that_is_nobodys_is_named(first: Part, vpc: str) -> None:
    ec2 = first.client("ec2")
    theirs = ec2.create_security_group(GroupName=NAME, Description="theirs", VpcId=vpc)["GroupId"]
    with pytest.raises(Blocked, match=f"^somebody to let go of {vpc}; if no run of it is alive: .* {theirs}$"):
        vpc_claim.taken(first.cloud, vpc)
    assert list(VpcClaim.owned(first.cloud)) == []


def test_one_that_is_let_go_of_just_then(first: Part, vpc: str) -> None:
    with (first.refusing("ec2", "CreateSecurityGroup", "InvalidGroup.Duplicate"),
          pytest.raises(Blocked, match=f"another run to let go of {vpc}")):
        vpc_claim.taken(first.cloud, vpc)


def test_what_aws_refuses_otherwise_is_told(first: Part, vpc: str) -> None:
    with (first.refusing("ec2", "CreateSecurityGroup", "SecurityGroupLimitExceeded"),
          pytest.raises(ClientError, match="SecurityGroupLimitExceeded")):
        vpc_claim.taken(first.cloud, vpc)


def test_down_removes_what_a_killed_run_left(first: Part, second: Part, vpc: str, clock: Clock) -> None:
    vpc_claim.taken(first.cloud, vpc)
    (it,) = VpcClaim.owned(first.cloud)
    assert list(VpcClaim.owned(second.cloud)) == []
    with pytest.raises(Blocked, match="TapStack/production"):  # its holder may be alive
        VpcClaim.delete(first.cloud, it)
    clock.now += STALE + 1
    assert VpcClaim.delete(first.cloud, it) is Gone.NOW
    assert first.account() == first.before


def test_one_that_a_killed_run_of_the_same_stack_left_is_in_nobodys_way(
        first: Part, second: Part, vpc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run that goes on has the stack's lock; another stack's doesn't know that."""
    vpc_claim.taken(first.cloud, vpc)
    monkeypatch.setattr(first.cloud.connections, "run", "another")
    with pytest.raises(Blocked, match="TapStack/production"):
        vpc_claim.taken(second.cloud, vpc)
    with pytest.raises(Blocked, match="TapStack/production"):  # deleted: the next one who comes has it
        vpc_claim.taken(first.cloud, vpc)
    assert held(first) == []
    vpc_claim.taken(first.cloud, vpc)
    monkeypatch.setattr(first.cloud.connections, "run", "a third")
    (it,) = VpcClaim.owned(first.cloud)
    assert VpcClaim.delete(first.cloud, it) is Gone.NOW
    assert held(first) == []


def test_up_comes_back_until_it_is_let_go_of(
        first: Part, second: Part, vpc: str, clock: Clock) -> None:
    first.made()
    claim = vpc_claim.taken(first.cloud, vpc)
    told: list[Any] = []

    def tell(event: Any) -> None:
        told.append(event)
        if isinstance(event, Waits) and "TapStack/production to let go" in event.text and len(told) > 20:
            vpc_claim.let_go(first.cloud, claim.id, 0)

    assert second.up(told=tell).failures == {}
    assert {event.key for event in told if isinstance(event, Waits) and "let go" in event.text} == {
        f"{EAST}/endpoint_share/{service}" for service in ("s3", "dynamodb", "logs")}
    second.at_rest()
    assert held(first) == []


def test_a_run_that_waits_in_vain_says_for_whom(
        first: Part, second: Part, vpc: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    first.made()
    claim = vpc_claim.taken(first.cloud, vpc)
    with monkeypatch.context() as hasty:
        hasty.setattr(EndpointShare, "patience", 0.05)
        assert "it still waits: TapStack/production to let go" in second.up().failures[
            f"{EAST}/endpoint_share/logs exists"]
    vpc_claim.let_go(first.cloud, claim.id, claim.since)
    second.made()
    vpc_claim.taken(first.cloud, vpc)
    monkeypatch.setattr(EndpointShare, "patience", 0.05)
    removal, _ = gone(second)
    assert "still there: TapStack/production to let go" in {item.it.key: why for item, why in removal.left}[
        f"{EAST}/endpoint_share/logs"]
