"""Observation, of a cloud in memory."""

from __future__ import annotations

from botocore.exceptions import ClientError

from tapctl.model import Denied
from tapctl.observe import guarded


def test_a_denied_call_is_an_answer() -> None:
    def call() -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListThings")

    assert guarded(call) == Denied("ListThings")
