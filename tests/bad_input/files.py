"""Files that commands write, and the state directory: in no directory, one themselves, in the way, or full."""

from __future__ import annotations

from tapctl.errors import Exit
from tests.bad_input.row import KEYS, Row

STATE = ["where the emulator is can't be written down or read", "TAPCTL_STATE_DIR", "{home}/state"]
LOCAL = ("local start", "local stop", "plan --env staging --local", "down --yes --env staging --local",
         "status --local")


def certificate(file: str, reason: str) -> Row:
    return Row([f"--certificate {file} can't be written", reason, "nothing was removed"], Exit.USAGE,
               f"down --yes --env staging --certificate {file}", files={"file": ""})


def outputs(file: str, reason: str) -> Row:
    return Row([f"--file {file} can't be written", reason, "name a file that can"], Exit.USAGE,
               f"outputs --env staging --file {file}", environ={**KEYS, "TAPCTL_REGIONS": "us-east-1"}, emulated=True)


FILES = (
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
