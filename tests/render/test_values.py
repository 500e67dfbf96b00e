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


LOGS = {"Sid": "Logs", "Effect": "Allow", "Action": ["a:Get", "a:Put"], "Resource": "*",
        "Principal": {"Service": "logs"}, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
DENY = {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:x", "NotPrincipal": "*"}


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [*statements]}


@pytest.mark.parametrize(("value", "text"), [
    (LOGS, "Logs: Allow a:Get, a:Put on * for Service=logs if Bool.aws:SecureTransport=true"),
    (DENY, "Deny all but s3:* on all but arn:x for all but *"),
    (policy(DENY), "Deny all but s3:* on all but arn:x for all but *, Version=2012-10-17"),
])
def test_a_statement(value: dict[str, Any], text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(("value", "leaves"), [
    ({"b": {"c": 1}, "a": []}, {"a": [], "b.c": 1}), ({}, {}), ({"a": {}}, {"a": {}}),
    ({"Tags": [{"Key": "a", "Value": "x"}, {"Key": "b", "Value": 2}]}, {"Tags.a": "x", "Tags.b": 2}),
    ({"Rules": [{"Days": 7}]}, {"Rules": [{"Days": 7}]}), ({"a": DENY}, {"a": DENY}),
])
def test_flat(value: dict[str, Any], leaves: dict[str, Any]) -> None:
    assert dict(flat(value)) == leaves


@pytest.mark.parametrize(("have", "want", "lines"), [
    ("a", "a", []), ("a", "b", ["~ a -> b"]), (None, 30, ["~ none -> 30"]),
    # what is not known yet
    (None, Unknown("k"), ["~ none -> (known after k)"]), (Unknown("k"), Unknown("k"), ["~ (known after k)"]),
    ("a", Unknown("k"), ["~ a -> (known after k)"]),
    ({"a": 1}, Unknown("k"), ["~ (known after k)"]), (frozenset("a"), Unknown("k"), ["~ (known after k)"]),
    ({"a": 1}, {"a": Unknown("k")}, ["~ a 1 -> (known after k)"]),
    # fields
    ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4}, ["~ b 2 -> 3", "~ c 3 -> none", "~ d none -> 4"]),
    ({"MultiAZ": False}, {"MultiAZ": True}, ["~ MultiAZ no -> yes"]),
    ({"x": {"a": 1}}, {"x": {"a": 2}}, ["~ x.a 1 -> 2"]),
    ({}, {"rule": {"Days": 7, "Filter": {"Prefix": "x"}}}, ["+ rule Days=7, Filter.Prefix=x"]),
    ({"rule": {"Days": 7}}, {}, ["- rule Days=7"]),
    # lists and sets
    (frozenset({"x", "y"}), frozenset({"y", "z"}), ["- x", "+ z"]), (["b", "a"], ["a", "c"], ["- b", "+ c"]),
    (["a", "b"], ["b", "a"], ["~ a, b -> b, a"]), ("a", ["a", "b"], ["+ b"]), (["a", "b"], "a", ["- b"]),
    (None, ["a"], ["+ a"]), (frozenset(), frozenset({("tcp", 22)}), ["+ tcp 22"]), (("a",), ("b",), ["~ a -> b"]),
    # lists of mappings: by name, or by what they are
    ([{"Key": "a", "Value": "a"}], [{"Key": "a", "Value": "b"}], ["~ [a].Value a -> b"]),
    ([{"ID": "a", "Days": 1}], [{"ID": "b", "Days": 1}], ["- a: Days=1", "+ b: Days=1"]),
    ([{"Days": 1}], [{"Days": 2}], ["~ Days 1 -> 2"]),
    ([{"Days": 1}, {"Days": 5}], [{"Days": 5}, {"Days": 2}], ["~ [1].Days 1 -> 2"]),
    ([{"Days": 1}], [{"Days": 2}, {"Days": 3}], ["- Days=1", "+ Days=2", "+ Days=3"]),
    ([{"Days": 1}], [{"ID": "x", "Days": 1}], ["- Days=1", "+ x: Days=1"]), ([], [{"Days": 2}], ["+ Days=2"]),
    # policies
    (policy(LOGS), policy(LOGS, DENY), [f"+ {shown(DENY)}"]), (policy(LOGS, DENY), policy(LOGS), [f"- {shown(DENY)}"]),
    (policy(LOGS), policy({**LOGS, "Action": "a:Get"}), ["- [Logs].Action a:Put"]),
    (policy(DENY), policy({**DENY, "Effect": "Allow"}), ["~ Effect Deny -> Allow"]),
    (None, policy(LOGS, DENY), [f"+ {shown(LOGS)}", f"+ {shown(DENY)}"]),
    ({"app": policy(DENY)}, {}, [f"- app {shown(DENY)}"]),
])
def test_differences(have: Any, want: Any, lines: list[str]) -> None:
    assert [" ".join(part for part in row if part) for row in differences(have, want)] == lines
