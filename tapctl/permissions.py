"""What policies allow, evaluated as IAM does: for the few elements that a role of the stack may have, and as far as it
can be said without knowing who asks from where, for a VPC endpoint's. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def fits(pattern: str, text: str) -> bool:
    """IAM's wildcards. A pattern as text: whether the other takes in all that it does."""
    spelled = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(spelled, text, re.DOTALL) is not None


def meets(one: str, other: str) -> bool:
    """Whether there is a text that both patterns take in."""
    todo, seen = [(one, other)], set()
    while todo:
        a, b = left = todo.pop()
        if left in seen:
            continue
        seen.add(left)
        if not a.strip("*") and not b.strip("*"):
            return True
        if a.startswith("*") or b.startswith("*"):
            todo += [rest for rest, grows in (((a[1:], b), a), ((a, b[1:]), b)) if grows]
        elif a and b and (a[0] == b[0] or "?" in (a[0], b[0])):
            todo.append((a[1:], b[1:]))
    return False


def is_about(statement: Statement, need: Need, whole: bool) -> bool:
    """Whether its action, resource and principal take in all that is needed; not whole: any of it."""
    one, none = (fits, meets) if whole else (meets, fits)

    def within(element: str, text: str, as_compared: Callable[[str], str]) -> bool:
        if f"Not{element}" in statement:
            return not any(none(as_compared(it), text) for it in several(statement[f"Not{element}"]))
        return any(one(as_compared(it), text) for it in several(statement.get(element, ())))

    return (within("Action", need.action.lower(), str.lower) and within("Resource", need.resource, str)
            and (is_anybodys(statement) or not whole))


def is_anybodys(statement: Statement) -> bool:
    """Whether whoever has the policy is meant. Of a role's it is the role; of an endpoint's, everybody or some."""
    who = statement.get("Principal", "*")
    return "NotPrincipal" not in statement and "*" in several(who.get("AWS", ()) if isinstance(who, Mapping) else who)


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
    """Allowed in whole by one statement, and no part of it denied by any, be it under conditions."""
    return any(one["Effect"] == "Allow" and is_about(one, need, whole=True) and holds(one, need) for one in policy
               ) and not any(one["Effect"] == "Deny" and is_about(one, need, whole=False) for one in policy)


def denied(policy: Sequence[Statement], need: Need) -> bool:
    """Denied in whole, whatever conditions say and whoever asks. Between this and `allowed` lies what depends."""
    return not any(one["Effect"] == "Allow" and is_about(one, need, whole=False) for one in policy) or any(
        one["Effect"] == "Deny" and is_about(one, need, whole=True) and not one.get("Condition") for one in policy)


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
