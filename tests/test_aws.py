"""Clients, and whose the credentials are."""

from __future__ import annotations

from tapctl.aws import attempts


def test_the_first_call_soon_tells_whether_aws_can_be_reached() -> None:
    assert attempts("sts") < attempts("ec2")
