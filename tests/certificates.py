"""Certificates to import: made here, for as many days as a test wants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def self_signed(days: float, name: str) -> tuple[bytes, bytes]:
    """(certificate, private key), each as PEM, of this name and good for so many days."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=days)).sign(key, hashes.SHA256()))
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                               serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), secret


def imported(acm: Any, days: float, name: str = "app.example.com") -> str:
    """The ARN of a self-signed certificate of this name, imported with an ACM client, that is good for so many days."""
    certificate, key = self_signed(days, name)
    return str(acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"])
