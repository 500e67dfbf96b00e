"""`python -m crashes`."""

from __future__ import annotations

import crashes
from crashes.deaths import deaths
from trials.command import Suite, run

SUITE = Suite("crashes", crashes.__doc__, ("killed", "the call", "then"), deaths)

if __name__ == "__main__":
    run(SUITE)
