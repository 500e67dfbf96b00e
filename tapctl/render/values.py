"""Values and their differences as people read them: structurally, field by field, never as blobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapctl.model import Hidden, Unknown

LONG = 200  # characters; what is longer is a script or a blob
NAMES = ("Sid", "ID", "Key", "Name", "ResourceType", "DeviceName")  # what tells the members of a list apart


def shown(value: Any) -> str:
    """One value in a line."""
    if isinstance(value, Unknown):
        return f"(known after {value})"
    if value is None or value in ("", (), [], {}, frozenset()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{k}={shown(v)}" for k, v in sorted(value.items()))
    if isinstance(value, frozenset | set):
        return ", ".join(sorted(shown(v) for v in value))
    if isinstance(value, tuple):
        return " ".join(shown(v) for v in value)
    if isinstance(value, list):
        return ", ".join(shown(v) for v in value)
    text = str(value)
    return repr(Hidden(text)) if isinstance(value, Hidden) or len(text) > LONG or "\n" in text else text


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """A nested value as (dotted path, leaf); members of a list of mappings by the name they carry."""
    if isinstance(value, Mapping):
        for name in sorted(value, key=str):
            yield from flat(value[name], f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value and all(isinstance(member, Mapping) for member in value):
        for n, member in enumerate(value):
            naming = next((field for field in NAMES if field in member), None)
            name = member[naming] if naming else n
            yield from flat({k: v for k, v in member.items() if k != naming}, f"{path}[{name}]")
    else:
        yield path, value


def differences(have: Any, want: Any) -> Iterator[tuple[str, str]]:
    """(path, "old -> new") of each field that differs; of a set, what goes and what comes, in a line each."""
    if isinstance(want, Unknown) or have is None:
        yield "", shown(want) if have is None else f"{shown(have)} -> {shown(want)}"
        return
    old, new = dict(flat(have)), dict(flat(want))
    for path in sorted({*old, *new}):
        a, b = old.get(path), new.get(path)
        if a == b:
            continue
        if isinstance(a, frozenset) and isinstance(b, frozenset):
            yield from ((path, f"- {shown(member)}") for member in sorted(a - b, key=shown))
            yield from ((path, f"+ {shown(member)}") for member in sorted(b - a, key=shown))
        else:
            yield path, f"{shown(a)} -> {shown(b)}"
