"""Coverage follows every line that runs, and most of them are botocore's and moto's: it is halted in those."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from threading import local
from typing import Any, ParamSpec, TypeVar

from botocore.client import BaseClient
from botocore.parsers import ResponseParser

from tapctl.aws import Calls
from tapctl.emulator import dispatch, inprocess

P = ParamSpec("P")
T = TypeVar("T")
_halted = local()


def halted(call: Callable[P, T]) -> Callable[P, T]:
    """Not followed, but for what is resumed in it."""

    @wraps(call)
    def run(*args: P.args, **named: P.kwargs) -> T:
        tracer = sys.gettrace()
        if tracer is None:
            return call(*args, **named)
        _halted.tracer = tracer
        sys.settrace(None)
        try:
            return call(*args, **named)
        finally:
            sys.settrace(tracer)

    return run


def resumed(call: Callable[P, T]) -> Callable[P, T]:
    """Followed again, where the thread was followed before it was halted."""

    @wraps(call)
    def run(*args: P.args, **named: P.kwargs) -> T:
        tracer = getattr(_halted, "tracer", None)
        if tracer is None or sys.gettrace():
            return call(*args, **named)
        sys.settrace(tracer)
        try:
            return call(*args, **named)
        finally:
            sys.settrace(None)

    return run


def narrow() -> None:
    """botocore calls the emulator, which asks moto and botocore's parsers; and it tells who counts its calls."""
    handler = dispatch._handler

    def untraced(*asked: Any) -> Callable[..., Any] | None:
        return (its := handler(*asked)) and halted(its)

    dispatch.__dict__["_handler"] = untraced
    where: list[tuple[Any, str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = [
        (BaseClient, "_make_api_call", halted),
        (Calls, "_answered", resumed),
        (inprocess, "_process", resumed),
        (inprocess, "normalize_request", halted),
        (ResponseParser, "parse", halted)]
    for owner, name, way in where:
        setattr(owner, name, way(getattr(owner, name)))
