"""Pages for people: their links lead somewhere, and tapctl takes the commands that they show."""

from __future__ import annotations

from pathlib import Path

import pytest

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
