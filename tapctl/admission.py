"""Whether an endpoint that isn't this stack's, and serves the VPC, lets the application in, and through what it does.

A VPC can have one only once, and a stack changes nothing that isn't its own: so one that doesn't is an error, before
anything is made. The groups of another stack's are no such case: whoever uses it puts one of its own on it
(endpoint_share.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from tapctl.errors import ConfigurationError
from tapctl.naming import Place
from tapctl.needs import named, to_come
from tapctl.permissions import allowed, denied
from tapctl.resources.security_group import flat, inside, of_port
from tapctl.serving import Serving
from tapctl.settings import Settings

HTTPS = 443
Raw = Mapping[str, Any]  # as EC2 describes it
# the setting without which the stack does without it; others have one of their own name
SETTINGS = {"secretsmanager": "[app] data_access"}


def require(region: str, service: str, endpoint: str, names: Collection[str], groups: Iterable[Raw],
            cidrs: Collection[str], app: str) -> None:
    """names: ids of the endpoint's groups; groups: these, and the application's, whose name is `app`, if it is there;
    cidrs: of the application's subnets.

    Raises ConfigurationError: no rule lets the application in.
    """
    by_id = {group["GroupId"]: group for group in groups}
    ours = {name for name, group in by_id.items() if group["GroupName"] == app}
    if admits([rule for name in names for rule in by_id[name]["IpPermissions"]], cidrs, ours):
        return
    mends = [f"aws ec2 authorize-security-group-ingress --region {region} --group-id {min(names)} --protocol tcp "
             f"--port {HTTPS} --cidr {cidr}" for cidr in cidrs]
    raise ConfigurationError(
        f"{region}: the endpoint {endpoint} for {service} does not let the application in",
        reason=f"it is not tapctl's, and no rule of {', '.join(sorted(names))} allows TCP {HTTPS} from "
               f"{', '.join(cidrs)}",
        mend=f"{'; '.join(mends)}; {without(service)}")


def without(service: str) -> str:
    setting = SETTINGS.get(service, f"[endpoints] {service}")
    return f"or {setting} = false in config.toml, where instances have another way, or need none"


def admits(permissions: Iterable[Raw], cidrs: Collection[str], groups: Collection[str]) -> bool:
    """Whether HTTPS is let in from all of these ranges, or from one of these groups. A prefix list is not looked into,
    and taken to have us."""
    peers = {rule[4] for rule in flat("in", permissions) if of_port(rule, HTTPS)}
    return (any(peer in groups or peer.startswith("pl-") for peer in peers)
            or all(inside(cidr, peers) for cidr in cidrs))


# ---------------------------------------------------------------- policies
def doubts(place: Place, endpoints: Iterable[tuple[str, Serving]], settings: Settings) -> Iterator[str]:
    """A line for each of these, by service, whose policy may refuse what the application does, and may not: who asks
    from where decides, or it does so for a part.

    Raises ConfigurationError: one refuses it for sure.
    """
    region, wanted = place.region, to_come(place, settings)
    for service, it in endpoints:
        needed = wanted.get(service, ())
        if refused := [need for need in needed if denied(it.policy, need)]:
            raise ConfigurationError(
                f"{region}: the policy of endpoint {it.id} for {service} denies the application what it does",
                reason=f"it is not this stack's, and lets nobody call {named(refused)}",
                mend="allow it there; or, to let everybody call everything by it: aws ec2 modify-vpc-endpoint "
                     f"--region {region} --vpc-endpoint-id {it.id} --reset-policy; {without(service)}")
        if unsure := [need for need in needed if not allowed(it.policy, need)]:
            yield (f"{region}: {service}: endpoint {it.id} has a policy of its own, which may refuse {named(unsure)}: "
                   f"aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {it.id} --query "
                   "'VpcEndpoints[0].PolicyDocument' --output text")
