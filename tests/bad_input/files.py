"""Files that commands write, and the state directory: in no directory, one themselves, in the way, or full."""

from __future__ import annotations

import json
from typing import Any

from tapctl import __version__
from tapctl.errors import Exit
from tapctl.saved import digest
from tapctl.settings import load
from tests.bad_input.row import KEYS, Row

STATE = ["where the emulator is can't be written down or read", "TAPCTL_STATE_DIR", "{home}/state"]
LOCAL = ("local start", "local stop", "plan --env staging --local", "down --yes --env staging --local",
         "status --local")


def certificate(file: str, reason: str) -> Row:
    return Row([f"--certificate {file} can't be written", reason, "nothing was removed"], Exit.USAGE,
               f"down --yes --env staging --certificate {file}", files={"file": ""})


def outputs(file: str, reason: str) -> Row:
    return Row([f"--file {file} can't be written", reason, "name a file that can"], Exit.USAGE,
               f"outputs --env staging --file {file}", environ={**KEYS, "TAPCTL_REGIONS": "us-east-1"}, emulated=True,
               notes=1)  # that nothing of the stack stands


def plan(changed: str, *said: str, code: Exit = Exit.USAGE, args: str = "up --plan it", **more: Any) -> Row:
    """A saved plan, some of which is otherwise. changed: JSON, laid over what `plan --save` writes."""
    return Row([*said], code, args, files={"it": json.dumps(PLAN | json.loads(changed))}, **more)


def no_plan(text: str | bytes, *said: str) -> Row:
    return Row(["--plan it is no plan that can be carried out", *said, "tapctl plan --save FILE"], Exit.USAGE,
               "up --plan it", files={"it": text})


#: For an account that isn't the emulator's.
PLAN: dict[str, Any] = {
    "version": 1, "tapctl": __version__, "made": "2026-01-02T03:04:05Z", "stack": "TapStack/staging",
    "environment": "staging", "account": "999999999999", "emulated": False, "regions": [], "prune": False,
    "refresh_ami": False, "wanted": {}, "changes": [],
    "config": digest(load(None, {"TAPCTL_REGIONS": "us-east-1"}, {"env": "staging"}).model_dump(mode="json"))}
HERE = {**KEYS, "TAPCTL_REGIONS": "us-east-1"}


FILES = (
    Row(["--save no/such/file can't be written", "No such file", "name a file that can"], Exit.USAGE,
        "plan --env staging --save no/such/file"),
    Row(["--save . can't be written", "is a directory"], Exit.USAGE, "plan --env staging --save ."),
    Row(["--plan it can't be read", "No such file", "`tapctl plan --save` has written"], Exit.USAGE, "up --plan it"),
    Row(["--plan . can't be read", "Is a directory"], Exit.USAGE, "up --env staging --plan ."),
    Row(["--plan /dev/zero is no plan"], Exit.USAGE, "up --plan /dev/zero"),
    *(no_plan(text, "it is not what `plan --save` writes")
      for text in ("", "{", "[1]", "{}", "7", b"\xff", "[" * 9**5)),
    no_plan('{"version": 1}', "tapctl: "),
    no_plan('{"version": 2}', "its version is 2, and this tapctl reads version 1"),
    plan('{"changes": [{"key": 1}]}', "no plan that can be carried out", "changes.0."),
    plan('{"more": 1}', "no plan that can be carried out", "more: "),
    plan('{"tapctl": "0.0.1"}', "it was made by tapctl 0.0.1, and this is", "make it anew"),
    plan('{"emulated": true}', "--plan it was made on the emulator", "give --local"),
    plan("{}", "--plan it was not made on the emulator", "leave --local out", args="up --local --plan it"),
    plan("{}", "--plan it is for TapStack/staging, and this is TapStack/production", "or leave --env out",
         args="up --env production --plan it"),
    plan("{}", "--plan it is for TapStack/staging, and this is TapStack/production",
         environ={"ENVIRONMENT": "production"}),
    plan("{}", "--plan it was made by another configuration", "tapctl plan --env staging --save it", code=Exit.CHANGES),
    plan("{}", "--plan it is for account 999999999999", "belong to 123456789012", "AWS_PROFILE",
         code=Exit.CONFIGURATION, environ=HERE, emulated=True),
    plan('{"account": "123456789012"}', "the stack is no longer as --plan it saw it", "it was not in the plan", "more",
         "tapctl plan --env staging --save it", code=Exit.CHANGES, environ=HERE, emulated=True),
    certificate("no/such/file", "No such file or directory"),
    certificate(".", "is a directory"),
    certificate("file/x", "Not a directory"),
    certificate("x" * 300, "File name too long"),
    outputs("no/such/file", "No such file or directory"),
    outputs(".", "Is a directory"),
    outputs("/dev/full", "No space left on device"),
    *(Row([*STATE, "File exists"], args=args, files={"state": ""}, environ={"TAPCTL_STATE_DIR": "{home}/state"})
      for args in (*LOCAL, "local status")),
    *(Row([*STATE, "Is a directory"], args=args, files={"state/emulator.lock": None},
          environ={"TAPCTL_STATE_DIR": "{home}/state"}) for args in LOCAL),
    *(Row(["the logs of runs can't be read", "TAPCTL_STATE_DIR"], args=args, files={file: ""},
          environ={"TAPCTL_STATE_DIR": "{home}/state"})
      for args in ("log", "log last") for file in ("state", "state/runs")),
    Row([*STATE, "Is a directory"], args="local status", files={"state/emulator.json": None},
        environ={"TAPCTL_STATE_DIR": "{home}/state"}),
)
