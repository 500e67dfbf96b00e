"""Coverage follows every line that runs, and most of them are botocore's and moto's: it is halted in those."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from threading import local
from typing import Any, ParamSpec, TypeVar

import pytest
from botocore.client import BaseClient
from botocore.parsers import ResponseParser

from tapctl.aws import Calls, Guard
from tapctl.emulator import dispatch, inprocess
from tapctl.genuine import Genuine
from tapctl.reconnect import Reconnect
from tapctl.recorder import Recorder

P = ParamSpec("P")
T = TypeVar("T")
_halted = local()


def under(choose: Callable[[Any], Any], call: Callable[P, T]) -> Callable[P, T]:
    """The call, while the thread is followed by what is chosen, which is asked with what follows it until then."""

    @wraps(call)
    def run(*args: P.args, **named: P.kwargs) -> T:
        before = sys.gettrace()
        while_it_runs = choose(before)
        if while_it_runs is before:
            return call(*args, **named)
        sys.settrace(while_it_runs)
        try:
            return call(*args, **named)
        finally:
            sys.settrace(before)

    return run


def nobody(tracer: Any) -> None:
    _halted.tracer = tracer or _last()


def the_last(tracer: Any) -> Any:
    return tracer or _last()


def _last() -> Any:
    """What followed this thread before it was halted."""
    return getattr(_halted, "tracer", None)


halted, resumed = partial(under, nobody), partial(under, the_last)


@contextmanager
def unfollowed() -> Iterator[None]:
    """Neither this thread nor any that begins meanwhile."""
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)


def unfollowed_processes(environment: pytest.MonkeyPatch) -> None:
    """Nor any process that is started from here on: coverage, which follows a process of Python's from its first line
    on, through all that it imports, doubles the time that a command takes."""
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        environment.delenv(name)


Way = Callable[[Callable[..., Any]], Callable[..., Any]]


def narrow() -> None:
    """botocore, and the emulator that it calls, are followed by nobody; but botocore tells who counts its calls, and
    asks who guards them and who repeats them."""
    where: list[tuple[Any, str, Way]] = [
        (BaseClient, "_make_api_call", halted),
        (Calls, "_answered", resumed),
        (Guard, "_calling", resumed),
        *((Recorder, name, resumed) for name in ("_begun", "_sent", "_tried", "_answered", "_given_up")),
        (Reconnect, "_answered", resumed),
        (Reconnect, "_failed", resumed),
        (Genuine, "_parsing", resumed)]
    for owner, name, way in where:
        setattr(owner, name, way(getattr(owner, name)))


@contextmanager
def into_the_emulator() -> Iterator[None]:
    """For the emulator's own tests. It asks moto and botocore's parsers, and is halted in those."""
    handler = dispatch._handler

    def untraced(*asked: Any) -> Callable[..., Any] | None:
        return (its := handler(*asked)) and halted(its)

    where: list[tuple[Any, str, Way]] = [
        (inprocess, "_process", resumed),
        (inprocess, "normalize_request", halted),
        (ResponseParser, "parse", halted)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "_handler", untraced)
        for owner, name, way in where:
            patch.setattr(owner, name, way(getattr(owner, name)))
        yield
