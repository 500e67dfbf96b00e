"""Policies that mean the same are the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tapctl.policy import VERSION, canonical, document, dumps

READS = {"Sid": "Reads", "Effect": "Allow", "Action": "s3:GetObject",
         "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b"]}
SECURE = {"Sid": "Secure", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
          "Condition": {"Bool": {"aws:SecureTransport": False}}}


def policy(**changes: Any) -> dict[str, Any]:
    return {"Version": VERSION, "Statement": [{**READS, **changes}]}


@pytest.mark.parametrize("same", [
    {"Version": VERSION, "Statement": READS},
    json.dumps(policy()),
    policy(Action=["s3:GetObject"]),
    policy(Action=("s3:GetObject", "s3:GetObject")),
    policy(Action=frozenset({"s3:GetObject"})),
    policy(Resource=["arn:aws:s3:::b", "arn:aws:s3:::a/*"]),
    policy(Resource=["arn:aws:s3:::b", "arn:aws:s3:::a/*", "arn:aws:s3:::b"]),
], ids=["one statement", "text", "list of one", "twice", "set", "order", "repeated"])
def test_another_spelling_is_the_same_policy(same: Any) -> None:
    assert canonical(same) == canonical(policy())


@pytest.mark.parametrize("other", [
    policy(Action="s3:PutObject"),
    policy(Resource="arn:aws:s3:::b"),
    policy(Effect="Deny"),
    policy(Condition={"Bool": {"aws:SecureTransport": True}}),
    {**policy(), "Version": "2008-10-17"},
    {**policy(), "Id": "named"},
    {**policy(), "Statement": [READS, SECURE]},
    {**policy(), "Statement": []},
], ids=["action", "resource", "effect", "condition", "version", "id", "one more", "none"])
def test_another_meaning_is_another_policy(other: Any) -> None:
    assert canonical(other) != canonical(policy())


def test_a_document_is_canonical_whatever_the_order_of_its_statements() -> None:
    assert document(READS, SECURE) == document(SECURE, READS) == canonical(document(READS, SECURE))
    assert document(READS) == {"Version": "2012-10-17", "Statement": [
        {**READS, "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b"]}]}


@pytest.mark.parametrize(("value", "text"), [
    (False, "false"), (True, "true"), ("true", "true"), (7, "7"), ([8, 7], ["7", "8"])])
def test_values_are_text_as_aws_answers_them(value: Any, text: Any) -> None:
    read = canonical(policy(Condition={"Op": {"key": value}}))
    assert read["Statement"][0]["Condition"] == {"Op": {"key": text}}


def test_the_same_meaning_is_sent_as_the_same_text() -> None:
    assert dumps(document(READS, SECURE)) == dumps(document(dict(reversed(SECURE.items())), READS))
    assert json.loads(dumps(document(READS))) == document(READS)
