"""What the load balancer answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tapctl.verify.look import Answer
from tests.certificates import imported
from tests.stage import WEST
from tests.verify.breakages.table import breaks
from tests.verify.standing import Here


# ---------------------------------------------------------------- the web
def answering(here: Here, start: str, answer: Answer) -> Iterator[None]:
    before = here.get
    here.get = lambda url, name: answer if url.startswith(start) else before(url, name)
    yield
    here.get = before


@breaks("http.health", "503, not 200", WEST)
def application_dead(here: Here) -> Iterator[None]:
    yield from answering(here, "http://", Answer(503))


@breaks("http.health", "503, not 200")
def application_dead_behind_https(here: Here) -> Iterator[None]:
    yield from answering(here, "https://", Answer(503))


@breaks("http.redirect", "200, not 301 to https")
def answered_without_tls(here: Here) -> Iterator[None]:
    yield from answering(here, "http://", Answer(200))


@breaks("tls.listener", "still speaks TLSv1")
def old_policy(here: Here) -> Iterator[None]:
    listener = here.found["listener/https"]
    here("elbv2").modify_listener(ListenerArn=listener.id, SslPolicy="ELBSecurityPolicy-2016-08")
    yield
    here("elbv2").modify_listener(ListenerArn=listener.id, SslPolicy=listener.raw["SslPolicy"])


@breaks("tls.listener", "the configuration's is arn:aws:acm")
def another_certificate(here: Here) -> Iterator[None]:
    listener = here.found["listener/https"]
    other = imported(here("acm"), 300)
    here("elbv2").modify_listener(ListenerArn=listener.id, Certificates=[{"CertificateArn": other}])
    yield
    here("elbv2").modify_listener(ListenerArn=listener.id, Certificates=[
        {"CertificateArn": here.lab.settings.certificate_arns[here.region]}])


def certified(here: Here, **change: Any) -> Iterator[None]:
    with here.answered("acm", "DescribeCertificate", lambda answer: answer["Certificate"].update(change)):
        yield


@breaks("tls.certificate", "has expired")
def certificate_expired(here: Here) -> Iterator[None]:
    yield from certified(here, NotAfter=datetime(2020, 1, 1, tzinfo=UTC))


@breaks("tls.certificate", "expires in 9 days")
def certificate_about_to_expire(here: Here) -> Iterator[None]:
    yield from certified(here, NotAfter=datetime.now(UTC) + timedelta(days=9, hours=1))


@breaks("tls.redirect", "does not redirect: forward")
def served_without_tls(here: Here) -> Iterator[None]:
    listener = here.found["listener/http"]
    here("elbv2").modify_listener(ListenerArn=listener.id, DefaultActions=[
        {"Type": "forward", "TargetGroupArn": here.found["target_group"].id}])
    yield
    here("elbv2").modify_listener(ListenerArn=listener.id, DefaultActions=listener.raw["DefaultActions"])
