"""What policies allow."""

from __future__ import annotations

from typing import Any

import pytest

from tapctl.verify.permissions import Need, allowed, excess, fits, statements, through

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
])
def test_allowed(policy: list[dict[str, Any]], is_allowed: bool) -> None:
    assert allowed(policy, PUT) is is_allowed


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
