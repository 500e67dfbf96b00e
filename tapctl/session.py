"""What every command needs before it can start: settings, an account, somebody to listen, and a way to stop."""

from __future__ import annotations

import os
import re
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from types import FrameType

from tapctl.aws import Cloud, connect, strange_endpoints
from tapctl.credentials import identify
from tapctl.errors import Exit, Interrupted, Terminated, UsageError
from tapctl.events import Emit, Started
from tapctl.naming import REGION, Place
from tapctl.settings import Settings

SIGNALS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}
# The live view hides the cursor and has a screen of its own. Where it isn't on, the cursor stays where it is.
GIVE_BACK = b"\x1b7\x1b[?1049l\x1b[?25h\n"
TAKE_AGAIN = b"\x1b[?1049h\x1b[?25l"


@dataclass(frozen=True)
class Session:
    """regions: the ones that this run works on; aws: in the primary region; command, run, endpoint, emulated: as in
    Started; who: the ARN that the credentials belong to."""

    settings: Settings
    aws: Cloud
    regions: Sequence[str]
    emit: Emit
    stop: Stop
    run: str = ""
    endpoint: str = ""
    emulated: bool = False
    command: str = ""
    who: str = ""

    @property
    def place(self) -> Place:
        return self.aws.place

    @property
    def limited(self) -> bool:
        """Whether `--region` leaves regions of the stack out."""
        return {*self.regions} != {*self.settings.regions}


class Stop(Event):
    """Set by the first Ctrl-C or SIGTERM; the second ends the process at once.

    Where `changing` isn't set, the first raises Interrupted or Terminated: there is nothing to bring to an end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.exit_code, self.changing, self.changed = Exit.DONE, False, False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        code = SIGNALS[signal.Signals(number)]
        if self.is_set():
            if sys.stdout.isatty():
                os.write(sys.stdout.fileno(), GIVE_BACK)
            os._exit(code)
        self.exit_code = code
        self.set()
        if not self.changing:
            nothing = "nothing more" if self.changed else "nothing"
            raise (Terminated if code is Exit.TERMINATED else Interrupted)(f"stopped: {nothing} was changed")

    @contextmanager
    def listening(self) -> Iterator[None]:
        before = {number: signal.signal(number, self) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def worked_on(command: str, settings: Settings, chosen: Sequence[str]) -> Sequence[str]:
    """The regions of `--region`, in the configuration's order; all of them where none is given. Raises UsageError.

    `down` finds stacks that the configuration no longer has, so it takes any.
    """
    odd = [region for region in chosen if re.fullmatch(REGION, region) is None]
    if odd:
        raise UsageError(f"--region {odd[0]} is not the name of an AWS region",
                         reason="AWS has none of that form", mend='write it as AWS does, such as "us-east-1"')
    if command == "down" and chosen:
        return list(dict.fromkeys(chosen))
    strange = [region for region in chosen if region not in settings.regions]
    if strange:
        raise UsageError(f"--region {strange[0]} is not one of the stack's regions",
                         reason=f"regions = {', '.join(settings.regions)}",
                         mend="name one of these, or add the region to config.toml")
    return [region for region in settings.regions if region in chosen or not chosen]


def use_emulator(environ: dict[str, str] | os._Environ[str]) -> str:
    """Start the emulator if none runs, and point this process at it and at nothing else. Returns its URL.

    Profiles, endpoint variables and credentials of the user's are taken out, so that no call can reach AWS.
    Raises TapctlError: it isn't installed, or doesn't start.
    """
    from tapctl.emulator import SPEED, process

    emulator = process.start(1 / SPEED)
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ |= emulator.variables
    return emulator.url


def new_run() -> str:
    """The id of a run: in its events, its log, its lock, and in the user agent of each of its calls."""
    return secrets.token_hex(6)


def start(command: str, settings: Settings, chosen: Sequence[str], emit: Emit, stop: Stop, *,
          emulated: bool, run: str = "", belongs: Callable[[str], None] | None = None,
          of_all: bool = False) -> Session:
    """Find out whose account this is, and say what is about to be done.

    run: its id; empty: a new one. belongs: raises TapctlError if it is to be in another account. of_all: it is about
    all stacks, and no environment has to be named.

    Raises UsageError, ConfigurationError, and botocore's errors.
    """
    run = run or new_run()
    regions = worked_on(command, settings, chosen)
    environment = "" if of_all else settings.require_environment()
    connections = connect(run, settings.primary)
    connections.recorder.tell = emit
    account, partition, who = identify(connections, settings.primary, settings.allowed_account_ids)
    if belongs:
        belongs(account)
    place = Place(settings.project, environment, settings.owner, account, settings.primary, partition)
    endpoint = strange_endpoints(connections, settings.primary)
    emit(Started(command, settings.stack, account, tuple(regions), run, endpoint, emulated))
    return Session(settings, Cloud(place, connections), regions, emit, stop, run, endpoint, emulated, command, who)

