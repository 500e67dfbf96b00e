"""One event of each kind, and each in every shape that is told differently."""

from __future__ import annotations

from tapctl.events import (
    Ahead,
    Began,
    Broke,
    Change,
    Ended,
    Event,
    Finished,
    Made,
    Note,
    Outputs,
    Planned,
    Problem,
    Started,
    Step,
    Waits,
    Wrote,
)

EAST, WEST = "us-east-1", "us-west-2"
DB = f"{EAST}/database"

STARTED = Started("up", "TapStack/staging", "123456789012", (EAST, WEST), "c0ffee")
EMULATED = Started("up", "TapStack/staging", "123456789012", (EAST,), "c0ffee", "http://127.0.0.1:1", emulated=True)
STRANGE = Started("up", "TapStack/staging", "123456789012", (EAST,), "c0ffee", "http://minio")
RUN: tuple[Event, ...] = (
    EMULATED,
    Planned((Change(DB, "create"),), notes=("[s3] is another's",)),
    Ahead((Step(DB, "exists", "create"), Step(DB, "ready", "create", (f"{DB} exists",)))),
    Began(DB, "create"),
    Made(DB, "arn:[db]"),
    Waits(DB, "creating", 1.0),
    Waits(DB, "creating", 2.0),
    Waits(DB, "backing-up", 3.0),
    Wrote(DB, "settings"),
    Finished(DB, "create", 187.0),
    Began(f"{EAST}/table", "wait"),
    Finished(f"{EAST}/table", "wait", 9.96),
    Broke(f"{EAST}/kms_key", "AccessDenied: [no]"),
    Problem(f"{EAST}/kms_key", "AccessDenied: [no]", "allow it", "may not", (f"{EAST}/role",), "kms:CreateKey",
            "AccessDenied", "c0ffee"),
    Problem(f"{EAST}/bucket/logs", "LimitExceeded"),
    Note("stays: [a key]"),
    Outputs({EAST: {"table_name": "TapStack"}}),
    Ended("up", 0, 61.0, {"create": 2, "update": 0, "delete": 1}),
)
