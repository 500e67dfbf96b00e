"""Pages for people: their links lead somewhere, and tapctl takes the commands that they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tapctl.errors import Exit
from tests.markdown import anchors, broken, refused, typed, words

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for pattern in ("*.md", "docs/*.md", "examples/**/*.md") for path in ROOT.glob(pattern))
pages = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])


@pages
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


@pages
def test_commands_are_taken(page: Path) -> None:
    assert refused(typed(page.read_text())) == []


def test_the_front_page_fits_on_two_hundred_lines_and_leads_everywhere() -> None:
    front = (ROOT / "README.md").read_text()
    assert len(front.splitlines()) <= 200
    assert [page.name for page in PAGES if page.parent == ROOT / "docs" and f"docs/{page.name}" not in front] == []


def test_the_figures_of_the_comparison_are_the_benchmarks() -> None:
    measured = (ROOT / "docs" / "benchmark.md").read_text()
    told = (ROOT / "docs" / "comparison.md").read_text().partition("## In figures")[2].partition("## Which one")[0]
    dated, = re.findall(r"on (\d{4}-\d\d-\d\d)", told)
    figures = re.findall(r"\d+(?:\.\d+)?", "".join(re.findall(r"^\|.*\|$", told, re.MULTILINE)))
    assert f"Printed by `make bench` on {dated}." in measured
    assert len(figures) > 20
    assert [figure for figure in figures if not re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.])", measured)] == []


@pytest.mark.parametrize("page", ["README.md", "docs/commands.md"])
def test_the_exit_codes_are_all_told(page: str) -> None:
    table = (ROOT / page).read_text().partition("## Exit codes")[2].partition("\n\n|")[2].partition("\n\n")[0]
    codes = [int(code) for row in table.splitlines()[2:] for code in row.split("|")[1].split(",")]
    assert codes == [code.value for code in Exit]


# ---------------------------------------------------------------- the checks check
PAGE = """\
# One `two`: three
Text with `tapctl up --env x` and `tapctl:stack`, and `tapctl upp`.

    tapctl plan --env x --no-such-flag   # tapctl isn't
    06:18:24 tapctl up Shop/demo  account 123456789012
    $ TAPCTL_OWNER=me tapctl outputs --env x | jq .
    eval "$(tapctl local nothing)"

```yaml
- run: tapctl down --env "pr-${{ github.event.number }}" --yes > it && tapctl is not read
```
## Again
## Again
[one](#one-two-three) [two](#again-1) [no](#nowhere) [none](none.md) [web](https://example.com/#x)
"""


def test_commands_are_found_and_refused_where_they_are_wrong(tmp_path: Path) -> None:
    assert [words(line) for line in typed(PAGE)] == [
        ["plan", "--env", "x", "--no-such-flag"], ["outputs", "--env", "x"], ["local", "nothing"],
        ["down", "--env", "pr-7", "--yes"], ["up", "--env", "x"], ["upp"]]
    assert [line.partition(":")[0].split("  ")[0] for line in refused(typed(PAGE))] == [
        "tapctl plan --env x --no-such-flag", 'tapctl local nothing)"', "tapctl upp"]
    assert refused(["--version", "--help", "up --help", "local", "COMMAND --help", "...", "log last --calls"]) == []
    assert len(refused(["--nothing", "outputs --format xml", "diff one", "up --wait soon"])) == 4


def test_links_are_found_and_refused_where_they_are_wrong(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert anchors(PAGE) == {"one-two-three", "again", "again-1"}
    assert broken(page) == ["page.md: #nowhere", "page.md: none.md"]
