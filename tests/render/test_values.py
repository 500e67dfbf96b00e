"""Values and differences as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.model import Hidden, Unknown
from tapctl.render.values import LONG, differences, flat, shown

SCRIPT = "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize(("value", "text"), [
    (None, "none"), ("", "none"), ((), "none"), ([], "none"), ({}, "none"), (frozenset(), "none"),
    (True, "yes"), (False, "no"), (0, "0"), (20, "20"), ("gp3", "gp3"),
    ({"b": 1, "a": None}, "a=none, b=1"), (frozenset({"z", "a"}), "a, z"), ({"z", "a"}, "a, z"),
    (("tcp", 443, "sg-1"), "tcp 443 sg-1"), (["a", ("b", 2)], "a, b 2"),
    (Unknown("us-east-1/kms_key"), "(known after us-east-1/kms_key)"),
    ("x" * LONG, "x" * LONG), ("x" * (LONG + 1), f"({LONG + 1} characters, sha256 7c8f8fda)"),
    (Hidden("short"), "(5 characters, sha256 f9b0078b)"), (Hidden(""), "none"),
    (SCRIPT, f"({len(SCRIPT)} characters, sha256 306c6ca7)"),
])
def test_shown(value: Any, text: str) -> None:
    if text.startswith("(") and "sha256" in text:
        import hashlib

        text = f"({len(value)} characters, sha256 {hashlib.sha256(value.encode()).hexdigest()[:8]})"
    assert shown(value) == text


@pytest.mark.parametrize(("value", "leaves"), [
    ("x", {"": "x"}), ({"b": {"c": 1}, "a": []}, {"a": [], "b.c": 1}), ({}, {}),
    ([{"Key": "a", "Value": "a"}, {"Key": "b", "Value": 2}], {"[a].Value": "a", "[b].Value": 2}),
    ({"Rules": [{"ID": "expire", "Days": 7}]}, {"Rules[expire].Days": 7}),
    ([{"Days": 7}, {"Days": 9}], {"[0].Days": 7, "[1].Days": 9}), (["a", {"b": 1}], {"": ["a", {"b": 1}]}),
])
def test_flat(value: Any, leaves: dict[str, Any]) -> None:
    assert dict(flat(value)) == leaves


@pytest.mark.parametrize(("have", "want", "lines"), [
    ("a", "a", []), ("a", "b", [("", "a -> b")]), (None, {"a": 1}, [("", "a=1")]),
    (None, Unknown("k"), [("", "(known after k)")]), ({"a": 1}, Unknown("k"), [("", "a=1 -> (known after k)")]),
    ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4},
     [("b", "2 -> 3"), ("c", "3 -> none"), ("d", "none -> 4")]),
    (frozenset({"x", "y"}), frozenset({"y", "z"}), [("", "- x"), ("", "+ z")]),
    ({"rules": frozenset({("tcp", 22)})}, {"rules": frozenset()}, [("rules", "- tcp 22")]),
    ([{"Key": "a", "Value": "a"}], [{"Key": "a", "Value": "b"}], [("[a].Value", "a -> b")]),
    ({"MultiAZ": False}, {"MultiAZ": True}, [("MultiAZ", "no -> yes")]),
])
def test_differences(have: Any, want: Any, lines: list[tuple[str, str]]) -> None:
    assert list(differences(have, want)) == lines
