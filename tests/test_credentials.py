"""Whose credentials these are. What is wrong with them: tests/bad_input."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from tapctl import credentials
from tapctl.credentials import NotEnabled, identify, obtain
from tapctl.errors import ConfigurationError, Interrupted
from tests.stage import EAST, WEST, Stage

ARN = "arn:aws-us-gov:sts::123456789012:assumed-role/deploy/me"


@pytest.mark.parametrize("allowed", [[], ["123456789012"], ["210987654321", "123456789012"]])
def test_the_account_the_partition_and_who(stage: Stage, allowed: list[str]) -> None:
    assert identify(stage.wires.connections, EAST, allowed)[:2] == ("123456789012", "aws")
    sts = SimpleNamespace(get_caller_identity=lambda: {"Account": "123456789012", "Arn": ARN})
    elsewhere: Any = SimpleNamespace(client=lambda *_: sts, session=stage.wires.connections.session)
    assert identify(elsewhere, EAST, allowed) == ("123456789012", "aws-us-gov", ARN)


def test_a_region_that_is_not_enabled_is_no_fault_of_the_credentials(stage: Stage) -> None:
    stage.wires.meter.disabled = (WEST,)
    with pytest.raises(NotEnabled, match=f"the region {WEST} is not enabled") as raised:
        identify(stage.wires.connections, WEST, ())
    assert raised.value.region == WEST
    assert f"--region-name {WEST}" in raised.value.mend


def test_a_code_that_nobody_can_type_is_no_traceback() -> None:
    """botocore asks for the code of a second factor at the terminal."""
    def asked() -> Any:
        raise EOFError("EOF when reading a line")

    session: Any = SimpleNamespace(get_credentials=asked)
    with patch.object(credentials, "source", lambda: ("role_arn of profile p", "check it")), \
            pytest.raises(ConfigurationError, match="no usable") as raised:
        obtain(session)
    assert raised.value.reason == "role_arn of profile p: EOFError: EOF when reading a line"


def test_who_stops_while_credentials_are_fetched_is_heard() -> None:
    def stopped() -> Any:
        raise Interrupted("stopped: nothing was changed")

    session: Any = SimpleNamespace(get_credentials=stopped)
    with pytest.raises(Interrupted):
        obtain(session)
