"""`python -m tapctl.emulator.server`: the emulator on 127.0.0.1, for the one who knows its token.

The token is the access key id with which the caller signs, so boto3 needs nothing but credentials. All else is
refused, moto's own pages included: another user of the machine, or a page in a browser, can't read or reset it.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import secrets
import signal
import string
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

from moto.core.request import Request
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer
from werkzeug.wrappers import Response

from tapctl.emulator import corrections, dispatch, wire
from tapctl.emulator.clock import Clock
from tapctl.emulator.correction import World, in_world
from tapctl.emulator.statefile import CONTROL, Emulator, write

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class _Request(Request):
    from_wsgi_server = True


class _Handler(MotoRequestHandler):  # type: ignore[misc]
    # A response is written in two parts; without these the second waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_request(self, *_: Any) -> None:
        """Not: a line for every API call would grow without end."""


class Application:
    """The WSGI application: lets the holder of the token in, to the corrected AWS or to the control paths."""

    def __init__(self, token: str, stop: Callable[[], None]) -> None:
        self._token = token
        self._stop = stop

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = _Request(environ)
        scope = wire.scope_of(request.headers.get("Authorization", ""), request.args.get("X-Amz-Credential", ""))
        if scope is None or not hmac.compare_digest(scope.key.encode(), self._token.encode()):
            return Response("this emulator answers only to its own token\n", 403)(environ, start_response)
        if request.path.startswith(CONTROL):
            return self._control(request)(environ, start_response)
        status, headers, body = dispatch.respond(scope, request)
        response = Response(body, status, headers)
        response.automatically_set_content_length = request.method != "HEAD"
        return response(environ, start_response)

    def _control(self, request: Request) -> Response:
        match request.method, request.path.removeprefix(CONTROL):
            case "GET", "alive":
                return Response(json.dumps({"pid": os.getpid()}))
            case "POST", "stop":
                self._stop()
                return Response(json.dumps({"pid": os.getpid()}))
            case _:
                return Response("no such path\n", 404)


def new_token() -> str:
    """20 characters as an access key id has, of which 16 are random. It can't be taken for a real one."""
    return "EMUL" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))


def serve(scale: float, state_file: Path, ready: Callable[[], None]) -> None:
    """Until it is told to stop."""
    corrections.load()

    def stop(*_: Any) -> None:
        # shutdown() waits for the loop, which may be what has been interrupted to get here.
        Thread(target=server.shutdown).start()

    token = new_token()
    server = ThreadedWSGIServer("127.0.0.1", 0, Application(token, stop), _Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, stop)
    emulator = Emulator(url=f"http://127.0.0.1:{server.port}", access_key=token, pid=os.getpid(), scale=scale,
                        started=datetime.now(UTC).isoformat(timespec="seconds"))
    with in_world(World(Clock(scale))), server:
        write(emulator, state_file)
        ready()
        server.serve_forever()


def _say_ready() -> None:
    """The starter reads this line; the pipe is closed so that nothing later can fill it."""
    print("ready", flush=True)  # noqa: T201
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    parser = argparse.ArgumentParser(prog="tapctl.emulator.server", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.0, help="seconds here for a second on AWS; 0: instant")
    parser.add_argument("--state-file", type=Path, required=True, help="where to say how to reach it")
    arguments = parser.parse_args()
    serve(arguments.scale, arguments.state_file, _say_ready)


if __name__ == "__main__":
    main()
