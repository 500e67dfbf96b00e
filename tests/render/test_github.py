"""GitHub Actions: groups, annotations, summary and outputs; and that none of it ends a run."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import pytest
import typer

from tapctl.errors import UsageError
from tapctl.events import Change, Ended, Event, Note, Outputs, Planned, Problem, Started
from tapctl.render import github, renderer
from tapctl.render.github import GitHub, annotation, escaped
from tapctl.render.plain import Plain
from tests.render.said import DB, EAST, RUN, STARTED

APOS = chr(39)
LOST = Planned((Change(DB, "delete", "db", loses="all its data"),), omitted={f"{EAST}/x": "denied"},
               refused={f"{EAST}/y": "no"})


@pytest.fixture(autouse=True)
def actions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    monkeypatch.setenv("GITHUB_OUTPUT", "outputs")


def told(events: Iterable[Event], error: Exception | None = None) -> list[str]:
    stream = io.StringIO()

    def run() -> None:
        with renderer("text", stream) as emit:
            assert isinstance(emit, GitHub)
            for event in events:
                emit(event)
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            run()
    else:
        run()
    return stream.getvalue().splitlines()


def commands(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.startswith("::")]


def test_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert type(renderer("text", io.StringIO())) is Plain


def test_groups_and_annotations() -> None:
    said = told(RUN)
    assert commands(said) == [
        "::group::Plan", "::endgroup::", "::group::Changes", "::endgroup::",
        f"::error title={EAST}/kms_key::✗ {EAST}/kms_key FAILED: AccessDenied: [no]%0A    likely: may not%0A"
        f"    mend: allow it%0A    not done because of it: {EAST}/role",
        f"::error title={EAST}/bucket/logs::✗ {EAST}/bucket/logs FAILED: LimitExceeded",
        "::notice title=tapctl::stays: [a key]", "::group::Outputs", "::endgroup::"]
    assert said.index("::group::Changes") < said.index(next(line for line in said if " creating" in line))
    assert said[-1].endswith("up done in 1 min 01 s: 2 created, 1 deleted")


def test_what_a_plan_warns_of() -> None:
    assert commands(told([LOST])) == [
        "::group::Plan", f"::warning title=Data that is lost::  ✗ database: all its data%0A      {EAST}  db",
        f"::warning title={EAST}/x::denied", f"::error title={EAST}/y::no", "::endgroup::"]


def test_the_summary() -> None:
    told(RUN)
    said = Path("summary.md").read_text()
    assert said.startswith(f"## tapctl up: TapStack/staging\naccount 123456789012, {EAST}, EMULATOR at ")
    assert "✅ **up done in 1 min 01 s: 2 created, 1 deleted**" in said
    assert f"| {EAST} | 1 to create | none |\n" in said
    assert "<details><summary>Plan: 1 to create, 0 to change, 0 to delete.</summary>" in said
    assert f"### Failed\n````text\n✗ {EAST}/kms_key FAILED: AccessDenied: [no]\n" in said
    assert "### Good to know\n````text\nstays: [a key]\n````" in said
    assert f"### Outputs\n````text\n{EAST}\n  table_name              TapStack\n````" in said
    told([STARTED, LOST, Ended("down", 5, 2.0)])
    assert Path("summary.md").read_text().startswith(said)  # those of the step's other commands stay
    assert "❌ **down ended with exit code 5 in 2.0 s**" in Path("summary.md").read_text()
    assert f"| {EAST} | 1 to delete | 1 |\n" in Path("summary.md").read_text()


def test_a_summary_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "MOST", 2)
    told([Planned((), notes=("a ```` b", "c", "d"))])
    assert Path("summary.md").read_text() == (
        "<details><summary>Nothing to do.</summary>\n\n````text\nGood to know\n  a " + APOS * 4 + " b\n"
        "and 3 lines more\n````\n\n</details>\n\n")


def test_an_error_that_ends_the_run() -> None:
    said = told([STARTED], UsageError("no: way", mend="100%, another"))
    assert commands(said) == ["::error title=tapctl::no: way%0Amend: 100%25, another"]
    assert "### Failed\n````text\nno: way\nmend: 100%, another\n````" in Path("summary.md").read_text()


@pytest.mark.parametrize("error", [typer.Exit(4), KeyError("a defect")])
def test_what_else_ends_it_is_no_annotation(error: Exception) -> None:
    assert not commands(told([STARTED], error))
    assert not Path("summary.md").exists()


def test_the_command_that_goes_on_is_in_the_summary() -> None:
    left = typer.Exit(1)
    left.add_note("to go on: tapctl up")
    told(RUN, left)
    assert "LimitExceeded\n````\n\n````text\nto go on: tapctl up\n````\n" in Path("summary.md").read_text()


def test_outputs() -> None:
    values = {EAST: {"bucket_name": "b", "table_name": "t"}}
    told([STARTED, Outputs(values, EAST)])
    assert Path("outputs").read_text().splitlines() == [
        "bucket_name=b", "stack=TapStack/staging", "account=123456789012", "bucket_name_us_east_1=b",
        "table_name_us_east_1=t"]


def test_files_that_are_not_named_or_can_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such")
    monkeypatch.delenv("GITHUB_OUTPUT")
    assert commands(told([STARTED, Planned(()), Outputs({})]))[-1] == (
        "::warning title=GITHUB_STEP_SUMMARY::no/such can't be written: No such file or directory")
    assert not Path("outputs").exists()


def test_what_is_told_is_no_command() -> None:
    """Nor does a message begin one by a new line."""
    assert commands(told([Note("x\n::add-mask::y"), Problem(DB, "x\r\n::stop-commands::y")])) == [
        "::notice title=tapctl::x%0A::add-mask::y",
        f"::error title={DB}::✗ {DB} FAILED: x ::stop-commands::y"]


@pytest.mark.parametrize(("text", "data", "title"), [
    ("100% of\r\na:b,c", "100%25 of%0D%0Aa:b,c", "100%25 of%0D%0Aa%3Ab%2Cc"), ("", "", "")])
def test_escapes(text: str, data: str, title: str) -> None:
    assert (escaped(text), escaped(text, ":,")) == (data, title)
    assert annotation("error", text, text) == f"::error title={title}::{data}"


def test_another_stack_s_heading() -> None:
    told([Started("plan", "T/x", "1", (EAST,), "r"), Planned(())])
    assert Path("summary.md").read_text().startswith(f"## tapctl plan: T/x\naccount 1, {EAST}\n")
