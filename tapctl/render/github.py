"""In GitHub Actions: plain lines in groups, annotations, a summary of the step, and its outputs.

A file that can't be written, or an error at the end, changes nothing of the run.
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from tapctl.events import (
    Ahead,
    Began,
    Broke,
    Checked,
    Ended,
    Event,
    Finished,
    Made,
    Note,
    Outputs,
    Planned,
    Problem,
    Started,
    Waits,
    Wrote,
)
from tapctl.explain import as_error
from tapctl.outputs import formatted
from tapctl.private import private
from tapctl.render import report
from tapctl.render.plain import Plain, ending, heading, problem, tell, unmarked

#: Which group an event's lines go into; "": none. All others go where the one before went.
PHASES: Mapping[type, str] = {
    Planned: "Plan", Checked: "Checks", Outputs: "Outputs", Started: "", Problem: "", Ended: "",
    **dict.fromkeys((Ahead, Began, Made, Wrote, Waits, Finished, Broke), "Changes")}
MOST = 500  # lines of a plan that a summary shows: it may have 1 MiB
FENCE = "````"


class GitHub(Plain):
    def __init__(self, stream: TextIO, verbose: bool = False) -> None:
        super().__init__(stream, verbose)
        self.phase = ""
        self.heard: dict[type, Event] = {}  # the last of each type
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def __exit__(self, *error: object) -> None:
        known = as_error(error[1]) if isinstance(error[1], Exception) else None
        lines = known.lines() if known else []
        onward = getattr(error[1], "__notes__", [])
        with self.lock:
            self.say([*self.entering(""), *([annotation("error", "tapctl", "\n".join(lines))] if lines else [])])
            if lines or {Planned, Ended} & self.heard.keys():
                self.append("GITHUB_STEP_SUMMARY", "\n".join(self.summary(lines, onward)) + "\n")

    def __call__(self, event: Event) -> None:
        with self.lock:
            self.heard[type(event)] = event
            if isinstance(event, Problem):
                self.problems.append(event)
            if isinstance(event, Note):
                self.notes.append(event.text)
            self.say(self.entering(PHASES.get(type(event), self.phase)))
            tell(self.stream, self.told(event))
            self.say(annotated(event))
            if isinstance(event, Outputs):
                self.append("GITHUB_OUTPUT", formatted(self.described(event), "github", event.bucket_region) + "\n")

    def say(self, commands: Sequence[str] | Iterator[str]) -> None:
        tell(self.stream, "".join(f"{command}\n" for command in commands))

    def entering(self, phase: str) -> list[str]:
        """The commands that end a group and begin another."""
        if phase == self.phase:
            return []
        before, self.phase = self.phase, phase
        return (["::endgroup::"] if before else []) + ([f"::group::{phase}"] if phase else [])

    def append(self, variable: str, text: str) -> None:
        """To the file that the runner names, if it does."""
        path = os.environ.get(variable)
        try:
            if path:
                with open(path, "a", encoding="utf-8", opener=private) as file:
                    file.write(text)
        except OSError as error:
            self.say([annotation("warning", variable, f"{path} can't be written: {error.strerror}")])

    def described(self, event: Outputs) -> dict[str, object]:
        started = self.heard.get(Started)
        assert isinstance(started, Started)
        return {"stack": started.stack, "account": started.account, "regions": event.values}

    # ---------------------------------------------------------------- the summary, in Markdown
    def summary(self, error: Sequence[str], onward: Sequence[str]) -> Iterator[str]:
        started, planned, ended, outputs = (self.heard.get(kind) for kind in (Started, Planned, Ended, Outputs))
        if isinstance(started, Started):
            yield f"## tapctl {started.command}: {started.stack}"
            yield f"{', '.join((f'account {started.account}', *started.regions, *heading(started)[1:]))}\n"
        if isinstance(ended, Ended):
            yield f"{'❌' if ended.exit_code else '✅'} **{ending(ended)}**\n"
        if isinstance(planned, Planned):
            yield from table(planned)
        yield from fenced("Failed", [*error, *(line for its in self.problems for line in problem(its))])
        yield from fenced("", onward)
        yield from fenced("Good to know", self.notes)
        if isinstance(outputs, Outputs):
            yield from fenced("Outputs", unmarked(report.outputs(outputs.values)))


def table(planned: Planned) -> Iterator[str]:
    """A plan: numbers by region, and all of it to be unfolded."""
    lines = unmarked(report.plan(planned))
    if planned.changes:
        yield "| region | to do | data lost |\n|---|---|---|"
        for region, its in report.regions(planned):
            yield f"| {region} | {report.numbers(its)} | {sum(bool(change.loses) for change in its) or 'none'} |"
        yield ""
    more = [f"and {len(lines) - MOST} lines more"] if len(lines) > MOST else []
    yield f"<details><summary>{lines[-1]}</summary>\n"
    yield from fenced("", lines[:MOST] + more)
    yield "</details>\n"


def fenced(title: str, lines: Sequence[str]) -> Iterator[str]:
    """As it stands in the log, whatever is in it."""
    if lines:
        if title:
            yield f"### {title}"
        yield f"{FENCE}text"
        yield from (line.replace(FENCE, "'" * len(FENCE)) for line in lines)
        yield f"{FENCE}\n"


# ---------------------------------------------------------------- annotations
def annotated(event: Event) -> Iterator[str]:
    if isinstance(event, Planned):
        losing = [change for change in event.changes if change.loses]
        if losing:
            yield annotation("warning", "Data that is lost", "\n".join(unmarked(report.lost(losing, 0))[1:]))
        for level, these in (("warning", event.omitted), ("error", event.refused)):
            for why, keys in report.by_value(these).items():
                yield annotation(level, ", ".join(keys), why)
    if isinstance(event, Problem):
        yield annotation("error", event.key, "\n".join(problem(event)))
    if isinstance(event, Note):
        yield annotation("notice", "tapctl", event.text)


def annotation(level: str, title: str, text: str) -> str:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message"""
    return f"::{level} title={escaped(title, ':,')}::{escaped(text)}"


def escaped(text: str, more: str = "") -> str:
    """As the runner's own toolkit does it: data has %, CR and LF written otherwise, a property's value : and , too.

    https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    """
    for one in ("%", "\r", "\n", *more):
        text = text.replace(one, f"%{ord(one):02X}")
    return text
