"""What holds a deletion: chains in words, and how long each kind of holder is waited for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tapctl.holding import ASK_AFTER, ASK_AGAIN, MEND, PATIENCE, Watch, asked, awaited, foreign, listed, told
from tapctl.model import Aws, Chain, Found, Link
from tests.memory import EAST, Sky, Thing, refusal

OURS: Chain = (Link("network interface eni-1"), Link("load balancer web (AWS is clearing it away)"))
THEIRS: Chain = (Link("network interface eni-2"), Link("function report", "not this stack's"))
ALONE: Chain = (Link("rule of security group sg-9", "of TapStack/other"),)


# ---------------------------------------------------------------- in words
@pytest.mark.parametrize(("chain", "text", "waiting", "others"), [
    (OURS, "network interface eni-1 <- load balancer web (AWS is clearing it away)",
     "load balancer web (AWS is clearing it away) to let go of network interface eni-1", False),
    (THEIRS, "network interface eni-2 <- function report (not this stack's)",
     "function report (not this stack's) to let go of network interface eni-2", True),
    (ALONE, "rule of security group sg-9 (of TapStack/other)",
     "rule of security group sg-9 (of TapStack/other) to let go of it", True),
    ((Link("a", "not this stack's"), Link("b"), Link("c")), "a (not this stack's) <- b <- c",
     "c to let go of a (not this stack's) <- b", False),
])
def test_a_chain_is_read_down_to_its_owner(chain: Chain, text: str, waiting: str, others: bool) -> None:
    assert told(chain) == text
    assert awaited(chain) == waiting
    assert foreign(chain) is others


def test_what_others_hold_is_listed_first_and_of_many_only_some() -> None:
    assert listed([]) == ""
    assert listed([OURS, THEIRS]) == f"{told(THEIRS)}; {told(OURS)}"
    many = [(Link(f"eni-{n}"),) for n in range(5)]
    assert listed([*many, ALONE]) == f"{told(ALONE)}; eni-0; eni-1, and 3 more"


# ---------------------------------------------------------------- asking
def test_what_can_not_be_looked_at_is_said_in_its_place() -> None:
    class Shy(Thing):
        kind = "shy"

        @classmethod
        def holders(cls, aws: Aws, it: Found) -> Iterator[Chain]:
            yield OURS
            raise refusal("AccessDenied", "you may not ec2:DescribeNetworkInterfaces here")

    chains = asked(Shy, Sky(), Found(f"{EAST}/shy", "shy-0", {}))
    assert list(map(told, chains)) == [
        told(OURS), "something that can't be looked at (ec2:DescribeNetworkInterfaces)"]
    assert not any(map(foreign, chains))
    assert asked(Thing, Sky(), Found(f"{EAST}/thing", "thing-0", {})) == ()


class Holders:
    """Answers these, one after the other, the last for ever; and counts."""

    def __init__(self, *answers: tuple[Chain, ...]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self) -> tuple[Chain, ...]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_nobody_is_asked_at_first_and_then_only_now_and_then() -> None:
    watch, holders = Watch(), Holders((OURS,))
    watch.look(holders, ASK_AFTER - 0.1)
    assert holders.asked == 0
    assert watch.text("its rule to go") == "its rule to go"
    for waited in ASK_AFTER, ASK_AFTER + ASK_AGAIN - 0.1:
        watch.look(holders, waited)
        assert holders.asked == 1
    assert watch.text("its rule to go") == awaited(OURS)
    watch.look(holders, ASK_AFTER + ASK_AGAIN)
    assert holders.asked == 2


def test_what_goes_by_itself_is_waited_for_however_long() -> None:
    watch, holders = Watch(), Holders((OURS,), ())
    watch.look(holders, 10)
    assert watch.given_up("security_group", "sg-1", 10 * PATIENCE) is None
    watch.look(holders, 100)
    assert watch.text("its rule to go") == "its rule to go"


def test_what_somebody_else_holds_is_given_up_soon() -> None:
    watch, holders = Watch(), Holders((OURS, THEIRS))
    for waited in 10, 100:
        watch.look(holders, waited)
    assert watch.text("") == f"{awaited(THEIRS)}; {awaited(OURS)}"
    assert watch.given_up("security_group", "sg-1", 10 + PATIENCE - 1) is None
    assert watch.given_up("security_group", "sg-1", 10 + PATIENCE) == (
        f"security group sg-1 <- network interface eni-2 <- function report (not this stack's). {MEND}")


def test_whoever_lets_go_in_time_is_forgotten() -> None:
    watch, holders = Watch(), Holders((THEIRS,), (OURS,), (ALONE,))
    for waited in 10, 50, 100:
        watch.look(holders, waited)
    assert watch.given_up("role", "r", 99 + PATIENCE) is None
    assert str(watch.given_up("role", "r", 100 + PATIENCE)).startswith(f"role r <- {told(ALONE)}. ")
