"""The stack that settings and facts make."""

from __future__ import annotations

from tapctl.settings import load
from tapctl.stack import reached


def test_a_region_reaches_the_services_that_have_endpoints() -> None:
    assert reached("us-east-1", load(None, {}, {"env": "staging"})) == ("s3", "dynamodb", "logs")
