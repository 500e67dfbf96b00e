"""Values and their differences as people read them: structurally, field by field, never as blobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tapctl.model import Hidden, Unknown

LONG = 200  # characters; what is longer is a script or a blob
NAMES = ("Sid", "ID", "Key", "Name", "ResourceType", "DeviceName")  # what tells the members of a list apart
EMPTY: tuple[Any, ...] = (None, "", (), [], {}, frozenset())
ELEMENTS = {"Action": "", "NotAction": "all but ", "Resource": "on ", "NotResource": "on all but ", "Principal": "for ",
            "NotPrincipal": "for all but ", "Condition": "if "}
ADDED, GONE, OTHER = "+", "-", "~"


class Difference(NamedTuple):
    """mark: ADDED, GONE, or OTHER; path: of the field, dotted; text: the member, or "old -> new"."""

    mark: str
    path: str
    text: str


def shown(value: Any) -> str:
    """One value in a line."""
    if isinstance(value, Unknown):
        return f"(known after {value})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in EMPTY:
        return "none"
    if isinstance(value, Mapping):
        return statement(value) if "Effect" in value else ", ".join(
            f"{path}={shown(v)}" if path else shown(v) for path, v in flat(value))
    if isinstance(value, frozenset | set):
        return ", ".join(sorted(shown(v) for v in value))
    if type(value) is tuple:
        return " ".join(shown(v) for v in value)
    if isinstance(value, list):
        return ", ".join(shown(v) for v in value)
    text = str(value)
    return repr(Hidden(text)) if isinstance(value, Hidden) or len(text) > LONG or "\n" in text else text


def statement(of: Mapping[str, Any]) -> str:
    """A statement of a policy: "Logs: Allow kms:Decrypt on * for Service=logs.amazonaws.com if ...".

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
    """
    effect = f"{of['Sid']}: {of['Effect']}" if "Sid" in of else str(of["Effect"])
    return " ".join((effect, *(word + shown(of[element]) for element, word in ELEMENTS.items() if element in of)))


def flat(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """A nested mapping as (dotted path, leaf). A list of names and values, such as tags, is a mapping too."""
    for name in sorted(value, key=str):
        inner = value[name]
        if of_mappings(inner) and all({*member} == {"Key", "Value"} for member in inner):
            inner = {member["Key"]: member["Value"] for member in inner}
        if isinstance(inner, Mapping) and inner and "Effect" not in inner:
            yield from flat(inner, joined(path, str(name)))
        else:
            yield joined(path, str(name)), inner


def joined(path: str, name: str) -> str:
    """Where in a document the statements are goes without saying."""
    return ".".join(part for part in (path, "" if name == "Statement" else name) if part)


def of_mappings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(member, Mapping) for member in value)


def differences(have: Any, want: Any, path: str = "") -> Iterator[Difference]:
    """What differs, field by field; of lists and sets, what goes and what comes."""
    if have == want:
        return
    if isinstance(want, Unknown):
        plain = not isinstance(have, Mapping | list | frozenset | Unknown)
        yield Difference(OTHER, path, f"{shown(have)} -> {shown(want)}" if plain else shown(want))
    elif isinstance(have, Mapping) and isinstance(want, Mapping):
        for name in sorted({*have, *want}, key=str):
            yield from differences(have.get(name), want.get(name), joined(path, str(name)))
    elif of_mappings(have) and of_mappings(want):
        yield from members(have, want, path)
    elif structured(have, want) or structured(want, have):
        old, new = parts(have), parts(want)
        yield from (Difference(GONE, path, text) for text in old if text not in new)
        yield from (Difference(ADDED, path, text) for text in new if text not in old)
        if {*old} == {*new}:
            yield Difference(OTHER, path, f"{shown(have)} -> {shown(want)}")
    else:
        yield Difference(OTHER, path, f"{shown(have)} -> {shown(want)}")


def structured(one: Any, other: Any) -> bool:
    """Whether one has parts of which the other may have some: nothing, a part alone, or such parts."""
    if isinstance(one, Mapping):
        return other in EMPTY
    return isinstance(one, list | frozenset) and (isinstance(other, str | list | frozenset) or other in EMPTY)


def parts(value: Any) -> Sequence[str]:
    """What it consists of, in a line each: a policy of statements, a list or set of its members."""
    if value in EMPTY:
        return []
    if isinstance(value, Mapping) and "Statement" in value:
        return parts(value["Statement"])
    if of_mappings(value):
        return [unit(member) for member in value]
    if isinstance(value, list):
        return [shown(member) for member in value]
    return sorted(map(shown, value)) if isinstance(value, frozenset) else [shown(value)]


def unit(member: Mapping[str, Any]) -> str:
    """A member of a list, after its name if it has one."""
    name = naming(member)
    if name is None or "Effect" in member:
        return shown(member)
    return f"{member[name]}: {shown({k: v for k, v in member.items() if k != name})}"


def naming(member: Mapping[str, Any]) -> str | None:
    """The field that names it."""
    return next((field for field in NAMES if field in member), None)


def members(have: list[Any], want: list[Any], path: str) -> Iterator[Difference]:
    """Of two lists of mappings: those of one name are compared, and one without a name that is left over on each side;
    all others go or come."""
    old, new = ({member[name]: member for member in its if (name := naming(member))} for its in (have, want))
    for name in sorted({*old} & {*new}):
        yield from differences(old[name], new[name], f"{path}[{name}]")
    gone = [one for one in have if one not in want and one.get(naming(one)) not in new]
    come = [one for one in want if one not in have and one.get(naming(one)) not in old]
    if len(gone) == len(come) == 1 and not naming(gone[0]) and not naming(come[0]):
        yield from differences(gone[0], come[0], f"{path}[{want.index(come[0])}]" if len(want) > 1 else path)
        return
    yield from (Difference(GONE, path, unit(one)) for one in gone)
    yield from (Difference(ADDED, path, unit(one)) for one in come)
