"""What a check answers, and the ways in which it may have no answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Saw:
    """text: what was looked at and found, in a line; wrong: what is not as it must be, a line each. None: it passed."""

    text: str
    wrong: tuple[str, ...] = ()


class Missing(Exception):
    """What is looked at is not there: the check fails, and args[0] says what is missing."""


class Unchecked(Exception):
    """It can't be checked from here, or not now, for the reason in args[0]."""


def saw(text: str, wrong: Iterable[str] = ()) -> Saw:
    return Saw(text, tuple(wrong))


def counted(number: int, one: str) -> str:
    """1 instance, 2 instances."""
    return f"{number} {one}" + ("" if number == 1 else "s")
