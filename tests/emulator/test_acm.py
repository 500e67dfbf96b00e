from __future__ import annotations

import pytest

from tapctl.emulator.corrections import acm, elbv2_certificates
from tests.certificates import imported
from tests.emulator.conftest import EAST, WEST, Aws
from tests.emulator.proof import proves, refused


def _requested(aws: Aws, region: str = EAST) -> str:
    return str(aws("acm", region).request_certificate(DomainName="app.example.com")["CertificateArn"])


@proves(acm.request, acm.states)
@pytest.mark.slow_clock
def test_a_requested_certificate_is_pending_until_it_is_validated(aws: Aws) -> None:
    arn, client = _requested(aws), aws("acm")
    pending = client.describe_certificate(CertificateArn=arn)["Certificate"]
    assert pending["Status"] == "PENDING_VALIDATION"
    assert "NotAfter" not in pending
    aws.wait(5 * 60)
    assert client.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"][0]["Status"] == "ISSUED"
    assert "NotAfter" in client.describe_certificate(CertificateArn=arn)["Certificate"]


def _listen(aws: Aws, arn: str) -> str:
    """The ARN of a new listener with this certificate."""
    elb, subnets = aws("elbv2"), [subnet["SubnetId"] for subnet in aws("ec2").describe_subnets()["Subnets"]]
    balancer = elb.create_load_balancer(Name="lb", Subnets=subnets[:2])["LoadBalancers"][0]["LoadBalancerArn"]
    return str(elb.create_listener(
        LoadBalancerArn=balancer, Port=443, Protocol="HTTPS", Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )["Listeners"][0]["ListenerArn"])


@proves(elbv2_certificates.certificates_are_of_use)
@pytest.mark.slow_clock
def test_a_listener_takes_a_certificate_only_once_it_is_issued(aws: Aws) -> None:
    arn = _requested(aws)
    with refused("UnsupportedCertificate", arn):
        _listen(aws, arn)
    aws.wait(5 * 60)
    _listen(aws, arn)


def test_a_listener_takes_no_certificate_of_another_region(aws: Aws) -> None:
    with refused("CertificateNotFound", "not found"):
        _listen(aws, _requested(aws, WEST))


@proves(elbv2_certificates.certificates_are_of_use)
def test_nor_is_it_given_one_later(aws: Aws) -> None:
    listener, client = _listen(aws, _requested(aws)), aws("elbv2")
    with refused("UnsupportedCertificate", "fully-qualified domain name"):
        client.modify_listener(ListenerArn=listener, Certificates=[
            {"CertificateArn": imported(aws("acm"), days=90, name="localhost")}])
    client.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": imported(aws("acm"), days=90)}])


def test_one_of_iam_is_taken_too(aws: Aws) -> None:
    with refused("CertificateNotFound"):
        aws("elbv2").modify_listener(ListenerArn=_listen(aws, _requested(aws)), Certificates=[
            {"CertificateArn": "arn:aws:iam::123456789012:server-certificate/nobody"}])
