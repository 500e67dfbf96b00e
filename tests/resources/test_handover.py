"""The owner of a shared endpoint goes: another stack that uses it gets it, and the last one deletes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from threading import Barrier, Thread
from typing import Any

import pytest

from tapctl.handover import heir
from tapctl.model import Gone, HandedOver
from tapctl.resources import vpc_claim
from tapctl.resources.endpoint_share import EndpointShare
from tapctl.teardown import Removal
from tests.conformance.meter import Call, Kill
from tests.resources.part import NewPart, Part
from tests.resources.several import (
    EAST,
    SERVICES,
    gone,
    groups,
    owners,
    reached,
    reaching,
    serving,
    stack_of,
    users,
    watching,
)


@pytest.fixture
def minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim becomes stale soon: time passes at each look at the clock."""
    passed = count()

    class Clock:
        def time(self) -> float:
            return 30.0 * next(passed)

    monkeypatch.setattr(vpc_claim, "time", Clock())


# ---------------------------------------------------------------- in order
def test_the_first_goes_and_hands_over(part: NewPart) -> None:
    first, second = stack_of(part, "production"), stack_of(part, "staging")
    first.made()
    second.made()
    ids = {service: one["VpcEndpointId"] for service, one in serving(first).items()}
    removal, told, seen = watching(first, reaching(second))
    assert removal.complete
    assert seen
    assert seen == [SERVICES] * len(seen)
    assert told == sorted(f"{EAST}/endpoint/{service}: {name} is handed over to TapStack/staging, which uses it too"
                          for service, name in ids.items())
    for service, one in serving(second).items():
        assert one["VpcEndpointId"] == ids[service]
        assert {tag["Key"]: tag["Value"] for tag in one["Tags"]} == second.place.tags(f"{EAST}/endpoint/{service}")
    assert groups(second) == ["TapStack-staging-us-east-1-endpoints"]
    assert second.look()[1].surplus == []
    second.at_rest()
    assert gone(first) == (Removal(), [])
    first.made()  # it comes back, and is the second now
    assert owners(first) == {"TapStack/staging"}
    assert gone(first)[0].complete
    second.gone()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)], ids=str)
def test_names_that_begin_alike_and_two_projects(part: NewPart, order: tuple[int, ...]) -> None:
    stacks = [stack_of(part, "test"), stack_of(part, "test-eu"), stack_of(part, "test", project="TapStack2")]
    for one in stacks:
        one.made()
    assert users(stacks[0]) == {("TapStack/test-eu", "TapStack2/test")}
    left = list(stacks)
    for at in order:
        left.remove(stacks[at])
        assert gone(stacks[at])[0].complete
        for one in left:
            one.at_rest()
            assert reached(one) == SERVICES
        assert owners(stacks[0]) == ({left[0].place.stack} if left else set())
    assert stacks[0].account() == stacks[0].before


def test_three_regions(part: NewPart) -> None:
    regions = (EAST, "us-west-2", "eu-west-1")
    first, second = stack_of(part, "production", regions), stack_of(part, "staging", regions[1:])
    first.made()
    second.made()
    second.at_rest()
    removal, told = gone(first)
    assert removal.complete
    assert len(told) == 6
    assert serving(second) == {}
    for region in regions[1:]:
        assert owners(second, region) == {"TapStack/staging"}
        assert reached(second, region) == SERVICES
    second.at_rest()
    second.gone()


def test_what_is_no_longer_wanted_is_handed_over_too(part: NewPart) -> None:
    first, second = stack_of(part, "production"), stack_of(part, "staging")
    first.made()
    second.made()
    less = stack_of(part, "production", without="logs")
    (item,) = [item for item in less.up().surplus if item.it.key == f"{EAST}/endpoint/logs"]
    assert item.kind.delete(less.cloud, item.it) == HandedOver("TapStack/staging")
    assert reached(second) == SERVICES
    second.at_rest()
    less.at_rest()
    assert item.kind.delete(less.cloud, item.it) is Gone.NOW  # it isn't ours any more


# ---------------------------------------------------------------- who inherits
@pytest.fixture
def shared(part: NewPart) -> tuple[Part, Part]:
    first, second = stack_of(part, "production"), stack_of(part, "staging")
    first.made()
    second.made()
    return first, second


def test_a_stack_that_no_longer_stands_does_not_inherit(shared: tuple[Part, Part]) -> None:
    first, second = shared
    ec2, logs = first.client("ec2"), first.found(f"{EAST}/endpoint/logs")
    mine = second.found(f"{EAST}/security_group/endpoints").id
    to = heir(first.cloud, logs)
    assert to
    assert (to.place, to.group) == (second.place, mine)
    for tag, value in (("tapctl:key", f"{EAST}/security_group/app"), ("tapctl:stack", "TapStack/other")):
        kept = next(one["Value"] for one in ec2.describe_security_groups(GroupIds=[mine])["SecurityGroups"][0]["Tags"]
                    if one["Key"] == tag)
        ec2.create_tags(Resources=[mine], Tags=[{"Key": tag, "Value": value}])
        assert heir(first.cloud, logs) is None
        ec2.create_tags(Resources=[mine], Tags=[{"Key": tag, "Value": kept}])
    assert heir(first.cloud, logs) == to
    assert gone(second)[0].complete
    assert heir(first.cloud, logs) is None  # as the endpoint was; its group is gone


