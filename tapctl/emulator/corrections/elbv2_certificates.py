"""Listeners' certificates: ones that are there, and issued."""

from __future__ import annotations

from tapctl.emulator.correction import Answer, Ask, Call, Refusal, corrects
from tapctl.emulator.corrections.acm import certificate


@corrects("elbv2", "CreateListener", "ModifyListener",
          page="https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html")
def certificates_are_of_use(call: Call, ask: Ask) -> Answer:
    """Of ACM's, one of the load balancer's own region that is issued for a full domain name; moto takes any."""
    for arn in [one["CertificateArn"] for one in call.params.get("Certificates", [])]:
        if ":acm:" not in arn:  # IAM's are moto's affair
            continue
        found = certificate(call.region, arn)
        if found is None:
            raise Refusal("CertificateNotFound", f"Certificate '{arn}' not found")
        if found.status != "ISSUED" or "." not in f"{found.common_name} {' '.join(found.sans)}":
            raise Refusal("UnsupportedCertificate", f"The certificate '{arn}' must have a fully-qualified domain name, "
                          "a supported signature, and a supported key size.")
    return ask()
