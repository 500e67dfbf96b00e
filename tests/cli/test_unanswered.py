"""A stopped run leaves in time even if AWS owes it an answer."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

SOON = 7.0  # seconds
# a walk whose one node waits for an answer that never comes, inside the real entry point
PROGRAM = """
import sys, threading
from tapctl import cli, engine, session
from tapctl.commands.frame import finish
from tapctl.commands.up import up as real
engine.GRACE = 0.2

def up(**options):
    stop = session.Stop()
    with stop.listening():
        stop.changing = True
        def run(node):
            print("asked", flush=True)
            threading.Event().wait(60)
        engine.walk({"node": ()}, run, stop)
    finish(stop.exit_code)

cli.app.registered_commands = [c for c in cli.app.registered_commands if c.callback is not real]
cli.app.command("up")(lambda: up())
sys.argv = ["tapctl", "up"]
cli.main()
"""


def test_it_ends_soon_and_says_how_to_go_on() -> None:
    run = subprocess.Popen([sys.executable, "-c", PROGRAM], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout
    assert run.stdout.readline() == "asked\n"
    begun = time.monotonic()
    run.send_signal(signal.SIGTERM)
    _, errors = run.communicate(timeout=30)
    assert time.monotonic() - begun < SOON
    assert run.returncode == 143
    assert "the same command goes on from there" in errors
