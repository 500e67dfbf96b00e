"""The load balancer's listeners: HTTP, and with a certificate HTTPS, to which HTTP then redirects.

A listener has no name. It is ours by its tags, and because it stands on the load balancer of our name, on the port
that its key says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tapctl.model import Aspect, Aws, Found, Gone, Out, Ref, Resource
from tapctl.naming import tag_list
from tapctl.resources.load_balancer import TAGS, named, require_free, seen, tagged
from tapctl.waiting import absent

PORTS = {"http": 80, "https": 443}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
# The recommended policy; where AWS doesn't have it yet, the one before. Which of them, facts.py has asked.
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
OLDER_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
TO_HTTPS = {"Type": "redirect", "RedirectConfig": {
    "Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}",
    "StatusCode": "HTTP_301"}}


def tls_policy(aws: Aws) -> str:
    """The newest of the policies above that AWS has in this region."""
    answer = absent(lambda: aws.client("elbv2").describe_ssl_policies(Names=[TLS_POLICY]), "SSLPolicyNotFound")
    return TLS_POLICY if answer and answer["SslPolicies"] else OLDER_TLS_POLICY


# ---------------------------------------------------------------- aspects
def want_settings(r: Listener, out: Out) -> dict[str, Any]:
    """As CreateListener and ModifyListener take it."""
    action = TO_HTTPS if r.redirect_to else {"Type": "forward", "TargetGroupArn": out(r.targets).id}
    want: dict[str, Any] = {"Port": PORTS[r.purpose], "Protocol": r.purpose.upper(), "DefaultActions": [action]}
    if r.certificate:
        want |= {"Certificates": [{"CertificateArn": r.certificate}], "SslPolicy": r.tls_policy}
    return want


def read_settings(aws: Aws, it: Found) -> dict[str, Any]:
    raw = it.raw
    have: dict[str, Any] = {"Port": raw["Port"], "Protocol": raw["Protocol"],
                            "DefaultActions": [_action(action) for action in raw["DefaultActions"]]}
    if raw["Protocol"] == "HTTPS":
        have |= {"Certificates": [{"CertificateArn": c["CertificateArn"]} for c in raw["Certificates"]],
                 "SslPolicy": raw["SslPolicy"]}
    return have


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    """Without what AWS adds: the same target once more as a ForwardConfig, the order of a single action."""
    return {name: action[name] for name in ("Type", "TargetGroupArn", "RedirectConfig") if name in action}


def put_settings(aws: Aws, it: Found, have: dict[str, Any], want: dict[str, Any]) -> None:
    aws.client("elbv2").modify_listener(ListenerArn=it.id, **want)


SETTINGS = Aspect("settings", want_settings, read_settings, put_settings)


# ---------------------------------------------------------------- the listener
@dataclass(frozen=True)
class Listener(Resource):
    """purpose: "http" or "https"; redirect_to: the HTTPS listener, which is there before HTTP sends anybody to it;
    certificate: its ARN, with HTTPS only; tls_policy: see tls_policy()."""

    purpose: str
    balancer: Ref
    targets: Ref
    redirect_to: Ref | None = None
    certificate: str = ""
    tls_policy: str = ""
    kind: ClassVar[str] = "listener"
    uses: ClassVar[frozenset[str]] = frozenset({"load_balancer", "target_group"})
    aspects: ClassVar[tuple[Aspect[Listener, Any], ...]] = (TAGS, SETTINGS)

    @property
    def role(self) -> str:
        return self.purpose

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        raws = [raw for balancer in named(aws) for raw in _of(aws, balancer["LoadBalancerArn"])]
        ports = {f"{aws.place.region}/{cls.kind}/{purpose}": port for purpose, port in PORTS.items()}
        return (it for it in tagged(aws, raws, "ListenerArn") if it.raw["Port"] == ports.get(it.key))

    def create(self, aws: Aws, out: Out) -> Found:
        balancer, port = out(self.balancer).id, PORTS[self.purpose]
        require_free(aws, [raw for raw in _of(aws, balancer) if raw["Port"] == port], "ListenerArn")
        raw = seen(lambda: aws.client("elbv2").create_listener(
            LoadBalancerArn=balancer, Tags=tag_list(self.tags), **want_settings(self, out),
        ))["Listeners"][0]
        return Found(self.key, raw["ListenerArn"], raw, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        absent(lambda: aws.client("elbv2").delete_listener(ListenerArn=it.id), "ListenerNotFound")
        return Gone.NOW


def _of(aws: Aws, balancer: str) -> list[dict[str, Any]]:
    answer = absent(lambda: aws.client("elbv2").describe_listeners(LoadBalancerArn=balancer), "LoadBalancerNotFound")
    return list(answer["Listeners"]) if answer else []
