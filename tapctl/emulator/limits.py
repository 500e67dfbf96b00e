"""What values AWS takes at all: lengths, ranges, patterns and enumerations, before it looks at what the call is about.

They stand in the service models that botocore ships, which checks no more than types and what is required; where a
service's model has none, in CloudFormation's schema of the resource, from which limits.json is made
(`python -m tests.emulator.schemas`). moto looks at neither.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.utils import get_service_model

from tapctl.emulator.correction import Call, Refusal

#: The error by service; ValidationException of all others.
CODES = {"autoscaling": "ValidationError", "cloudwatch": "ValidationError", "ec2": "InvalidParameterValue",
         "elbv2": "ValidationError", "iam": "ValidationError", "logs": "InvalidParameterException",
         "rds": "InvalidParameterValue", "s3": "MalformedXML", "sts": "ValidationError",
         "resourcegroupstaggingapi": "InvalidParameterException"}
#: Java's regular expressions in Python's words.
_JAVA = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{Zs}": r"\s", r"\p{M}": r"\w",
         r"\p{P}": r"!-/:-@\[-`{-~", r"\p{S}": r"$+<->^`|~", r"\p{Print}": r"[\x20-\x7e]", r"[\w-": r"[\w\-",
         r"\uD800\uDC00-\uDBFF\uDFFF": "\U00010000-\U0010ffff"}
SHOWN = 30  # values of an enumeration in an error: there are a thousand types of instances
_NUMBERS = ("integer", "long", "float", "double")


@dataclass(frozen=True)
class Limit:
    """least, most: of a number, or of the length of a string, list or map."""

    least: float | None = None
    most: float | None = None
    pattern: str = ""
    enum: tuple[Any, ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Limit:
        return cls(said.get("min"), said.get("max"), said.get("pattern", ""), tuple(said.get("enum", ())))

    def broken(self, value: Any) -> str:
        """The constraint that it fails, in AWS's words; empty: none."""
        if isinstance(value, bool):
            return ""
        number = isinstance(value, int | float)
        size, what = (value, "value") if number else (len(value), "length")
        if self.least is not None and size < self.least:
            return f"Member must have {what} greater than or equal to {self.least:g}"
        if self.most is not None and size > self.most:
            return f"Member must have {what} less than or equal to {self.most:g}"
        if self.enum and value not in self.enum:
            shown = [*map(str, self.enum[:SHOWN]), *(["..."] if len(self.enum) > SHOWN else [])]
            return f"Member must satisfy enum value set: [{', '.join(shown)}]"
        if self.pattern and not _compiled(self.pattern).fullmatch(value):
            return f"Member must satisfy regular expression pattern: {self.pattern}"
        return ""


@dataclass(frozen=True)
class Rule:
    """What holds of a value and of what is in it. inner: by member; of a list or map, under ""."""

    limits: tuple[Limit, ...] = ()
    inner: Mapping[str, Rule] = field(default_factory=dict)
    secret: bool = False

    def broken(self, value: Any, path: str) -> Iterator[str]:
        for why in filter(None, (limit.broken(value) for limit in self.limits)):
            shown = "at" if self.secret else f"'{value}' at"
            yield f"Value {shown} '{path}' failed to satisfy constraint: {why}"
            return
        for name, rule in self.inner.items():
            if name and name in value:
                yield from rule.broken(value[name], f"{path}.{name}" if path else name)
            elif not name:
                for number, one in enumerate(value.values() if isinstance(value, dict) else value, 1):
                    yield from rule.broken(one, f"{path}.{number}.member")


def check(call: Call) -> None:
    """Raises Refusal: AWS takes no such value."""
    rule = rules(call.service, call.operation)
    wrong = list(rule.broken(call.params, "")) if rule else []
    if wrong:
        errors = "1 validation error" if len(wrong) == 1 else f"{len(wrong)} validation errors"
        raise Refusal(CODES.get(call.service, "ValidationException"), f"{errors} detected: {'; '.join(wrong)}")


@cache
def rules(service: str, operation: str) -> Rule | None:
    """Those of an operation's parameters. None: it takes any."""
    model = get_service_model(service)
    shape = model.operation_model(operation).input_shape if operation in model.operation_names else None
    return _rule(shape, schemas().get(service, {}).get(operation, {}), "", ()) if shape else None


@cache
def schemas() -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]:
    """CloudFormation's: service -> operation -> member, "Tags[].Key" -> limits, named as the service models do."""
    found: dict[str, Any] = json.loads(files("tapctl.emulator").joinpath("limits.json").read_text())
    return found


def _rule(shape: Shape, more: Mapping[str, Mapping[str, Any]], path: str, above: tuple[str, ...]) -> Rule | None:
    if shape.name in above:  # a value that may hold others of its kind
        return None
    parts: Mapping[str, tuple[Shape, str]] = {}
    if isinstance(shape, StructureShape):
        parts = {name: (member, f"{path}.{name}" if path else name) for name, member in shape.members.items()}
    elif isinstance(shape, ListShape):
        parts = {"": (shape.member, f"{path}[]")}
    elif isinstance(shape, MapShape):
        parts = {"": (shape.value, f"{path}{{}}")}
    inner = {name: rule for name, (part, at) in parts.items() if (rule := _rule(part, more, at, (*above, shape.name)))}
    said = (shape.metadata, more.get(path, {})) if limited(shape) else ()
    limits = tuple(limit for limit in map(Limit.of, said) if limit != Limit())
    return Rule(limits, inner, bool(shape.metadata.get("sensitive"))) if limits or inner else None


def limited(shape: Shape) -> bool:
    return shape.type_name in (*_NUMBERS, "string", "list", "map")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in _JAVA.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
