"""docs/permissions.md, from the calls of a life."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from tests.iam.actions import BESIDES, RARE, needed
from tests.iam.life import Calls
from tests.iam.policies import CHANGING, READING, parted

COMMANDS = (*READING, *CHANGING, "unlock")
MARK = "<!-- {}: {} -->"


def written(text: str, calls: Calls) -> str:
    """The page with everything that follows from the calls in its place."""
    needs = needed(calls)
    parts = {**{name: fenced(policy) for name, policy in parted(needs).items()}, "commands": commands(needs),
             "besides": table(("with", "AWS wants allowed, too"), besides()),
             "rare": table(("action", "command", "when"), rare())}
    for name, part in parts.items():
        begin, end = (MARK.format(name, at) for at in ("begin", "end"))
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{part}\n{end}{rest.partition(end)[2]}"
    return text


def fenced(policy: object) -> str:
    return f"```json\n{json.dumps(policy, indent=2)}\n```"


def table(titles: Collection[str], rows: Iterable[Collection[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (titles, ["---"] * len(titles), *rows))


def code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def commands(needs: Mapping[str, Collection[str]]) -> str:
    """By service, the actions that the same commands need."""
    whose: dict[tuple[str, str], list[str]] = defaultdict(list)
    for action in sorted({action for actions in needs.values() for action in actions}):
        service, _, name = action.partition(":")
        whose[service, ", ".join(command for command in COMMANDS if action in needs[command])].append(name)
    return table(("service", "command", "actions"), (
        (f"`{service}`", its, code(names)) for (service, its), names in sorted(whose.items())))


def besides() -> Iterator[tuple[str, str]]:
    for action, more in sorted(BESIDES.items()):
        yield f"[`{action}`]({more.page})", code(more.actions)


def rare() -> Iterator[tuple[str, str, str]]:
    for action, its in sorted(RARE.items()):
        yield f"`{action}`", ", ".join(its.commands), its.when
