"""Between the command and the emulator: passes everything on, and writes down what was called."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from moto.core.request import Request

from tapctl.emulator import wire
from tapctl.emulator.process import Emulator
from tests.conformance.meter import READS


class Recorder(ThreadingHTTPServer):
    """calls: "us-east-1 s3 CreateBucket", in the order in which they came.

    upon: called after each answer of the emulator's, before the command gets it.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, emulator: Emulator) -> None:
        self.upstream = urlsplit(emulator.url).netloc
        self.calls: list[str] = []
        self.upon: Callable[[], object] = int
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def mutating(self) -> list[str]:
        return [call for call in self.calls if not call.split()[-1].startswith(READS)]

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Recorder
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.onward = http.client.HTTPConnection(self.server.upstream)

    def finish(self) -> None:
        self.onward.close()
        super().finish()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._note(body)
        self.onward.request(self.command, self.path, body, dict(self.headers))
        answer = self.onward.getresponse()
        content = answer.read()
        self.server.upon()
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):  # whoever asked is dead
            super().handle_one_request()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - http.server's names

    def _note(self, body: bytes) -> None:
        scope = wire.scope_of(self.headers.get("Authorization", ""), "")
        if scope is not None and scope.signing_name != "emulator":
            request = Request.from_primitives(self.command, f"{self.server.url}{self.path}", self.headers, body)
            operation = wire.operation_of(scope, wire.path_style(request))
            self.server.calls.append(f"{scope.region} {scope.service} {operation or self.command + self.path}")

    def handle_expect_100(self) -> bool:
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        pass
