"""Waiting, in one place each: for a state to come (`polled`), for eventual consistency to pass (`tolerate`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import TypeVar

from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from tapctl.engine import Stopped
from tapctl.hush import hushed

T = TypeVar("T")
LOOK_AT_STOP = 0.2  # seconds


def polled(stop: Event, patience: float) -> Iterator[float]:
    """Yield the seconds waited so far, again and again, until `patience` (seconds) is over, and then once more: that a
    machine slept, or had no time for it, is no reason not to look.

    Raises Stopped as soon as `stop` is set.
    """
    start = time.monotonic()
    while True:
        waited = time.monotonic() - start
        yield waited
        if waited >= patience:
            return
        if stop.wait(gap(waited)):
            raise Stopped


def gap(waited: float) -> float:
    """Seconds until the next look, after so many: a tenth of them, between a quarter of a second and 15 seconds.

    So a bucket is not waited for longer than it takes, nor a database asked for every second of its quarter of an hour.
    """
    return min(15.0, max(0.25, waited / 10))


def wait(stop: Event, seconds: float) -> None:
    """In the main thread, for so long or until `stop` is set. In short sleeps: a signal's handler sets it, and would
    wait for ever for a thread that waits for it."""
    end = time.monotonic() + seconds
    while not stop.is_set() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_AT_STOP))


def tolerate(call: Callable[[], T], *codes: str, saying: str = "", seconds: float = 60) -> T:
    """The call's answer, the call repeated while AWS answers one of `codes`, for `seconds` at the most.

    For eventual consistency only, and stated where the call is made: throttling and 5xx are botocore's, but for the
    throttling of a call that it is told not to repeat.
    saying: only if AWS's message has this in it.
    Raises ClientError: AWS's last answer.
    """

    def passing(error: BaseException) -> bool:
        return isinstance(error, ClientError) and code(error) in codes and saying in message(error)

    return Retrying(
        retry=retry_if_exception(passing),
        wait=wait_random_exponential(multiplier=0.25, max=5),
        stop=stop_after_delay(seconds),
        reraise=True,
    )(call)


def absent(call: Callable[[], T], *codes: str) -> T | None:
    """The call's answer, or None where AWS answers one of `codes`: the thing asked for is not there."""
    try:
        return call()
    except ClientError as error:
        if code(error) in codes:
            return None
        raise


def code(error: ClientError) -> str:
    """AWS's error code, as `NoSuchBucket`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message(error: ClientError) -> str:
    """AWS's own words, without what they quote that nobody is to see."""
    return hushed(str(error.response.get("Error", {}).get("Message", "")))
