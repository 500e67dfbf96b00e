"""`python -m bench.bound`: how many calls a run with nothing to change has to make, counted on a stack that stands.

The bound is what identifies the account, what facts and listings take, and one read for each aspect that no listing
gives. Printed beside it: how many calls these reads do take.
"""

from __future__ import annotations

import json
from typing import Any

from bench.contestants import ENVIRONMENT
from tapctl import facts, stack
from tapctl.aws import Cloud, connect
from tapctl.credentials import identify
from tapctl.naming import Place
from tapctl.observe import places
from tapctl.settings import load
from tapctl.view import EVERYDAY


def main() -> None:
    settings = load(None, {}, {"env": ENVIRONMENT})
    connections = connect(region=settings.primary)
    calls: list[None] = []

    def count(**_: Any) -> None:
        calls.append(None)

    connections.session.events.register_first("before-send", count)
    account, partition, _ = identify(connections, settings.primary, ())
    identity = len(calls)
    aws = Cloud(Place(settings.project, ENVIRONMENT, settings.owner, account, settings.primary, partition), connections)
    survey = facts.survey(aws, settings)
    asked = len(calls) - identity
    wanted = stack.build(aws.place, survey, settings)
    listings, reads, aspects = 0, 0, 0
    for kind, region in places(EVERYDAY, settings.regions):
        here, before = aws.at(region), len(calls)
        found = list(kind.owned(here))
        listings += len(calls) - before
        for it in found:
            for aspect in wanted[it.key].aspects:
                before = len(calls)
                aspect.read(here, it)
                reads += len(calls) - before
                aspects += len(calls) > before
    print(json.dumps({"identity": identity, "facts": asked, "listings": listings, "aspects": aspects,  # noqa: T201
                      "reads": reads, "bound": identity + asked + listings + aspects}))


if __name__ == "__main__":
    main()
