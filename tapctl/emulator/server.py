"""`python -m tapctl.emulator.server`: the emulator on 127.0.0.1, for the one who knows its token.

The token is the access key id with which the caller signs, so boto3 needs nothing but credentials. All else is
refused, moto's own pages included: another user of the machine, or a page in a browser, can't read or reset it.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import string
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.core.request import Request

from tapctl.emulator import corrections, dispatch, wire
from tapctl.emulator.clock import Clock
from tapctl.emulator.correction import Refusal, World, in_world
from tapctl.emulator.statefile import CONTROL, Emulator, write

_NO_BODY = (204, 304)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, token: str) -> None:
        self.token = token
        super().__init__(("127.0.0.1", 0), Handler)

    def stop(self, *_: Any) -> None:
        """Soon: shutdown() waits for the loop, which may be what a signal has interrupted to get here."""
        Thread(target=self.shutdown).start()


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with connections kept: a command makes some hundred calls over a few of them."""

    server: Server
    protocol_version = "HTTP/1.1"
    # Headers and body leave together, or the client's delayed acknowledgement holds back the second part.
    disable_nagle_algorithm = True
    wbufsize = -1

    def _answer(self) -> None:
        if "Transfer-Encoding" in self.headers:  # the body's end is not known, so neither is the next request's start
            self.close_connection = True
            return self._send(411, {}, "the emulator needs a Content-Length\n")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(f"http://emulator{self.path}")
        presigned = parse_qs(url.query).get("X-Amz-Credential", [""])[0]
        scope = wire.scope_of(self.headers.get("Authorization", ""), presigned)
        if scope is None or not secrets.compare_digest(scope.key.encode(), self.server.token.encode()):
            return self._send(403, {}, "this emulator answers only to its own token\n")
        if url.path.startswith(CONTROL):
            return self._control(url.path.removeprefix(CONTROL))
        host = self.headers.get("Host", "127.0.0.1")
        request = Request.from_primitives(self.command, f"http://{host}{self.path}", self.headers, body)
        try:
            answer = dispatch.respond(scope, request)
        except Exception as error:  # noqa: BLE001 - a defect of moto's costs this one call only, and is named
            traceback.print_exc()
            told = "".join(traceback.format_exception_only(error)).strip()
            answer = wire.refused(scope, request, Refusal("InternalFailure", f"the emulator failed: {told}", 500))
        return self._send(*answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _answer  # noqa: N815

    def _control(self, what: str) -> None:
        alive = json.dumps({"pid": os.getpid()})
        match self.command, what:
            case "GET", "alive":
                self._send(200, {}, alive)
            case "POST", "stop":
                self._send(200, {}, alive)
                self.server.stop()
            case _:
                self._send(404, {}, "no such path\n")

    def _send(self, status: int, headers: dict[str, Any], body: str | bytes) -> None:
        content = body.encode() if isinstance(body, str) else body
        sent = {"date": self.date_time_string(), **{name.lower(): str(value) for name, value in headers.items()}}
        if self.command != "HEAD":
            sent["content-length"] = str(len(content))
        else:
            sent.setdefault("content-length", "0")
        if status in _NO_BODY:
            del sent["content-length"]
        self.send_response_only(status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and status not in _NO_BODY:
            self.wfile.write(content)

    def handle_expect_100(self) -> bool:
        """The client waits for this line before it sends the body."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed


def new_token() -> str:
    """20 characters as an access key id has, of which 16 are random. It can't be taken for a real one."""
    return "EMUL" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))


def serve(scale: float, state_file: Path, ready: Callable[[], None]) -> None:
    """Until it is told to stop."""
    corrections.load()
    with in_world(World(Clock(scale))), Server(new_token()) as server:
        signal.signal(signal.SIGTERM, server.stop)
        write(Emulator(url=f"http://127.0.0.1:{server.server_port}", access_key=server.token, pid=os.getpid(),
                       scale=scale, started=datetime.now(UTC).isoformat(timespec="seconds")), state_file)
        ready()
        server.serve_forever(poll_interval=0.05)


def say_ready() -> None:
    """The starter reads this line; then the pipe is closed, so that nothing later can fill it."""
    print("ready", flush=True)  # noqa: T201
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    parser = argparse.ArgumentParser(prog="tapctl.emulator.server", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.0, help="seconds here for a second on AWS; 0: instant")
    parser.add_argument("--state-file", type=Path, required=True, help="where to say how to reach it")
    arguments = parser.parse_args()
    serve(arguments.scale, arguments.state_file, say_ready)


if __name__ == "__main__":
    main()
