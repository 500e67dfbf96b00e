"""How long each step usually takes: medians of real accounts, corrected by what this machine's own runs have taken."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from statistics import median
from typing import Any

from tapctl.alive import directory
from tapctl.emulator import durations as aws  # the emulator takes as long as AWS does
from tapctl.events import Started, Step
from tapctl.private import whole

FILE, KEPT = "durations.json", 5  # of each step, so many of the last times
BRIEF = 1.0  # what isn't below is done within a call or two

#: Seconds on AWS's clock, by kind (and role; "second": after another of its kind), what is done, and until when.
USUAL: Mapping[str, float] = {
    "database create ready": aws.DB_MULTI_ZONE,
    "database second create ready": aws.DB_REPLICA,
    "database update ready": aws.DB_MODIFY,
    "database delete gone": aws.DB_DELETE_REPLICA,
    "database second delete gone": aws.DB_DELETE_MULTI_ZONE,
    "load_balancer create ready": aws.LOAD_BALANCER,
    "security_group/alb delete gone": aws.LOAD_BALANCER_INTERFACES,
    "auto_scaling_group create exists": aws.PROFILE_LAUNCHES,
    "auto_scaling_group create ready": aws.INSTANCE_HEALTHY,
    "auto_scaling_group update ready": aws.INSTANCE_REFRESH,
    "auto_scaling_group delete gone": aws.AUTO_SCALING_GROUP_DELETE,
    "endpoint create ready": aws.INTERFACE_ENDPOINT,
    "endpoint update ready": aws.INTERFACE_ENDPOINT_CHANGE,
    "endpoint delete gone": aws.INTERFACE_ENDPOINT_DELETE,
    **{f"endpoint/{service} {step}": aws.GATEWAY_ENDPOINT for service in ("s3", "dynamodb")
       for step in ("create ready", "update ready", "delete gone")},
    "peering create ready": aws.PEERING,
    "peering delete gone": aws.PEERING_DELETE,
    "table create ready": aws.TABLE_BACKUPS,
    "table delete gone": aws.TABLE_DELETE,
    "secret create ready": aws.SECRET_REPLICATION,
    "kms_key create ready": 5.0,
    "bucket create ready": 2.0,
    "bucket delete gone": 3.0,
}

Learned = Mapping[str, tuple[float, ...]]  # name -> seconds, the last of them last


@dataclass(frozen=True)
class Durations:
    """clock: whose time it is, as in "aws"; empty: of nobody that is worth remembering. scale: seconds here that a
    second of AWS's takes."""

    clock: str = ""
    scale: float = 1.0
    learned: Learned = field(default_factory=dict)

    def usual(self, named: str) -> float:
        """Seconds that the step of this name usually takes here."""
        if named in self.learned:
            return median(self.learned[named])
        return self.scale * next((USUAL[name] for name in wider(named) if name in USUAL), BRIEF)


def names(steps: Collection[Step]) -> dict[str, str]:
    """Of each step, by its name, what its times are kept under: no region, for AWS takes as long in each.

    "second": it comes after another of its kind, as a replica does after its primary.
    """
    seconds = {step.key for step in steps for need in step.needs if of_kind(need) == of_kind(step.key)
               and need.split()[0] != step.key}
    return {step.name: " ".join((step.key.partition("/")[2], *(["second"] if step.key in seconds else []),
                                 "create" if step.what == "wait" else step.what, step.until)) for step in steps}


def of_kind(key: str) -> str:
    return key.split()[0].split("/")[1]


def wider(named: str) -> Iterator[str]:
    """The name, then names of more: without the role, without "second"."""
    thing, *rest = named.split()
    for whose in dict.fromkeys((thing, thing.partition("/")[0])):
        yield " ".join((whose, *rest))
        yield " ".join((whose, *rest[-2:]))


# ---------------------------------------------------------------- what this machine has seen
def here(started: Started) -> Durations:
    """What is known for a run of this kind. AWS and each speed of the emulator are remembered apart."""
    if not started.emulated:
        return Durations("", 1.0) if started.endpoint else Durations("aws", 1.0, remembered().get("aws", {}))
    from tapctl.emulator import process

    scale = process.scale()
    clock = f"emulator {scale:g}"
    return Durations(clock, scale, remembered().get(clock, {}))


def remembered() -> dict[str, Learned]:
    """By clock. What is not of this form is as if it weren't there."""
    try:
        clocks = json.loads((directory() / FILE).read_text())
        return {str(clock): {str(name): tuple(map(float, times)) for name, times in its.items() if well(times)}
                for clock, its in clocks.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def well(times: Any) -> bool:
    return bool(times) and all(isinstance(time, float | int) and isfinite(time) and time >= 0 for time in times)


def remember(known: Durations, took: Mapping[str, float]) -> None:
    """Keep what the steps of a run took, seconds by name. Where nothing can be written, nothing is remembered."""
    if not (known.clock and took):
        return
    with suppress(OSError):
        clocks = {clock: dict(its) for clock, its in remembered().items()}
        its = clocks.setdefault(known.clock, {})
        for name, seconds in took.items():
            its[name] = (*its.get(name, ()), round(seconds, 3))[-KEPT:]
        whole(directory() / FILE, json.dumps(clocks))
