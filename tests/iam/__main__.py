"""`python -m tests.iam docs/permissions.md`: writes what follows from the calls of a life into the page."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.conformance.lab import Wires
from tests.iam.life import lived
from tests.iam.page import written

if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(written(page.read_text(), lived(Wires())))
