"""Policies that mean the same are the same."""

from __future__ import annotations

from tapctl.policy import canonical


def test_a_list_of_one_is_its_element() -> None:
    one = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject"}}
    other = {"Version": "2012-10-17", "Statement": [{"Effect": ["Allow"], "Action": ["s3:GetObject"]}]}
    assert canonical(one) == canonical(other)
