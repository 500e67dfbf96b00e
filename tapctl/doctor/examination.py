"""`tapctl doctor`: all checks, from the credentials on. What can't be checked, because something before it is wrong,
says so."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import ClientError

from tapctl.credentials import NotEnabled
from tapctl.doctor import account, before, offers
from tapctl.doctor.check import Outcome, Unanswered, asked, fine, judged, made, refused, unknown, wrong
from tapctl.errors import Interrupted, TapctlError, UsageError
from tapctl.events import Emit, Finding
from tapctl.explain import as_error
from tapctl.facts import Facts
from tapctl.resources.service_linked_role import ROLES, ServiceLinkedRole
from tapctl.session import Session, Stop, start
from tapctl.settings import Settings
from tapctl.view import View, view

OF_THE_PLAN = ("free plan", "free addresses", "quotas", "names")  # what needs to know what will be made


def examine(settings: Settings, chosen: Sequence[str], emit: Emit, stop: Stop, *, emulated: bool,
            run: str = "") -> list[Finding]:
    """Every finding, the account's first, then region by region. Only reads. run: as start() has it.

    Raises UsageError, Interrupted.
    """
    try:
        session = start("doctor", settings, chosen, emit, stop, emulated=emulated, run=run)
    except Exception as error:  # noqa: BLE001 - understood() raises what is none of the user's
        return stranded(error)
    survey = offers.surveyed(session.aws, settings)
    first = [*account.checks(session), *offers.checks(survey, settings)]
    answers = asked(first)
    found = [judged(check, answers) for check in first]
    nets = offers.networks(survey, answers, settings)
    then = offers.later(session.aws, nets, settings) if nets else []
    answers = asked(then)
    found += [judged(check, answers) for check in then]
    facts = {question.region: answer for question, answer in answers.items() if not isinstance(answer, Unanswered)}
    found += planned(session, facts if facts.keys() == {*settings.regions} else None)
    order = ["", *settings.regions]
    return sorted(found, key=lambda finding: order.index(finding.region))


def understood(error: Exception) -> TapctlError:
    """The error in tapctl's form. Raises it again where it isn't about the account: bad usage, a stop, a defect."""
    known = as_error(error)
    if known is None or isinstance(known, UsageError | Interrupted):
        raise error
    return known


def finding(name: str, outcome: Outcome, region: str = "") -> Finding:
    return Finding(name, region, outcome.result, outcome.seen, outcome.mend)


# ---------------------------------------------------------------- without an account
def stranded(error: Exception) -> list[Finding]:
    """Whose account it is can't be told: that is the problem, unless the region is."""
    found = [finding("account", refused(understood(error)))]
    if isinstance(error, NotEnabled):
        found = [finding("account", fine("AWS accepts the credentials elsewhere")),
                 finding("region", refused(error), error.region)]
    answered = error if isinstance(error, ClientError) else error.__cause__
    if isinstance(answered, ClientError):
        found.append(finding("clock", account.clock(account.skew(answered.response))))
    return [*found, finding("all else", unknown("without an account"))]


# ---------------------------------------------------------------- what needs a plan
def planned(session: Session, facts: Facts | None) -> list[Finding]:
    """What comes of the plan; facts: None where there can be none."""
    if facts is None:
        return [finding(name, unknown("nothing can be planned, for what is said of the regions"))
                for name in ("plan", *OF_THE_PLAN)]
    try:
        seen = view(session, facts=facts)
    except Exception as error:  # noqa: BLE001 - understood() raises what is none of the user's
        return [finding("plan", refused(understood(error))),
                *(finding(name, unknown("nothing can be planned")) for name in OF_THE_PLAN)]
    found = [finding("plan", judgement(seen)), finding("service-linked roles", roles(seen, session.place.region))]
    if not seen.making:
        return [*found, *(finding(name, fine("nothing will be made")) for name in OF_THE_PLAN)]
    return found + made(before.checks(session.aws, seen.making, facts, session.settings))


def judgement(seen: View) -> Outcome:
    """Whether `up` would do all of it."""
    if seen.planned.refused:
        return wrong("; ".join(f"{key}: {why}" for key, why in seen.planned.refused.items()), "resolve what is named")
    left = seen.plan.left_out
    if denied := {unseen.denied for unseen in left.values()} | {*seen.plan.unread.values()}:
        actions = ", ".join(sorted(one.action for one in denied))
        return wrong(f"`up` would leave out {len(left)} resources, and compare others in part: not allowed: {actions}",
                     "allow these actions to whoever runs tapctl")
    created = {change.key for change in seen.planned.changes if change.what == "create"}
    changed = {change.key for change in seen.planned.changes} - created
    return fine(f"{len(created)} to create, {len(changed)} to change")


def roles(seen: View, region: str) -> Outcome:
    """The account's service-linked roles: `up` makes what is missing."""
    denied = seen.world.denied.get((ServiceLinkedRole.kind, region))
    if denied:
        return unknown(f"not allowed: {denied.action}")
    missing = [name for service, name in ROLES.items()
               if f"{region}/{ServiceLinkedRole.kind}/{service}" not in seen.world.found]
    return fine(f"`up` makes {', '.join(missing)} (iam:CreateServiceLinkedRole)" if missing else "there")
