"""What a line of `--output json` is: its JSON schema and the page about it, made from the event types.

    python -m tapctl.render.schema docs     writes docs/events.schema.json and docs/events.md
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from tapctl.events import Event
from tapctl.render.jsonl import VERSION

Schema = dict[str, Any]
TYPES: tuple[type, ...] = get_args(Event)
HEAD = {"version": {"const": VERSION}, "at": {"type": "string", "format": "date-time"}}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
NOISE = ("title", "default")  # of a field: its name once more, and what is written all the same
PAGE = f"""# `--output json`

On `up`, `plan` and `down`, `--output json` prints one JSON object a line on stdout, each as soon as it happens. What a
person has to be told besides, an error above all, goes to stderr as text; the exit code is as ever.

Every line has `version` ({VERSION}), `at` (when it was told, ISO 8601 in UTC) and `event`, and then the fields of that
event, all of them, always. `version` is raised where a reader could stumble; new events and fields don't raise it.
[events.schema.json](events.schema.json) is the JSON schema of a line. A value that isn't known before something else
stands is `{{"unknown_until": KEY}}`; scripts and other long texts are told by their length and hash.

    tapctl up --env staging --yes --output json | jq -r 'select(.event == "problem") | .key + ": " + .message'

This page and the schema are made from the types by `python -m tapctl.render.schema docs`.
"""


def schema() -> Schema:
    """Of one line."""
    _, made = TypeAdapter.json_schemas([(kind, "serialization", TypeAdapter(kind)) for kind in TYPES])
    parts: dict[str, Schema] = made["$defs"]
    for kind in TYPES:
        its = parts[kind.__name__]
        its["properties"] = {**HEAD, "event": {"const": kind.__name__.lower()}, **its.get("properties", {})}
        its["description"] = cleandoc(kind.__doc__ or "")
    for its in parts.values():
        its.pop("title")
        if "properties" in its:
            fields = its["properties"] = {name: {word: said for word, said in of.items() if word not in NOISE}
                                          for name, of in its["properties"].items()}
            its |= {"required": list(fields), "additionalProperties": False}
    return {"$schema": DIALECT, "title": "One line of tapctl's --output json",
            "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in TYPES], "$defs": parts}


# ---------------------------------------------------------------- the page
def page(of: Schema) -> str:
    """In Markdown: events first, then what they are made of."""
    parts = of["$defs"]
    events = [kind.__name__ for kind in TYPES]
    lines = [PAGE]
    for name in events:
        lines += [f"## `{name.lower()}`\n", *described(parts[name], (*HEAD, "event"))]
    lines.append("## Parts\n")
    for name in sorted(parts.keys() - {*events}):
        lines += [f"### {name}\n", *described(parts[name], ())]
    return "\n".join(lines)


def described(its: Schema, without: tuple[str, ...]) -> Iterator[str]:
    yield named(its["description"], its.get("properties", {})) + "\n"
    if "enum" in its:
        yield ", ".join(f"`{one}`" for one in its["enum"]) + "\n"
    fields = {name: of for name, of in its.get("properties", {}).items() if name not in without}
    if fields:
        yield "| field | type |\n|---|---|"
        yield from (f"| `{name}` | {kind(of)} |" for name, of in fields.items())
        yield ""


def named(text: str, fields: Collection[str]) -> str:
    """With the fields that it tells of ("have, want: ...") as code."""

    def coded(found: re.Match[str]) -> str:
        names = found[0].split(", ")
        return ", ".join(f"`{name}`" for name in names) if {*names} <= {*fields} else found[0]

    return re.sub(r"\b\w+(, \w+)*(?=: )", coded, text)


def kind(of: Mapping[str, Any]) -> str:
    """A type in words."""
    if "$ref" in of:
        return str(of["$ref"]).rpartition("/")[2]
    if "items" in of:
        return f"list of {kind(of['items'])}"
    if of.get("type") == "object":
        its = of.get("additionalProperties")
        return f"object of {kind(its) if isinstance(its, Mapping) else 'any'}"
    return str(of.get("type", "any"))


def main() -> None:
    """Write both into the directory that is named."""
    made, folder = schema(), Path(sys.argv[1])
    (folder / "events.schema.json").write_text(json.dumps(made, indent=2) + "\n")
    (folder / "events.md").write_text(page(made))


if __name__ == "__main__":
    main()
