from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tapctl.emulator.corrections import __main__ as documented

PAGE = Path(__file__).parents[2] / "docs" / "emulator.md"


def test_the_table_in_the_documentation_is_current() -> None:
    assert documented.written(PAGE.read_text()) == PAGE.read_text(), (
        "python -m tapctl.emulator.corrections docs/emulator.md")


def test_the_command_writes_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{documented.BEGIN}\nold\n{documented.END}\nafter\n")
    subprocess.run([sys.executable, "-m", "tapctl.emulator.corrections", str(page)], check=True)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "| rds | CreateDBInstance |" in text
    assert "old" not in text.splitlines()
