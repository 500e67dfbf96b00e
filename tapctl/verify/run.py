"""A run of checks over regions, in parallel. Reads only."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tapctl.observe import WORKERS
from tapctl.reading import Reads
from tapctl.session import Session
from tapctl.verify.check import Check, Outcome, Verdict, verdict
from tapctl.verify.look import Get, Look
from tapctl.verify.web import get as over_the_network


@dataclass(frozen=True)
class Run:
    """stack: "TapStack/production"; verdicts: region by region, in the order of the checks; seconds: it took."""

    stack: str
    account: str
    regions: Sequence[str]
    verdicts: Sequence[Verdict]
    seconds: float = field(default=0.0, compare=False)

    @property
    def counts(self) -> Counter[Outcome]:
        return Counter(one.outcome for one in self.verdicts)

    @property
    def denied(self) -> list[str]:
        """The actions that were refused."""
        return sorted({one.denied for one in self.verdicts if one.denied})


def run(session: Session, checks: Sequence[Check], get: Get = over_the_network, now: datetime | None = None) -> Run:
    """get: how the load balancer is asked; now: by which ages are told, the present unless given.

    Raises botocore's errors, but for refusals to look: those are verdicts.
    """
    began = time.monotonic()
    look = Look(session.aws, session.settings, get, now or datetime.now(UTC))
    jobs = [(check, look.at(region)) for region in session.regions for check in checks
            if check.applies(session.settings, region)]
    with Reads(WORKERS) as pool:
        verdicts = list(pool.map(lambda job: verdict(*job), jobs))
    return Run(session.place.stack, session.place.account, session.regions, verdicts, time.monotonic() - began)
