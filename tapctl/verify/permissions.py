"""What IAM policies allow, evaluated as IAM does: for the few elements that a role of the stack may have. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Statement = Mapping[str, Any]
VIA = "kms:ViaService"


@dataclass(frozen=True)
class Need:
    """One action on one resource. resource: an ARN, or a pattern of ARNs; via: the service that KMS is used through,
    "s3.us-east-1.amazonaws.com"; of other services' actions empty."""

    action: str
    resource: str
    via: str = ""


def statements(policy: Mapping[str, Any]) -> list[Statement]:
    found = policy["Statement"]
    return list(found) if isinstance(found, Sequence) else [found]


def several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def fits(pattern: str, text: str, ignore_case: bool = False) -> bool:
    """IAM's wildcards. A pattern as text: whether the other takes in all that it does."""
    spelled = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(spelled, text, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL) is not None


def is_about(statement: Statement, need: Need) -> bool:
    """Whether its action and resource take in what is needed."""
    def within(element: str, text: str, ignore_case: bool) -> bool:
        if f"Not{element}" in statement:
            return not any(fits(one, text, ignore_case) for one in several(statement[f"Not{element}"]))
        return any(fits(one, text, ignore_case) for one in several(statement.get(element, ())))

    return within("Action", need.action, True) and within("Resource", need.resource, False)


def holds(statement: Statement, need: Need) -> bool:
    """Whether its conditions are met. One that isn't known here counts as not met: it is not the stack's own."""
    for operator, keys in statement.get("Condition", {}).items():
        for name, values in keys.items():
            matches = {"StringEquals": lambda one: one == need.via, "StringLike": lambda one: fits(one, need.via)}
            if name.lower() != VIA.lower() or operator not in matches or not any(
                    map(matches[operator], several(values))):
                return False
    return True


def allowed(policy: Sequence[Statement], need: Need) -> bool:
    """Allowed by one statement, denied by none. A denial under conditions counts as one."""
    about = [one for one in policy if is_about(one, need)]
    return any(one["Effect"] == "Allow" and holds(one, need) for one in about) and not any(
        one["Effect"] == "Deny" for one in about)


def excess(name: str, policy: Sequence[Statement], needs: Sequence[Need]) -> Iterator[str]:
    """Whatever a policy allows beyond these needs, a line each. name: the policy's."""
    for statement in policy:
        if statement["Effect"] != "Allow":
            continue
        if odd := sorted({"NotAction", "NotResource"} & statement.keys()):
            yield f"{name} allows all but some things: {', '.join(odd)}"
            continue
        for action in several(statement["Action"]):
            for resource in several(statement["Resource"]):
                needed = [need for need in needs
                          if need.action.lower() == action.lower() and fits(need.resource, resource)]
                if not needed:
                    yield f"{name} allows {action} on {resource}"
                elif needed[0].via and not through(statement) <= {need.via for need in needed}:
                    yield f"{name} allows {action} on {resource} other than through {', '.join(n.via for n in needed)}"


def through(statement: Statement) -> set[str]:
    """The services that a statement about a key is confined to; "*": it isn't."""
    condition = statement.get("Condition", {}).get("StringEquals", {})
    return set(several(condition.get(VIA, "*")))
