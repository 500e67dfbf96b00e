"""All that there is to try."""

from __future__ import annotations

from collections.abc import Iterator

from faults.credentials import endings
from faults.denied import denials
from faults.network import outages
from faults.rates import weathers
from faults.single import singles
from faults.stopped import stoppings
from tests.conformance.labs import Labs
from trials.trial import Trial


def every(labs: Labs, scale: float) -> Iterator[Trial]:
    yield from singles(labs, scale)
    yield from denials(labs, scale)
    yield from stoppings(labs, scale)
    yield from endings(labs, scale)
    yield from outages(labs, scale)
    yield from weathers(labs, scale)
