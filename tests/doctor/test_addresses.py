"""Whether there are addresses left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tapctl.doctor import addresses
from tapctl.doctor.check import made
from tapctl.events import Finding, Result
from tests.doctor.wanted import facts, network, of, wanted
from tests.memory import EAST, WEST

# the load balancer's eight, and one each of an endpoint, a database and the instances
WHOLE = {"subnet-a": 11, "subnet-b": 11}


def found(free: dict[str, int], kind: str = "") -> list[Finding]:
    making = of(kind) if kind else wanted()
    return made(addresses.checks(making, {EAST: replace(network(), free=free)}))


def test_what_a_whole_stack_takes() -> None:
    assert addresses.needed(wanted(), network()) == WHOLE
    apart = replace(network(), app_subnets=("subnet-p", "subnet-q"))
    assert addresses.needed(of("database"), apart) == {"subnet-p": 1, "subnet-q": 1}


@pytest.mark.parametrize(("kind", "takes"), [
    ("load_balancer", 8), ("auto_scaling_group", 1), ("endpoint", 1), ("database", 1)])
def test_what_each_takes(kind: str, takes: int) -> None:
    assert addresses.needed(of(kind), network()) == {"subnet-a": takes, "subnet-b": takes}


def test_instances_are_spread() -> None:
    (group,) = of("auto_scaling_group", environments={"test": {"desired_size": 3}})
    assert addresses.needed([group], network()) == {"subnet-a": 2, "subnet-b": 2}


def test_there_is_room() -> None:
    (finding,) = found(WHOLE)
    assert (finding.check, finding.region, finding.result, finding.mend) == ("free addresses", EAST, Result.OK, "")
    assert finding.seen == "subnet-a: 11 needed, 11 free, subnet-b: 11 needed, 11 free"


def test_a_full_subnet_is_a_problem_with_the_mend() -> None:
    (finding,) = found({**WHOLE, "subnet-b": 7}, "load_balancer")
    assert (finding.result, finding.seen) == (Result.PROBLEM, "subnet-b: 8 needed, 7 free")
    assert finding.mend.startswith("`aws ec2 describe-network-interfaces --region us-east-1 --filters "
                                   "Name=subnet-id,Values=subnet-b` shows what has the others: ")
    assert "[network] vpc_id" in finding.mend


def test_a_full_subnet_is_no_matter_where_all_that_takes_addresses_stands() -> None:
    assert found({"subnet-a": 0, "subnet-b": 0}, "bucket") == []


def test_each_region_is_asked_after_its_own() -> None:
    assert [check.region for check in addresses.checks(wanted(EAST, WEST), facts(EAST, WEST))] == [EAST, WEST]
    assert [check.region for check in addresses.checks(wanted(WEST), facts(EAST, WEST))] == [WEST]
