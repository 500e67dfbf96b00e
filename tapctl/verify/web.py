"""What the load balancer answers, asked over the network; and TLS at its door."""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from tapctl.aws import SUFFIXES
from tapctl.certificate import SOON, judged
from tapctl.errors import ConfigurationError
from tapctl.resources.listener import Listener
from tapctl.resources.load_balancer import LoadBalancer
from tapctl.settings import Settings
from tapctl.verify.check import Check
from tapctl.verify.look import Answer, Look
from tapctl.verify.seen import Missing, Saw, Unchecked, saw
from tapctl.waiting import absent

SECONDS = 5.0  # for the connection, and again for each part of the answer
MODERN = frozenset({"TLSv1.2", "TLSv1.3"})


class Unconnected(OSError):
    """No connection came about: that tells of the network in between, not of the load balancer."""


def get(url: str, name: str) -> Answer:
    """A GET, redirects not followed, certificates checked against `name`, which the request is for.

    Raises Unconnected, and OSError for what goes wrong on a connection that stands.
    """
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80),
                                timeout=SECONDS)
    try:
        connection.connect()
    except OSError as error:
        raise Unconnected(str(error)) from error
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=name)
        connection.request("GET", parts.path, headers={"Host": name, "User-Agent": "tapctl-verify"})
        response = connection.getresponse()
        return Answer(response.status, response.getheader("Location", ""))
    except HTTPException as error:
        raise OSError(f"this is no HTTP: {type(error).__name__} {error}") from error
    finally:
        connection.close()


# ---------------------------------------------------------------- over the network
def dns_name(look: Look) -> str:
    """Raises Unchecked: what answers for AWS is not AWS, so its load balancer's name leads nowhere."""
    endpoint = str(look.aws.client("elbv2").meta.endpoint_url)
    if not (urlsplit(endpoint).hostname or "").endswith(SUFFIXES):
        raise Unchecked(f"the load balancer is that of {endpoint}, which is not AWS: its name leads nowhere")
    return str(look.one(LoadBalancer).raw["DNSName"])


def asked(look: Look, url: str, name: str) -> Answer | str:
    """The answer, or what went wrong in its stead. Raises Unchecked: no connection comes about from here."""
    try:
        return look.get(url, name)
    except Unconnected as error:
        raise Unchecked(f"{url} can't be reached from here: {error}") from error
    except OSError as error:
        return f"{url}: {error}"


def health(look: Look) -> Saw:
    """With a certificate by HTTPS, under the name that it was issued for."""
    host, name = dns_name(look), ""
    if look.certificate:
        name = issued_for(look)
    url = f"{'https' if name else 'http'}://{host}{look.settings.app.health_path}"
    answer = asked(look, url, name or host)
    if isinstance(answer, str):
        return saw(answer, [answer])
    return saw(f"GET {url}: {answer.status}", [] if answer.status == 200 else [f"GET {url}: {answer.status}, not 200"])


def described(look: Look) -> dict[str, Any] | None:
    """The region's certificate, as ACM has it; None: it isn't there."""
    def ask() -> dict[str, Any] | None:
        acm = look.aws.client("acm")
        answer = absent(lambda: acm.describe_certificate(CertificateArn=look.certificate), "ResourceNotFoundException")
        return answer["Certificate"] if answer else None

    found: dict[str, Any] | None = look.memo((look.place.region, look.certificate), ask)
    return found


def issued_for(look: Look) -> str:
    """A name that the region's certificate covers. Raises Missing."""
    raw = described(look)
    if raw is None:
        raise Missing(f"there is no certificate {look.certificate}")
    return str(raw["DomainName"]).replace("*", "www")


def sent_on(look: Look) -> Saw:
    host = dns_name(look)
    url = f"http://{host}{look.settings.app.health_path}"
    answer = asked(look, url, host)
    if isinstance(answer, str):
        return saw(answer, [answer])
    right = answer.status == 301 and answer.location.startswith("https://")
    told = f"GET {url}: {answer.status} {answer.location}".strip()
    return saw(told, [] if right else [f"{told}, not 301 to https"])


# ---------------------------------------------------------------- TLS, as the listeners have it
def has_certificate(settings: Settings, region: str) -> bool:
    return region in settings.certificate_arns


def tls_policy(look: Look) -> Saw:
    listener = look.one(Listener, "https").raw
    policy, arns = listener["SslPolicy"], [one["CertificateArn"] for one in listener["Certificates"]]
    described = look.answers("elbv2", "describe_ssl_policies", "SslPolicies", Names=[policy])
    protocols = sorted(protocol for one in described for protocol in one["SslProtocols"])
    wrong = [f"policy {policy} still speaks {protocol}" for protocol in protocols if protocol not in MODERN]
    if arns != [look.certificate]:
        wrong.append(f"the certificate is {', '.join(arns)}, and the configuration's is {look.certificate}")
    return saw(f"{policy}: {', '.join(protocols)}", wrong)


def certificate(look: Look) -> Saw:
    raw = described(look)
    try:
        wrong = [judged(look.place.region, look.certificate, raw, look.now)]
    except ConfigurationError as error:
        wrong = [error.message + (f": {error.reason}" if error.reason else "")]
    told = f"{raw['Status']}, for {raw['DomainName']}" if raw else "not there"
    return saw(told + (f", until {raw['NotAfter']:%Y-%m-%d}" if raw and "NotAfter" in raw else ""), filter(None, wrong))


def redirect(look: Look) -> Saw:
    actions = look.one(Listener, "http").raw["DefaultActions"]
    told = ", ".join(f"{action['Type']} {action.get('RedirectConfig', {}).get('Protocol', '')}".strip()
                     for action in actions)
    right = [action.get("RedirectConfig", {}).get("Protocol") for action in actions] == ["HTTPS"]
    return saw(f"the listener on 80: {told}", [] if right else [f"the listener on 80 does not redirect: {told}"])


WEB = "look at the application's log group and the target group's health: `tapctl outputs` names them"
CHECKS = (
    Check("http.health", "The health path answers 200 through the load balancer: over HTTP, or with a certificate over "
          "HTTPS, under the certificate's name.", health, WEB),
    Check("http.redirect", "HTTP answers with a redirect to HTTPS, where there is a certificate.", sent_on,
          applies=has_certificate),
    Check("tls.listener", "The HTTPS listener has the configured certificate and speaks TLS 1.2 or newer only.",
          tls_policy, applies=has_certificate),
    Check("tls.certificate", f"The certificate is issued, and good for {SOON.days} days at the least.", certificate,
          "import its successor, or see why ACM does not renew it: aws acm describe-certificate",
          applies=has_certificate),
    Check("tls.redirect", "The HTTP listener does nothing but redirect to HTTPS, where there is a certificate.",
          redirect, applies=has_certificate),
)
