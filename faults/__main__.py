"""`python -m faults`."""

from __future__ import annotations

import faults
from faults.every import every
from trials.command import Suite, run

SUITE = Suite("faults", faults.__doc__, ("faults", "what", "in"), every)

if __name__ == "__main__":
    run(SUITE)
