"""Whether an interface endpoint that isn't tapctl's, and serves the VPC, lets the application in.

A VPC can have one only once, and tapctl changes nothing that isn't its own: so one that doesn't is an error, before
anything is made. Another stack's is no such case: whoever uses it puts a group of its own on it (endpoint_share.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tapctl.errors import ConfigurationError
from tapctl.resources.security_group import flat, inside, of_port

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
    setting = SETTINGS.get(service, f"[endpoints] {service}")
    mends = [f"aws ec2 authorize-security-group-ingress --region {region} --group-id {min(names)} --protocol tcp "
             f"--port {HTTPS} --cidr {cidr}" for cidr in cidrs]
    raise ConfigurationError(
        f"{region}: the endpoint {endpoint} for {service} does not let the application in",
        reason=f"it is not tapctl's, and no rule of {', '.join(sorted(names))} allows TCP {HTTPS} from "
               f"{', '.join(cidrs)}",
        mend=f"{'; '.join(mends)}; or {setting} = false in config.toml, where instances have another way, or need none")


def admits(permissions: Iterable[Raw], cidrs: Collection[str], groups: Collection[str]) -> bool:
    """Whether HTTPS is let in from all of these ranges, or from one of these groups. A prefix list is not looked into,
    and taken to have us."""
    peers = {rule[4] for rule in flat("in", permissions) if of_port(rule, HTTPS)}
    return (any(peer in groups or peer.startswith("pl-") for peer in peers)
            or all(inside(cidr, peers) for cidr in cidrs))
