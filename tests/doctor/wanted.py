"""The stack that the tests' settings want, in the tests' regions."""

from __future__ import annotations

from typing import Any

from tapctl.facts import Facts, Network
from tapctl.model import Resource
from tapctl.settings import Settings, load
from tapctl.stack import build
from tests.memory import EAST, PLACE


def settings(*regions: str, **flags: Any) -> Settings:
    return load(None, {}, {"env": "test", "regions": list(regions or (EAST,)), **flags})


def network(**more: Any) -> Network:
    subnets = ("subnet-a", "subnet-b")
    return Network(**{"vpc": "vpc-1", "cidrs": ("10.0.0.0/16",), "zones": (f"{EAST}a", f"{EAST}b"), "subnets": subnets,
                      "app_subnets": subnets, "app_cidrs": ("10.0.0.0/24", "10.0.1.0/24"), "route_tables": ("rtb-1",),
                      "prefix_lists": {"s3": "pl-1", "dynamodb": "pl-2"}, "endpoints": {}, "image": "ami-1",
                      "gateways": 2, "interfaces": 1, "free": dict.fromkeys(subnets, 251), **more})


def facts(*regions: str) -> Facts:
    return {region: network() for region in regions or (EAST,)}


def wanted(*regions: str, **flags: Any) -> list[Resource]:
    """Everything."""
    return list(build(PLACE, facts(*regions), settings(*regions, **flags)).values())


def of(kind: str, *regions: str, **flags: Any) -> list[Resource]:
    return [resource for resource in wanted(*regions, **flags) if resource.kind == kind]

