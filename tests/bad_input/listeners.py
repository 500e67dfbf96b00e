"""What may listen where AWS should, on a port of this machine."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from tests.certificates import self_signed

Talk = Callable[[socket.socket], None]


@contextmanager
def talking(talk: Talk, scheme: str = "http") -> Iterator[str]:
    """The address of something that does this with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve() -> None:
            with suppress(OSError):  # the server is closed
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        talk(connection)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def hangs_up(connection: socket.socket) -> None:
    """At once."""


def says_nothing(connection: socket.socket) -> None:
    """It hears all, until the other side has had enough."""
    while connection.recv(4096):
        pass


def says(answer: bytes, connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(answer)


@cache
def of_nobody() -> ssl.SSLContext:
    """With a certificate that no authority has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        for name, pem in zip(("certificate", "key"), self_signed(1, "sts.amazonaws.com"), strict=True):
            (Path(folder) / name).write_bytes(pem)
        context.load_cert_chain(Path(folder) / "certificate", Path(folder) / "key")
    return context


def shakes_hands(connection: socket.socket) -> None:
    with of_nobody().wrap_socket(connection, server_side=True) as secured:
        says(OK, secured)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
hanging_up = partial(talking, hangs_up)
silent = partial(talking, says_nothing)
plain = partial(talking, partial(says, OK), "https")
trusted_by_nobody = partial(talking, shakes_hands, "https")
secured = partial(talking, shakes_hands)
a_page = partial(talking, partial(says, b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<!doctype html>"))
forbidding = partial(talking, partial(says, b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
no_http = partial(talking, partial(says, b"220 mail.example ESMTP\r\n"))
cut_short = partial(talking, partial(says, b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<Get"))
