"""Who is measured: the commands of each, by what they do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.account import ID, ROOT
from tapctl.naming import Place
from tapctl.settings import load
from tapctl.user_data import script as boot_script

COLD, AGAIN, PLAN, STATUS, DOWN = "up cold", "up, nothing to change", "plan", "status", "down"
STEPS = (COLD, AGAIN, PLAN, STATUS, DOWN)  # in this order, each on what the one before left
ALONE = ("--help", "--version", "completion")  # these call nobody
ENVIRONMENT = "production"


@dataclass(frozen=True)
class Contestant:
    """commands: step -> command; prepare: what is run once before, unmeasured; leaves: what it keeps between runs."""

    name: str
    commands: Mapping[str, Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Sequence[Sequence[str]] = ()
    leaves: Sequence[Path] = ()


def boot_scripts(folder: Path) -> None:
    """What instances run at their first boot, as tapctl has it: an input of the peers."""
    settings = load(None, {}, {"env": ENVIRONMENT})
    for region in settings.regions:
        place = Place(settings.project, ENVIRONMENT, settings.owner, ID, region, "aws")
        (folder / f"{region}.sh").write_bytes(boot_script(place, settings.app))


def tapctl() -> Contestant:
    command, stack = str(Path(sys.executable).with_name("tapctl")), ("--env", ENVIRONMENT)
    completion = ("env", "_TAPCTL_COMPLETE=complete_bash", "COMP_WORDS=tapctl s", "COMP_CWORD=1", command)
    return Contestant("tapctl", {
        COLD: (command, "up", *stack, "--yes"), AGAIN: (command, "up", *stack, "--yes"),
        PLAN: (command, "plan", *stack, "--detailed-exitcode"), STATUS: (command, "status", *stack),
        DOWN: (command, "down", *stack, "--yes"),
        "--help": (command, "--help"), "--version": (command, "--version"), "completion": completion})


def script(folder: Path) -> Contestant:
    command = (sys.executable, "-m", "bench.peers.script")
    up = (*command, "up", str(folder))
    return Contestant("script", {COLD: up, AGAIN: up, DOWN: (*command, "down")}, {"PYTHONPATH": str(ROOT)})


def terraform(folder: Path) -> Contestant | None:
    """None: it isn't installed. Its root is copied, so that state and lock file stay out of the checkout."""
    binary = shutil.which("terraform")
    if binary is None:
        return None
    root = folder / "terraform"
    shutil.copytree(ROOT / "bench/peers/terraform", root, dirs_exist_ok=True)
    command, quiet = (binary, f"-chdir={root}"), ("-input=false", "-no-color")
    apply = (*command, "apply", "-auto-approve", *quiet)
    return Contestant(
        "terraform",
        {COLD: apply, AGAIN: apply, PLAN: (*command, "plan", "-detailed-exitcode", *quiet),
         DOWN: (*command, "destroy", "-auto-approve", *quiet)},
        {"TF_VAR_boot_scripts": str(folder), "CHECKPOINT_DISABLE": "1"},
        prepare=((*command, "init", *quiet), (*command, "validate", "-no-color")),
        leaves=(root / "terraform.tfstate", root / "terraform.tfstate.backup"))
