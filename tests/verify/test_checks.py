"""The table of checks, the choice among them, and the page that lists them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tapctl.errors import UsageError
from tapctl.verify import __main__ as documented
from tapctl.verify.checks import CHECKS, chosen

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"


def names(only: list[str], skip: list[str]) -> list[str]:
    return [check.name for check in chosen(only, skip)]


def test_names_are_unique_and_none_is_the_family_of_another() -> None:
    all_names = [check.name for check in CHECKS]
    assert len(set(all_names)) == len(all_names)
    assert not [(a, b) for a in all_names for b in all_names if b.startswith(f"{a}.")]
    assert all(check.about.endswith(".") and check.mend for check in CHECKS)


def test_a_choice() -> None:
    assert chosen([], []) == CHECKS
    assert names(["reachability.database"], []) == ["reachability.database"]
    assert names(["tags", "replication.lag"], []) == ["replication.lag", "tags.resources", "tags.launched"]
    assert {name.split(".")[0] for name in names(["reachability"], [])} == {"reachability"}
    assert names(["reachability"], ["reachability.closed", "reachability.peers"]) == [
        f"reachability.{name}" for name in ("load-balancer", "application", "targets", "database", "endpoints")]
    assert {check.name for check in CHECKS} - set(names([], ["http"])) == {"http.health", "http.redirect"}


@pytest.mark.parametrize(("only", "skip", "message", "mend"), [
    (["reachabilty"], [], "--only reachabilty is no check", "did you mean reachability?"),
    (["tags", "role.trusts"], [], "--only role.trusts is no check", "did you mean role.trust?"),
    ([], ["htp"], "--skip htp is no check", "did you mean http?"),
    (["reach"], [], "--only reach is no check", "did you mean"),
    (["tags."], [], "--only tags. is no check", "did you mean tags?"),
    (["tags"], ["tags"], "no check is left", "leave one of them out"),
])
def test_a_wrong_choice(only: list[str], skip: list[str], message: str, mend: str) -> None:
    with pytest.raises(UsageError) as raised:
        chosen(only, skip)
    assert raised.value.message == message
    assert mend in raised.value.mend


# ---------------------------------------------------------------- the page
def test_the_table_in_the_documentation_is_current() -> None:
    assert documented.written(PAGE.read_text()) == PAGE.read_text(), "python -m tapctl.verify docs/verify.md"


def test_the_command_writes_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{documented.BEGIN}\nold\n{documented.END}\nafter\n")
    subprocess.run([sys.executable, "-m", "tapctl.verify", str(page)], check=True)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "| `reachability.database` | " in text
    assert "old" not in text.splitlines()
