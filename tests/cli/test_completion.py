from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import sys
from tapctl import cli
try:
    cli.main()
finally:
    print("pydantic" in sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(("typed", "offered"), [
    ("tapctl s", {"status"}),
    ("tapctl local s", {"start", "stop", "status"}),
    ("tapctl up --env production --re", {"--region", "--refresh-ami"}),
    ("tapctl outputs --format g", {"github"}),
])
def test_the_tab_key_is_answered_without_pydantic(typed: str, offered: set[str]) -> None:
    words = {"_TAPCTL_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    answered = subprocess.run((sys.executable, "-c", CODE), env={**os.environ, **words},
                              capture_output=True, text=True, check=True)
    assert set(answered.stdout.split()) == offered
    assert answered.stderr.strip() == "False"
