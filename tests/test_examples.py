"""The examples for GitHub Actions: they parse, and keep to what docs/ci.md says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.markdown import parse, refused, words

EXAMPLES = Path(__file__).parents[1] / "examples" / "github-actions"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(EXAMPLES.glob("*.yml"))}
workflows = pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=list(WORKFLOWS))
#: What a stranger can choose, and so must not be pasted into a script.
CHOSEN = re.compile(r"\$\{\{(?!\s*(?:github\.event\.pull_request\.number|matrix\.number|steps\.stack\.outputs\.)).*?}}")


def steps(workflow: Any) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def commands(workflow: Any) -> list[str]:
    """The lines of all scripts that run tapctl, from behind its name."""
    return [line.strip().removeprefix("tapctl ") for step in steps(workflow)
            for line in step.get("run", "").splitlines() if line.strip().startswith("tapctl ")]


def test_there_are_three() -> None:
    assert list(WORKFLOWS) == ["stack-down", "stack-sweep", "stack-up"]
    assert WORKFLOWS["stack-up"][True]["pull_request"]["types"] == ["opened", "reopened", "synchronize"]
    assert WORKFLOWS["stack-down"][True] == {"pull_request_target": {"types": ["closed"]}}
    assert "schedule" in WORKFLOWS["stack-sweep"][True]


@workflows
def test_every_command_is_taken(workflow: Any) -> None:
    assert commands(workflow)
    assert refused(commands(workflow)) == []


@workflows
def test_it_may_do_no_more_than_it_needs(workflow: Any) -> None:
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert {"contents": "read", "id-token": "write"}.items() <= job["permissions"].items()
        assert job["permissions"].keys() <= {"contents", "id-token", "pull-requests"}
        assert job["permissions"].get("pull-requests", "read") == "read"
        assert job["timeout-minutes"] <= 90
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]) for step in steps(workflow) if "uses" in step)
    assert not [step for step in steps(workflow) if CHOSEN.search(step.get("run", ""))]


@workflows
def test_one_run_at_a_time_changes_a_stack_and_none_is_cancelled(workflow: Any) -> None:
    changing = [job for job in workflow["jobs"].values() if any(
        parse(words(line)) in ("tapctl up", "tapctl down") for line in commands({"jobs": {"": job}}))]
    assert changing
    for job in changing:
        its = job.get("concurrency") or workflow["concurrency"]
        assert re.fullmatch(r"stack-pr-\$\{\{ (github\.event\.pull_request|matrix)\.number }}", its["group"])
        assert its["cancel-in-progress"] is False


def test_a_teardown_asks_nobody_proves_itself_and_keeps_what_it_wrote() -> None:
    for workflow in WORKFLOWS["stack-down"], WORKFLOWS["stack-sweep"]:
        removing = [words(line) for line in commands(workflow) if line.startswith("down ")]
        assert removing
        assert all({"--yes", "--wait", "--certificate"} <= {*line} for line in removing)
        kept = steps(workflow)[-1]
        assert (kept["if"], kept["uses"].partition("@")[0]) == ("always()", "actions/upload-artifact")
        assert "certificate.json" in kept["with"]["path"]
    assert all("always()" in step["if"] for step in steps(WORKFLOWS["stack-down"])
               if step.get("run", "").startswith("tapctl"))
    assert all(job["environment"] == "pull-requests-teardown" for name in ("stack-down", "stack-sweep")
               for job in WORKFLOWS[name]["jobs"].values())
