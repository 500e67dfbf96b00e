"""A whole stack that stands, and ways to break it: by raw calls, or by what AWS answers to the product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tapctl.model import Found
from tapctl.session import Session, Stop
from tapctl.settings import Settings
from tapctl.verify.check import Check, Outcome, Verdict
from tapctl.verify.checks import CHECKS
from tapctl.verify.look import Answer
from tapctl.verify.run import Run, run
from tests.conformance.lab import Lab

Edit = Callable[[dict[str, Any]], object]  # changes an answer of AWS's in place


def web(url: str, name: str) -> Answer:
    """A load balancer that answers as it should."""
    if url.startswith("https://"):
        assert name == "www.example.com"
        return Answer(200)
    return Answer(301, "https://www.example.com/health") if "us-east-1" in url else Answer(200)


@dataclass
class Here:
    """One region of it. get, later: what the next run asks the load balancer with, and how much later it is."""

    lab: Lab
    region: str
    found: dict[str, Found]  # as all was when it was made, by the key's last parts
    get: Callable[[str, str], Answer] = web
    later: timedelta = field(default_factory=timedelta)

    def __call__(self, service: str) -> Any:
        """A client of the test's own."""
        return self.lab.raw(service, self.region)

    def verify(self, checks: Sequence[Check] = CHECKS, settings: Settings | None = None) -> Run:
        """settings: where they are other than those that it was made by."""
        session = Session(settings or self.lab.settings, self.lab.cloud, [self.region], print, Stop())
        return run(session, checks, self.get, datetime.now(UTC) + self.later)

    def failed(self) -> dict[str, Verdict]:
        return {one.check: one for one in self.verify().verdicts if one.outcome is Outcome.FAILED}

    @contextmanager
    def answered(self, service: str, operation: str, edit: Edit) -> Iterator[None]:
        """Whatever AWS answers to the product goes through `edit` first: for what no call can bring about."""
        client = self.lab.cloud.at(self.region).client(service)
        event = f"after-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"

        def handler(parsed: dict[str, Any], **_: Any) -> None:
            edit(parsed)

        client.meta.events.register(event, handler)
        try:
            yield
        finally:
            client.meta.events.unregister(event, handler)

    @property
    def group(self) -> str:
        return str(self.found["auto_scaling_group"].id)

    @property
    def instances(self) -> list[dict[str, Any]]:
        """The instances, as EC2 describes them."""
        reservations = self("ec2").describe_instances(Filters=[
            {"Name": "tag:aws:autoscaling:groupName", "Values": [self.group]},
            {"Name": "instance-state-name", "Values": ["running"]}])["Reservations"]
        return [one for reservation in reservations for one in reservation["Instances"]]
