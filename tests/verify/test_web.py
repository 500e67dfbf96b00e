"""A web server on this machine, asked as the load balancer is; and what is made of answers that don't come."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tapctl.verify import web
from tapctl.verify.look import Answer
from tapctl.verify.seen import Unchecked

NAME = "www.example.com"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host = str(self.headers["Host"])
        self.send_response(301 if self.path == "/moved" else 200 if host == NAME else 404)
        self.send_header("Location", "https://there/")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nobody listens."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a web server."""
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of NAME, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([
        x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
            .sign(key, hashes.SHA256()))
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_http() -> None:
    with serving() as port:
        assert web.get(f"http://127.0.0.1:{port}/health", NAME) == Answer(200, "https://there/")
        assert web.get(f"http://127.0.0.1:{port}/health", "other").status == 404
        assert web.get(f"http://127.0.0.1:{port}/moved", NAME).status == 301


def test_https_is_asked_under_the_certificates_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as port:
        url = f"https://127.0.0.1:{port}/health"
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            web.get(url, NAME)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert web.get(url, NAME) == Answer(200, "https://there/")
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            web.get(url, "other.example.com")


def test_what_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(web.Unconnected):
            web.get(f"http://127.0.0.1:{free.getsockname()[1]}/", NAME)


def test_what_is_no_web_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail\r\n")

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(OSError, match="this is no HTTP: BadStatusLine"):
            web.get(f"http://127.0.0.1:{server.getsockname()[1]}/", NAME)
        thread.join()


# ---------------------------------------------------------------- what checks make of it
def looking(get: Any, endpoint: str = "https://elasticloadbalancing.us-east-1.amazonaws.com") -> Any:
    """A look at a region without a certificate, of which only the web is looked at."""
    client = SimpleNamespace(meta=SimpleNamespace(endpoint_url=endpoint))
    return SimpleNamespace(
        aws=SimpleNamespace(client=lambda service: client), certificate="", get=get,
        one=lambda kind: SimpleNamespace(raw={"DNSName": "lb.example"}),
        settings=SimpleNamespace(app=SimpleNamespace(health_path="/health")))


def failing(error: OSError) -> Any:
    def get(url: str, name: str) -> Answer:
        raise error

    return looking(get)


@pytest.mark.parametrize("check", [web.health, web.sent_on])
def test_without_a_connection_nothing_is_told(check: Any) -> None:
    with pytest.raises(Unchecked, match=r"http://lb\.example/health can't be reached from here: timed out"):
        check(failing(web.Unconnected("timed out")))


@pytest.mark.parametrize("check", [web.health, web.sent_on])
def test_a_connection_that_breaks_fails(check: Any) -> None:
    assert check(failing(OSError("reset"))).wrong == ("http://lb.example/health: reset",)


def test_an_emulators_load_balancer_is_not_asked() -> None:
    def never(url: str, name: str) -> Answer:
        raise AssertionError(url)

    with pytest.raises(Unchecked, match=r"http://127\.0\.0\.1:5000, which is not AWS"):
        web.health(looking(never, "http://127.0.0.1:5000"))
