"""IAM policy documents as values that can be compared: AWS gives back the same meaning in another spelling."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

VERSION = "2012-10-17"


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """A policy of these statements, canonical."""
    return canonical({"Version": VERSION, "Statement": list(statements)})


def canonical(policy: str | Mapping[str, Any]) -> dict[str, Any]:
    """The document with set semantics: one-element lists are their element, lists are sorted, so are statements.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
    """
    read: Mapping[str, Any] = json.loads(policy) if isinstance(policy, str) else policy
    statements = read["Statement"]
    return {
        **{k: v for k, v in read.items() if k != "Statement"},
        "Statement": sorted(
            (_sets(s) for s in (statements if isinstance(statements, list) else [statements])), key=dumps
        ),
    }


def _sets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _sets(v) for k, v in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        items = sorted({str(v) for v in value})
        return items[0] if len(items) == 1 else items
    return str(value).lower() if isinstance(value, bool) else str(value)


def dumps(policy: Mapping[str, Any]) -> str:
    """The document as AWS takes it; the same text for the same meaning."""
    return json.dumps(policy, sort_keys=True)