def test_an_heir_whose_group_is_not_on_it_yet_gets_it_there(shared: tuple[Part, Part]) -> None:
    """It was killed between saying that it uses it and putting its group there."""
    first, second = shared
    mine = second.found(f"{EAST}/security_group/endpoints").id
    first.client("ec2").modify_vpc_endpoint(VpcEndpointId=serving(first)["logs"]["VpcEndpointId"],
                                            RemoveSecurityGroupIds=[mine])
    assert gone(first)[0].complete
    assert groups(second) == ["TapStack-staging-us-east-1-endpoints"]
    second.at_rest()


def test_what_is_handed_over_while_the_heir_goes_is_deleted_with_it(shared: tuple[Part, Part]) -> None:
    first, second = shared
    shares = list(EndpointShare.owned(second.cloud))
    assert len(shares) == 3
    assert gone(first)[0].complete
    for it in shares:
        assert EndpointShare.delete(second.cloud, it) is Gone.LATER
        assert EndpointShare.look(second.cloud, it) is None
        assert EndpointShare.delete(second.cloud, it) is Gone.NOW
    second.gone()


# ---------------------------------------------------------------- killed
def nth(of: Part, at: int) -> Callable[[Call], bool]:
    """Of the changes to endpoints, and to the claim on the VPC."""
    def kill(call: Call) -> bool:
        return decides(call) and len([call for call in of.meter.calls if decides(call)]) == at

    return kill


def decides(call: Call) -> bool:
    if call.operation == "CreateSecurityGroup":
        return bool(call.params["GroupName"] == vpc_claim.NAME)
    return call.operation in ("ModifyVpcEndpoint", "CreateTags", "DeleteTags", "DeleteVpcEndpoints",
                              "DeleteSecurityGroup")


# a death of each takes long: usually every fifth is died, by two runs that go on in either order
each_death = pytest.mark.parametrize(
    "every", [pytest.param(1, marks=pytest.mark.exhaustive, id="each"), pytest.param(5, id="each fifth")])


def killed_at_each(every: int, of: Part, run: Callable[[], object], before: Callable[[], object]) -> Iterator[int]:
    """Let the run be killed right after its first change, and after each or each fifth from there until one lives."""
    for at in count(1, every):
        before()
        of.meter.reset()
        of.meter.kill = nth(of, at)
        with suppress(Kill):
            run()
        lived = of.meter.dead is None
        of.meter.reset()
        if lived:
            return
        yield at


@pytest.fixture
def pair(part: NewPart) -> tuple[Part, Part]:
    """With fewer endpoints, so that there are fewer deaths to die."""
    return stack_of(part, "production", without="dynamodb"), stack_of(part, "staging", without="dynamodb")


@pytest.mark.usefixtures("minutes")
@each_death
@pytest.mark.parametrize("killed", [
    pytest.param(0, id="the owner"), pytest.param(1, id="the other", marks=pytest.mark.exhaustive)])
def test_a_down_that_is_killed_anywhere_leaves_nothing_in_the_end(
        pair: tuple[Part, Part], killed: int, every: int) -> None:
    def both() -> None:
        for one in pair:
            one.made()

    deaths = 0
    for at in killed_at_each(every, pair[killed], pair[killed].down, both):
        deaths = at
        for one in pair if at % 2 else reversed(pair):
            removal, _ = gone(one)
            assert removal.complete, (at, removal.left)
        assert pair[0].account() == pair[0].before, at
    assert deaths > 6 - every


@pytest.mark.usefixtures("minutes")
@each_death
def test_an_up_that_is_killed_anywhere_is_gone_on_with(pair: tuple[Part, Part], every: int) -> None:
    first, second = pair
    deaths = 0
    for at in killed_at_each(every, second, second.up, first.made):
        deaths = at
        if at % 2 == 0:  # the owner goes before the other has recovered
            assert gone(first)[0].complete, at
        second.made()
        second.at_rest()
        assert reached(second) == {"s3", "logs"}, at
        for one in pair if at % 3 else reversed(pair):
            assert gone(one)[0].complete, at
        assert first.account() == first.before, at
    assert deaths > 5 - every


# ---------------------------------------------------------------- at the same time
def at_once(*runs: Callable[[], Any]) -> list[Any]:
    """What each answered."""
    start, answers = Barrier(len(runs)), [None] * len(runs)

    def run(at: int) -> None:
        start.wait()
        answers[at] = runs[at]()

    threads = [Thread(target=run, args=(at,)) for at in range(len(runs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("attempt", range(2))
def test_all_go_at_the_same_time(part: NewPart, attempt: int) -> None:
    stacks = [stack_of(part, "test"), stack_of(part, "test2"), stack_of(part, "test-eu")]
    for one in stacks:
        one.made()
    for removal in at_once(*(one.down for one in stacks)):
        assert removal.complete, removal.left
    assert stacks[0].account() == stacks[0].before
    assert stacks[0].world.regrets == []


@pytest.mark.parametrize("attempt", range(2))
def test_one_goes_while_the_other_comes(part: NewPart, attempt: int) -> None:
    first, second = stack_of(part, "production"), stack_of(part, "staging")
    first.made()
    removal, up = at_once(first.down, second.up)
    assert removal.complete, removal.left
    assert all("the next plan" in why for why in up.failures.values()), up.failures
    second.made()
    second.at_rest()
    assert reached(second) == SERVICES
    second.gone()
