from __future__ import annotations

from tests.resources.conftest import NewPart

KEY = "us-east-1/db_subnet_group"


def test_it_is_made_once(part: NewPart) -> None:
    stack = part("db_subnet_group")
    stack.made()
    stack.at_rest()
    assert stack.found(KEY)
    stack.gone()
