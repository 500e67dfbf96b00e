"""Whether the subnets have addresses left for what a plan will put in them.

What stands already is not asked after: the stack stands in the same subnets in every run, full ones too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from tapctl.doctor.check import Check, Outcome, fine, wrong
from tapctl.facts import Facts, Network
from tapctl.model import Resource
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.resources.database import Database
from tapctl.resources.endpoint import Endpoint
from tapctl.resources.load_balancer import LoadBalancer

#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html: a load balancer
#: is made only where each of its subnets has so many, which it grows into.
OF_A_LOAD_BALANCER = 8


def needed(making: Iterable[Resource], net: Network) -> dict[str, int]:
    """By subnet, how many addresses these take. A database may stand in any of its subnets."""
    found: Counter[str] = Counter()
    for one in making:
        if isinstance(one, LoadBalancer):
            found.update(dict.fromkeys(one.subnets, OF_A_LOAD_BALANCER))
        elif isinstance(one, AutoScalingGroup):
            found.update(dict.fromkeys(one.subnets, -(-one.desired_size // len(one.subnets))))
        elif isinstance(one, Endpoint):
            found.update(dict.fromkeys(one.subnets, 1))
        elif isinstance(one, Database):
            found.update(dict.fromkeys(net.app_subnets, 1))
    return dict(found)


def room(region: str, need: Mapping[str, int], free: Mapping[str, int]) -> Outcome:
    """Pure. need, free: by subnet."""
    full = [subnet for subnet in sorted(need) if free[subnet] < need[subnet]]
    seen = ", ".join(f"{subnet}: {need[subnet]} needed, {free[subnet]} free" for subnet in full or sorted(need))
    return fine(seen) if not full else wrong(
        seen, f"`aws ec2 describe-network-interfaces --region {region} --filters "
              f"Name=subnet-id,Values={','.join(full)}` shows what has the others: remove what isn't used, or name "
              "another VPC under [network] vpc_id in config.toml")


def checks(making: Iterable[Resource], facts: Facts) -> Iterator[Check]:
    making = list(making)
    for region, net in facts.items():
        if need := needed([one for one in making if one.place.region == region], net):
            yield Check("free addresses", region, (), partial(room, region, need, net.free))
