"""Every check, in the order in which they are shown, and the choice of some of them by name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from tapctl.errors import UsageError
from tapctl.verify import closed, databases, exposure, peers, reachability, role, scaling, stores, tagging, web
from tapctl.verify.check import Check

CHECKS: tuple[Check, ...] = (
    *reachability.CHECKS, *peers.CHECKS, *closed.CHECKS, *web.CHECKS, *databases.CHECKS, *stores.CHECKS,
    *exposure.CHECKS, *role.CHECKS, *scaling.CHECKS, *tagging.CHECKS)


def chosen(only: Iterable[str], skip: Iterable[str]) -> tuple[Check, ...]:
    """The checks that `only` names (all, where it names none) without those that `skip` names.

    Each is a check's name, or the start of it up to a dot. UsageError: it is neither, or no check is left.
    """
    taken, left = known("--only", only), known("--skip", skip)
    checks = tuple(check for check in CHECKS if (not taken or of(check, taken)) and not of(check, left))
    if not checks:
        raise UsageError("no check is left", reason="--skip takes out all that --only names",
                         mend="leave one of them out")
    return checks


def of(check: Check, names: Iterable[str]) -> bool:
    return any(f"{check.name}.".startswith(f"{name}.") for name in names)


def families() -> list[str]:
    """All that can be named: checks, and what their names start with."""
    parts = [check.name.split(".") for check in CHECKS]
    return list(dict.fromkeys(".".join(part[:n]) for part in parts for n in range(1, len(part) + 1)))


def known(option: str, names: Iterable[str]) -> list[str]:
    given, there = list(names), families()
    for name in given:
        if name not in there:
            near = get_close_matches(name, there, 1, cutoff=0)
            raise UsageError(f"{option} {name} is no check", reason="docs/verify.md lists all of them",
                             mend=f"did you mean {near[0]}?")
    return given
