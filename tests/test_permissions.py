"""What policies allow."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.permissions import Need, allowed, denied, excess, fits, meets, statements, through

BUCKET = "arn:aws:s3:::logs"
PUT = Need("s3:PutObject", f"{BUCKET}/app/*")
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
VIA = [Need("kms:Decrypt", KEY, f"{service}.us-east-1.amazonaws.com") for service in ("s3", "logs")]


def allow(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def through_services(operator: str, *services: str, key: str = "kms:ViaService") -> dict[str, Any]:
    return {operator: {key: [f"{service}.us-east-1.amazonaws.com" for service in services]}}


@pytest.mark.parametrize(("policy", "is_allowed"), [
    ([allow("s3:PutObject", f"{BUCKET}/app/*")], True),
    ([allow(["s3:GetObject", "S3:putobject"], [f"{BUCKET}/app/*", BUCKET])], True),
    ([allow("s3:Put*", f"{BUCKET}/*")], True),
    ([allow("s3:PutObjec?", "*")], True),
    ([allow("*")], True),
    ([], False),
    ([allow("s3:GetObject", f"{BUCKET}/app/*")], False),
    ([allow("s3:PutObject", f"{BUCKET}/app/x")], False),  # less than is needed
    ([allow("s3:PutObject", "arn:aws:s3:::LOGS/app/*")], False),  # ARNs have case
    ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
    ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], False),
    ([{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/app/*"}], False),
    ([{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"}], True),
    ([allow("*"), allow("s3:*", effect="Deny")], False),
    ([allow("*"), allow("s3:*", effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})], False),
    ([allow("*"), allow("iam:*", effect="Deny")], True),
    ([allow("*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})], False),  # not known here
    ([allow("*"), allow("s3:*", f"{BUCKET}/app/x", effect="Deny")], False),  # a part of what is needed
    ([allow("*"), allow("s3:*", "arn:aws:s3:::other/*", effect="Deny")], True),
    ([{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/app/x"}], False),  # all but a part
])
def test_allowed(policy: list[dict[str, Any]], is_allowed: bool) -> None:
    assert allowed(policy, PUT) is is_allowed
    assert not (is_allowed and denied(policy, PUT))


ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}


@pytest.mark.parametrize(("policy", "sure", "never"), [
    ([allow("*", Principal="*")], True, False),
    ([allow("*", Principal={"AWS": "*"})], True, False),
    ([allow("*", Principal={"AWS": ["arn:aws:iam::123456789012:root", "*"]})], True, False),
    ([allow("*", Principal={"AWS": "arn:aws:iam::123456789012:root"})], False, False),  # ours may be among them
    ([allow("*", Principal={"Service": "ec2.amazonaws.com"})], False, False),
    ([allow("*", NotPrincipal="x")], False, False),
    ([allow("*", Principal="*", Condition=ORG)], False, False),
    ([allow("*", Principal="*"), allow("*", Principal="*", effect="Deny", Condition=ORG)], False, False),
    ([allow("*", Principal="*"), allow("*", Principal={"AWS": "1"}, effect="Deny")], False, False),
    ([allow("*", Principal="*"), allow("s3:*", f"{BUCKET}/app/x*", "Deny", Principal="*")], False, False),  # a part
    ([allow("s3:*", f"{BUCKET}/app/i-*", Principal="*")], False, False),
    ([allow("s3:*", "arn:aws:s3:::*/i-*", Principal="*")], False, False),
    ([allow("*", Principal="*", effect="Deny")], False, True),
    ([allow("*", Principal="*"), allow("s3:Put*", Principal="*", effect="Deny")], False, True),
    ([allow("*", Principal="*"), allow("s3:*", f"{BUCKET}/*", "Deny", Principal="*")], False, True),
    ([allow("s3:GetObject", Principal="*")], False, True),
    ([allow("s3:*", "arn:aws:s3:::theirs/*", Principal="*")], False, True),
    ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*", "Principal": "*"}], False, True),
    ([{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}*", "Principal": "*"}], False, True),
    ([], False, True),
])
def test_what_everybodys_policy_lets_through_for_sure_and_what_it_never_does(
        policy: list[dict[str, Any]], sure: bool, never: bool) -> None:
    assert (allowed(policy, PUT), denied(policy, PUT)) == (sure, never)


@pytest.mark.parametrize(("one", "other", "together"), [
    ("a", "a", True), ("a", "b", False), ("a", "ab", False), ("a*", "ab", True), ("*b", "a*", True),
    ("a*c", "*b*", True), ("a*", "b*", False), ("a?c", "ab*", True), ("a?", "a", False), ("??", "*b", True),
    ("?", "*", True), ("", "*", True), ("", "", True), ("*", "**", True), ("", "?", False), ("a*b*c", "a*d", False)])
def test_patterns_that_have_a_text_in_common(one: str, other: str, together: bool) -> None:
    assert meets(one, other) is meets(other, one) is together


@pytest.mark.parametrize(("condition", "services"), [
    ({}, {"s3", "logs"}),
    (through_services("StringEquals", "s3", "logs"), {"s3", "logs"}),
    (through_services("StringEquals", "s3"), {"s3"}),
    ({"StringLike": {"kms:viaservice": "*.us-east-1.amazonaws.com"}}, {"s3", "logs"}),
    (through_services("StringNotEquals", "s3"), set()),
    (through_services("StringEquals", "s3", key="kms:CallerAccount"), set()),
])
def test_a_key_through_services(condition: dict[str, Any], services: set[str]) -> None:
    policy = [allow("kms:Decrypt", KEY, Condition=condition)]
    assert {need.via.split(".")[0] for need in VIA if allowed(policy, need)} == services


@pytest.mark.parametrize(("statement", "line"), [
    (allow("s3:PutObject", f"{BUCKET}/app/*"), None),
    (allow("s3:putobject", f"{BUCKET}/app/2026/*"), None),  # less is no excess
    (allow("kms:Decrypt", KEY, Condition=through_services("StringEquals", "s3", "logs")), None),
    (allow("kms:Decrypt", KEY, Condition=through_services("StringEquals", "s3")), None),
    (allow("*", effect="Deny"), None),
    (allow("s3:*", f"{BUCKET}/app/*"), f"p allows s3:* on {BUCKET}/app/*"),
    (allow("s3:PutObject", f"{BUCKET}/*"), f"p allows s3:PutObject on {BUCKET}/*"),
    (allow(["s3:PutObject"], ["*"]), "p allows s3:PutObject on *"),
    (allow("kms:Decrypt", KEY), f"p allows kms:Decrypt on {KEY} other than through {VIA[0].via}, {VIA[1].via}"),
    (allow("kms:Decrypt", KEY, Condition=through_services("StringEquals", "s3", "rds")),
     f"p allows kms:Decrypt on {KEY} other than through {VIA[0].via}, {VIA[1].via}"),
    ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "p allows all but some things: NotAction"),
    ({"Effect": "Allow", "Action": "s3:PutObject", "NotResource": "x"}, "p allows all but some things: NotResource"),
])
def test_excess(statement: dict[str, Any], line: str | None) -> None:
    assert list(excess("p", [statement], [PUT, *VIA])) == ([line] if line else [])


def test_wildcards_and_spellings() -> None:
    assert fits("a?c*", "abcdef")
    assert not fits("a.c", "abc")
    assert statements({"Statement": allow("*")}) == [allow("*")]
    assert statements({"Statement": [allow("*")]}) == [allow("*")]
    assert through(allow("*")) == {"*"}
