"""What the regions offer: VPC, zones, sizes, image. The questions are the survey's own, and so are the judgements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from tapctl.doctor.check import Check, Outcome, Question, Unanswered, fine, warning, wrong
from tapctl.errors import ConfigurationError
from tapctl.facts import Facts, Network, narrow, put_together, questions, reached
from tapctl.model import Aws
from tapctl.network import LEAST_ZONES, cidrs_of, resolves_names
from tapctl.settings import Settings

Asked = Mapping[str, Mapping[str, Question]]  # region -> fact -> what asks for it


def surveyed(aws: Aws, settings: Settings) -> Asked:
    """The survey's questions, of every region."""
    return {region: {name: Question(f"facts {name}", region, call)
                     for name, call in questions(aws.at(region), settings)} for region in settings.regions}


def networks(asked: Asked, answers: Mapping[Question, Any], settings: Settings) -> Facts | None:
    """Pure: the survey's result, but for what can be asked only then; None: it can't be had, or will not do."""
    found = {region: {name: answers[question] for name, question in its.items()} for region, its in asked.items()}
    if any(isinstance(answer, Unanswered) for its in found.values() for answer in its.values()):
        return None
    try:
        return {region: put_together(region, its, settings) for region, its in found.items()}
    except ConfigurationError:
        return None


# ---------------------------------------------------------------- judgements
def vpc(region: str, raw: Mapping[str, Any]) -> Outcome:
    resolves_names(region, raw)
    return fine(f"{raw['VpcId']}, {', '.join(cidrs_of(raw))}")


def network(region: str, settings: Settings, names: tuple[str, ...], *answers: Any) -> Outcome:
    """Enough zones with subnets that will do, and with all that the stack needs in each."""
    net = put_together(region, dict(zip(names, answers, strict=True)), settings)
    return fine(", ".join(net.zones))


def offered(what: str, setting: str, vpc: Any, subnets: Any, where: Any) -> Outcome:
    """where: zones by name, or AWS's offerings, which have a Location."""
    at = {one if isinstance(one, str) else one["Location"] for one in where}
    here = sorted(at & {subnet["AvailabilityZone"] for subnet in subnets if subnet["VpcId"] == vpc["VpcId"]})
    if len(here) < LEAST_ZONES:
        return wrong(
            f"{what} is offered in {', '.join(here) or 'none'} of the VPC's zones, and the stack needs {LEAST_ZONES}",
            f"choose another {setting} under [environments] in config.toml, or another region")
    return fine(f"{what} in {', '.join(here)}")


def certificate(said: str) -> Outcome:
    text, _, mend = said.partition(": ")[2].partition(": ")
    return warning(text, mend) if said else fine("issued, and good for a while")


def services(region: str, settings: Settings, net: Network) -> Outcome:
    """narrow() has refused what is offered nowhere."""
    return fine(", ".join(reached(region, settings)) or "none wanted")


# ---------------------------------------------------------------- the checks
def checks(asked: Asked, settings: Settings) -> Iterator[Check]:
    sizes = settings.sizes
    for region, of in asked.items():
        yield Check("VPC", region, (of["vpc"],), partial(vpc, region))
        for what, setting, where in ((sizes.instance_type, "instance_type", "instances"),
                                     (sizes.database_class, "database_class", "databases")):
            yield Check(setting.replace("_", " "), region, (of["vpc"], of["subnets"], of[where]),
                        partial(offered, what, setting))
        yield Check("image", region, (of["image"],), fine)
        if "warning" in of:
            yield Check("certificate", region, (of["warning"],), certificate)
        yield Check("zones and subnets", region, tuple(of.values()), partial(network, region, settings, tuple(of)))


def later(aws: Aws, nets: Facts, settings: Settings) -> list[Check]:
    """What can be asked only once it is clear where the stack stands. The answers are the facts."""
    return [Check("endpoint services", region,
                  (Question("facts narrowed", region, partial(narrow, aws.at(region), net, settings)),),
                  partial(services, region, settings)) for region, net in nets.items()]
