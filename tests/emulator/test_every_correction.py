"""The rules that all corrections keep."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tapctl.emulator.correction import REGISTER

HERE = Path(__file__).parent
PAGES = ("https://docs.aws.amazon.com/", "https://repost.aws/knowledge-center/")  # AWS's own


@cache
def _proven() -> frozenset[str]:
    """`module.function` of everything that a test of this directory is marked to prove."""
    found = set[str]()
    for file in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "proves":
                found |= {ast.unparse(argument) for argument in node.args}
    return frozenset(found)


@pytest.mark.parametrize("correction", sorted({
    f"{entry.run.__module__.rpartition('.')[2]}.{entry.run.__qualname__}" for entry in REGISTER}))
def test_is_proven(correction: str) -> None:
    assert correction in _proven()


def test_names_its_page_and_says_why() -> None:
    for entry in REGISTER:
        assert entry.page.startswith(PAGES), entry
        assert entry.run.__doc__, entry
