"""A stopped run leaves in time even if AWS owes it an answer."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

SOON = 7.0  # seconds
# inside the real entry point: a walk whose one node waits for an answer that never comes, and a look that does
PROGRAM = """
import sys, threading
from tapctl import cli, engine, reading, session
from tapctl.commands.frame import finish
from tapctl.commands.up import up as real
engine.GRACE = 0.2

def up(**options):
    stop = session.Stop()
    with stop.listening():
        stop.changing = sys.argv[2] == "changing"
        def run(node):
            print("asked", flush=True)
            threading.Event().wait(60)
        if not stop.changing:
            with reading.Reads(1) as reads:
                reads.submit(run, "node").result()
        engine.walk({"node": ()}, run, stop)
    finish(stop.exit_code)

cli.app.registered_commands = [c for c in cli.app.registered_commands if c.callback is not real]
cli.app.command("up")(lambda how: up())
cli.main()
"""


@pytest.mark.parametrize(("how", "said"), [
    ("changing", "the same command goes on from there"), ("looking", "nothing was changed")])
def test_it_ends_soon_and_says_how_to_go_on(how: str, said: str) -> None:
    run = subprocess.Popen([sys.executable, "-c", PROGRAM, "up", how], text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    assert run.stdout
    assert run.stdout.readline() == "asked\n"
    begun = time.monotonic()
    run.send_signal(signal.SIGTERM)
    _, errors = run.communicate(timeout=30)
    assert time.monotonic() - begun < SOON
    assert run.returncode == 143
    assert said in errors
