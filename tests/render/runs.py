"""Runs to look at, at moments of their own making."""

from __future__ import annotations

from collections.abc import Iterable

from tapctl.durations import Durations
from tapctl.events import Ahead, Began, Event, Finished, Made, Started, Step, Waits
from tapctl.render.run import Run
from tests.render.said import DB, EAST, EMULATED, WEST

COPY, KEY, BALANCER = f"{WEST}/database", f"{EAST}/kms_key", f"{EAST}/load_balancer"
STEPS = (
    Step(KEY, "exists", "create"),
    Step(KEY, "ready", "create", (f"{KEY} exists",)),
    Step(BALANCER, "exists", "create"),
    Step(BALANCER, "ready", "create", (f"{BALANCER} exists", f"{KEY} ready")),
    Step(DB, "exists", "create", (f"{KEY} ready",)),
    Step(DB, "ready", "create", (f"{DB} exists",)),
    Step(COPY, "exists", "create", (f"{DB} ready",)),
    Step(COPY, "ready", "create", (f"{COPY} exists",)),
)
KNOWN = Durations("aws", 1.0)
MADE: tuple[tuple[float, Event], ...] = (  # the key is done, the database under way
    (100, EMULATED), (101, Ahead(STEPS)), (101, Began(KEY, "create")), (101, Began(BALANCER, "create")),
    (102, Made(BALANCER, "arn:balancer")), (103, Made(KEY, "arn:key")), (106, Finished(KEY, "create", 5.0)),
    (106, Began(DB, "create")), (108, Made(DB, "arn:db")), (109, Waits(DB, "creating", 1.0)),
    (110, Waits(BALANCER, "provisioning", 4.0)))


def heard(*events: tuple[float, Event]) -> Run:
    run = Run()
    for now, event in events:
        run.hear(event, now)
    return run


def many(n: int, started: Started = EMULATED, regions: Iterable[str] = (EAST, WEST)) -> Run:
    """So many resources in each region, all at once under way since the hundredth second."""
    keys = [f"{region}/alarm/alarm-{i:02}" for region in regions for i in range(n)]
    return heard((100, started), (100, Ahead(tuple(Step(key, "gone", "delete") for key in keys))),
                 *((100, Began(key, "delete")) for key in keys))
