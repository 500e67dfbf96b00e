"""What is checked before a plan is carried out: that there is room for what it will make, and that its names are free.

Only what the view has not settled: whoever could look at the whole stack has credentials, an account, regions, VPCs
and a clock that will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tapctl.doctor import addresses, free_plan, names, quotas
from tapctl.doctor.account import lifetime
from tapctl.doctor.check import Check, made
from tapctl.errors import ConfigurationError
from tapctl.events import Checked, Finding, Result
from tapctl.facts import Facts
from tapctl.model import Aws, Resource
from tapctl.naming import home
from tapctl.session import Session
from tapctl.settings import Settings


def checks(aws: Aws, making: list[Resource], facts: Facts, settings: Settings) -> Iterator[Check]:
    """All that depends on what will be made."""
    yield from free_plan.checks(aws, making, settings)
    yield from addresses.checks(making, facts)
    yield from quotas.checks(aws, aws.at(home(aws.place.partition)), making, facts, settings)
    yield from names.checks(aws, making)


def preflight(session: Session, making: list[Resource], facts: Facts) -> None:
    """Check it and tell. Raises ConfigurationError: it would fail."""
    credentials = session.aws.connections.session.get_credentials()
    findings = made([Check("credentials", "", (), partial(lifetime, credentials)),
                     *checks(session.aws, making, facts, session.settings)])
    session.emit(Checked(tuple(findings)))
    problems = [finding for finding in findings if finding.result is Result.PROBLEM]
    if problems:
        raise ConfigurationError("nothing was changed, because it would not succeed",
                                 reason="; ".join(map(told, problems)),
                                 mend="mend what is named, then run `tapctl up` again; `tapctl doctor` checks it too")


def told(finding: Finding) -> str:
    return f"{finding.region or 'account'}: {finding.check}: {finding.seen}"
