"""What a standing stack has to say to what is built on it: names, addresses and ARNs under keys that stay stable."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tapctl.model import Found
from tapctl.resources.peering import Peering

# output -> (kind and role, how to read it from what AWS answers)
OUTPUTS: Mapping[str, tuple[str, Callable[[Found], Any]]] = {
    "load_balancer_dns_name": ("load_balancer", lambda it: it.raw["DNSName"]),
    "load_balancer_arn": ("load_balancer", lambda it: it.id),
    "target_group_arn": ("target_group", lambda it: it.id),
    "auto_scaling_group_name": ("auto_scaling_group", lambda it: it.id),
    "launch_template_id": ("launch_template", lambda it: it.id),
    "bucket_name": ("bucket/logs", lambda it: it.id),
    "access_log_bucket_name": ("bucket/alb-logs", lambda it: it.id),
    "table_name": ("table", lambda it: it.raw["TableName"]),
    "table_arn": ("table", lambda it: it.raw["TableArn"]),
    "database_address": ("database", lambda it: it.raw.get("Endpoint", {}).get("Address")),
    "database_port": ("database", lambda it: it.raw.get("Endpoint", {}).get("Port")),
    "database_arn": ("database", lambda it: it.id),
    "database_secret_arn": ("secret/database", lambda it: it.id),
    "kms_key_arn": ("kms_key", lambda it: it.id),
    "log_group_name": ("log_group", lambda it: it.raw["logGroupName"]),
    "role_arn": ("role", lambda it: it.raw["Arn"]),
    "security_group_app_id": ("security_group/app", lambda it: it.id),
    "security_group_alb_id": ("security_group/alb", lambda it: it.id),
    "security_group_rds_id": ("security_group/rds", lambda it: it.id),
}
PEERING = "peering_connection_id_"  # and the other region, in the one that asks for it: the first of the two by name


def collect(stack: str, account: str, regions: Sequence[str], found: Mapping[str, Found]) -> dict[str, Any]:
    """All outputs of what stands, region by region; what doesn't stand is left out."""
    return {"stack": stack, "account": account, "regions": {region: _of(region, found) for region in regions}}


def _of(region: str, found: Mapping[str, Found]) -> dict[str, Any]:
    values = {name: read(found[f"{region}/{what}"]) for name, (what, read) in OUTPUTS.items()
              if f"{region}/{what}" in found}
    ways = f"{region}/{Peering.kind}/"
    values |= {PEERING + key.removeprefix(ways).replace("-", "_"): found[key].id
               for key in sorted(found) if key.startswith(ways)}
    return {name: value for name, value in values.items() if value is not None}


def flat(outputs: Mapping[str, Any], bucket_region: str) -> dict[str, str]:
    """One object of strings: `<output>_<region>`, underscores throughout; first the bucket of `bucket_region`."""
    regions = outputs["regions"]
    named = {f"{name}_{region}".replace("-", "_"): str(value)
             for region, values in regions.items() for name, value in values.items()}
    bucket = regions.get(bucket_region, {}).get("bucket_name")
    first = {"bucket_name": str(bucket)} if bucket else {}
    return {**first, "stack": outputs["stack"], "account": outputs["account"], **named}


def formatted(outputs: Mapping[str, Any], form: str, bucket_region: str) -> str:
    """As text. form: "json", "flat", "env" (for a shell to source) or "github" (for $GITHUB_OUTPUT)."""
    if form == "json":
        return json.dumps(outputs, indent=2)
    strings = flat(outputs, bucket_region)
    if form == "flat":
        return json.dumps(strings, indent=2)
    if form == "env":
        return "\n".join(f"{name.upper()}={shlex.quote(value)}" for name, value in strings.items())
    return "\n".join(f"{name}={value}" for name, value in strings.items())
