"""A run as one page: a chart by region and resource, made of the lines of its log. It loads nothing from anywhere."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any

from tapctl.events import (
    Ahead,
    Began,
    Broke,
    Called,
    Event,
    Finished,
    Made,
    Planned,
    Problem,
    Retried,
    Started,
    Step,
    Waits,
    Wrote,
)
from tapctl.logbook import KILLED, outcome
from tapctl.render.calls import fails
from tapctl.render.logs import revived
from tapctl.render.plain import duration, problem
from tapctl.runlog import Line

ELSEWHERE = "looks, checks, the lock"  # what the calls are of that are no resource's
ESCAPES = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}  # so that no text ends the script it is in


def page(lines: Iterable[Line]) -> str:
    """lines: of a log, the first and its time included."""
    template = files("tapctl.render").joinpath("timeline.html").read_text("utf-8")
    script = re.search(r"<script>(.*?)</script>", template, re.DOTALL)
    assert script is not None
    policy = b64encode(sha256(script[1].encode()).digest()).decode()
    data = json.dumps(Chart(lines).told(), ensure_ascii=False).translate(ESCAPES)
    return template.replace("{policy}", f"sha256-{policy}", 1).replace("{run}", data, 1)


class Chart:
    """What the page shows. Times are seconds since the run began.

    rows: key -> what happened to a resource. ends: a step's name -> when it came to its end.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self.head, *rest = lines
        self.began = datetime.fromisoformat(self.head["at"])
        self.rows: dict[str, dict[str, Any]] = {}
        self.steps: dict[str, Step] = {}
        self.ends: dict[str, float] = {}
        self.totals: Counter[str] = Counter()
        self.started: Started | None = None
        self.planned = self.ahead = 0.0  # when the first plan was told, and when work began
        self.exit, self.seconds = dict[str, Any](), 0.0
        for line in rest:
            self.seconds = (datetime.fromisoformat(line["at"]) - self.began).total_seconds()
            if line["event"] == "exit":
                self.exit = dict(line)
            elif event := revived(line):
                self.take(event, self.seconds)

    # ---------------------------------------------------------------- what was told
    def row(self, key: str) -> dict[str, Any]:
        region, _, name = key.partition("/")
        return self.rows.setdefault(key, {
            "key": key, "region": region, "name": name or ELSEWHERE, "problem": "", "reads": 0,
            "bars": [], "waits": [], "calls": [], "retries": [], "path": []})

    def take(self, event: Event, at: float) -> None:
        if isinstance(event, Started):
            self.started = event
        elif isinstance(event, Planned):
            self.planned = self.planned or at
        elif isinstance(event, Ahead):
            self.ahead = self.ahead or at
            self.steps |= {step.name: step for step in event.steps}
        elif isinstance(event, Called):
            self.call(event, at)
        elif isinstance(event, Retried):
            self.totals["retries"] += 1
            self.row(event.key or f"{event.region}/")["retries"].append(
                {"at": at, "call": f"{event.service}:{event.operation}", "attempt": event.attempt,
                 "reason": event.reason})
        elif isinstance(event, Began | Made | Wrote | Waits | Finished | Broke | Problem):
            self.happened(event, at)

    def happened(self, event: Began | Made | Wrote | Waits | Finished | Broke | Problem, at: float) -> None:
        """To one resource."""
        its = self.row(event.key)
        if its["waits"] and its["waits"][-1]["to"] is None:
            its["waits"][-1]["to"] = at
        if isinstance(event, Began):
            its["bars"].append({"what": event.what, "from": at, "to": None, "result": "unfinished"})
        elif isinstance(event, Made):
            self.ends[f"{event.key} exists"] = at
        elif isinstance(event, Waits):
            its["waits"].append({"text": event.text, "from": at, "to": None})
        elif isinstance(event, Finished):
            self.over(event.key, at, "done")
        elif isinstance(event, Broke):
            self.over(event.key, at, "failed")
        elif isinstance(event, Problem):
            its["problem"] = "\n".join(problem(event))
            for key in event.blocks:
                self.row(key)["problem"] = f"{key} left out: it needs {event.key}"

    def over(self, key: str, at: float, result: str) -> None:
        for bar in self.row(key)["bars"]:
            if bar["to"] is None:
                bar.update(to=at, result=result)
        for until in "exists", "ready", "gone":
            self.ends.setdefault(f"{key} {until}", at)

    def call(self, event: Called, at: float) -> None:
        its, bad = self.row(event.key or f"{event.region}/"), fails(event.code, event.changes)
        self.totals.update(calls=1, changes=event.changes)
        if event.changes or bad or event.retries:
            its["calls"].append({
                "from": max(0.0, at - event.seconds), "to": at, "call": f"{event.service}:{event.operation}",
                "names": " ".join(event.names.values()), "code": event.code, "fails": bad,
                "retries": list(event.retries), "request": event.request})
        else:
            its["reads"] += 1

    # ---------------------------------------------------------------- what it comes to
    def path(self) -> list[dict[str, Any]]:
        """The chain of steps that the run could not be quicker than: from the last to end, each time to the last of
        those that it needed."""
        chain: list[dict[str, Any]] = []
        last = self.last(self.steps)
        while last:
            step, to = self.steps[last], self.ends[last]
            before = self.last(step.needs)
            since = self.ends[before] if before else start(self.row(step.key))
            chain.append({"key": step.key, "until": step.until, "from": min(since, to), "to": to})
            last = before
        return chain[::-1]

    def last(self, names: Iterable[str]) -> str | None:
        """The step that came to its end last of all."""
        return max((name for name in names if name in self.ends and name in self.steps), key=self.ends.__getitem__,
                   default=None)

    def told(self) -> dict[str, Any]:
        """All of it, as the page's script takes it."""
        path = self.path()
        for part in path:
            self.row(part["key"])["path"].append(part)
        for its in self.rows.values():
            for part in (*its["bars"], *its["waits"]):
                part["to"] = self.seconds if part["to"] is None else part["to"]
            for call in its["calls"]:
                call["passed"] = call["fails"] and well(its)
                call["fails"] &= not call["passed"]
        calls = [call for its in self.rows.values() for call in its["calls"]]
        regions: dict[str, list[Mapping[str, Any]]] = {}
        for its in sorted(self.rows.values(), key=order):
            if its["name"] != ELSEWHERE or its["calls"]:
                regions.setdefault(its["region"], []).append(its)
        code, at = self.exit.get("exit_code"), self.started
        facts = [f"{self.began:%Y-%m-%d %H:%M:%S} UTC", f"run {self.head['run']}", f"tapctl {self.head['tapctl']}"]
        facts += [f"account {at.account}", ", ".join(at.regions)] if at else []
        facts += [f"on {'the emulator' if at.emulated else at.endpoint}: not AWS"] if at and at.endpoint else []
        return {
            "command": self.head["command"], "stack": self.head["stack"], "seconds": self.seconds, "exit_code": code,
            "outcome": KILLED if code is None else outcome(code), "error": self.exit.get("error", []), "facts": facts,
            "from": min((start(its) for its in self.rows.values() if its["bars"]), default=0.0),
            "totals": [["took", duration(self.seconds)],
                       *([["looking", duration(self.planned)]] if self.planned else ()),
                       *([["asking, locking", duration(self.ahead - self.planned)]] if self.ahead else ()),
                       ["resources", sum(bool(its["bars"]) for its in self.rows.values())],
                       ["API calls", self.totals["calls"]], ["that change", self.totals["changes"]],
                       ["failed calls", sum(call["fails"] for call in calls)],
                       ["refused at first", sum(call["passed"] for call in calls)],
                       ["made again", self.totals["retries"]]],
            "path": path, "regions": [{"name": name, "rows": rows} for name, rows in regions.items()]}


def well(its: Mapping[str, Any]) -> bool:
    """Whether a resource came to a good end: then what AWS refused on the way was not possible yet, or not needed."""
    return bool(its["bars"]) and not its["problem"] and all(bar["result"] == "done" for bar in its["bars"])


def start(its: Mapping[str, Any]) -> float:
    """When something began to happen to a resource."""
    return min((float(bar["from"]) for bar in its["bars"]), default=0.0)


def order(its: Mapping[str, Any]) -> tuple[bool, float]:
    """What is no resource's comes last, all else as it began."""
    return its["name"] == ELSEWHERE, start(its)
