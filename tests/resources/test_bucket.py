from __future__ import annotations

from tests.resources.conftest import NewPart

KEY = "us-east-1/bucket/logs"


def test_it_is_made_once(part: NewPart) -> None:
    stack = part("bucket")
    stack.made()
    stack.at_rest()
    assert stack.found(KEY)
    stack.gone()
