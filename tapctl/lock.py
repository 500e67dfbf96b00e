"""A stack's lock: one run at a time changes it. There is nothing to set up for it, and nothing of it stays.

It is a parameter of Systems Manager, in the partition's own region whatever the configuration says:
/tapctl/PROJECT/ENVIRONMENT/lock/GENERATION, whose value says who holds it. Nothing is ever overwritten. A generation is
created, which of several callers only one can; then it is looked whether it is the only one alive, else it is taken
back: of two that create at once, at least one sees the other. The first is called after the second in which it was
made: AWS wants a deleted name left alone for half a minute.

It is a lease, which its holder renews by creating the next generation and deleting the one before. So does whoever
takes over one that has run out, or whose holder was killed on this machine, and whoever evicts a holder. Whether a
lease has run out is told by AWS's clock alone: when the parameter was written, and what time AWS's answer says it is.
The holder looks at its monotonic clock, before every call that changes something: its last renewal has to be younger
than the lease.

Whoever follows a run that was killed or stopped on this machine a moment ago first waits until AWS lists what that has
made: else `up` would make it again, and `down` would leave it.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from random import SystemRandom
from threading import Event, Thread, current_thread
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tapctl import alive
from tapctl.engine import left_behind
from tapctl.errors import Exit, TapctlError
from tapctl.events import Note, Problem
from tapctl.explain import hopeless, problem
from tapctl.naming import home, tag_list
from tapctl.observe import DENIED
from tapctl.session import Session
from tapctl.waiting import absent, code, gap, wait

LEASE = 120.0  # seconds; a network that is gone for a minute loses none
RENEW = 20.0  # seconds between renewals
LETTING_GO = 1.5  # seconds that the end of a run waits for it; what is not let go of runs out
ALLOW = "allow ssm:GetParametersByPath, PutParameter, AddTagsToResource and DeleteParameter on parameter/tapctl/*"
MARGIN = 10.0  # seconds before its end in which a lease counts as run out for its holder, who may just be calling


class Locked(TapctlError):
    """Another run has the lock."""


@dataclass(frozen=True)
class Holder:
    """Who has it. who: an ARN; where: user and machine, or the page of the pipeline's run; since: ISO 8601, in UTC."""

    command: str
    run: str
    who: str
    where: str
    since: str

    def __str__(self) -> str:
        return f"`tapctl {self.command}` (run {self.run}) of {self.who}, from {self.where}, since {self.since}"


@dataclass(frozen=True)
class Lease:
    """One generation, as AWS shows it. left: seconds by AWS's clock until it has run out."""

    generation: int
    holder: Holder | None  # None: the value isn't tapctl's
    left: float

    @property
    def alive(self) -> bool:
        return self.left > 0 and not (self.holder and alive.ended(self.holder.run))

    def __str__(self) -> str:
        return str(self.holder or "somebody")


def here() -> str:
    """Where this process runs, so that somebody else finds it."""
    if run := os.environ.get("GITHUB_RUN_ID"):
        return f"{os.environ.get('GITHUB_SERVER_URL', '')}/{os.environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    if page := os.environ.get("CI_JOB_URL") or os.environ.get("BUILD_URL"):
        return page
    return f"{getpass.getuser()}@{platform.node()}"


class Lock:
    """One stack's lock, as one run sees it."""

    def __init__(self, session: Session) -> None:
        self.place, self.path = session.place, f"/tapctl/{session.place.stack}/lock"
        self.network = session.aws.connections.network
        self.ssm = session.aws.at(home(self.place.partition)).client("ssm")
        self.mine = Holder(session.command, session.run, session.who, here(), f"{datetime.now(UTC):%FT%TZ}")
        self.renewed, self.lost = 0.0, ""

    # ------------------------------------------------------------ what AWS has
    def look(self) -> tuple[list[Lease], datetime]:
        """All generations, the oldest first; and what time it is."""
        found: list[Mapping[str, Any]] = []
        for answer in self.ssm.get_paginator("get_parameters_by_path").paginate(Path=self.path):
            found += answer["Parameters"]
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return sorted((lease(one, now) for one in found), key=lambda one: one.generation), now

    def put(self, generation: int) -> bool:
        """Create it. False: it is there already, and another's."""
        tags = {"Environment": self.place.environment, "Project": self.place.project, "Owner": self.place.owner,
                "Name": f"{self.place.project}-{self.place.environment}-lock"}
        try:
            self.ssm.put_parameter(Name=f"{self.path}/{generation}", Type="String", Value=json.dumps(asdict(self.mine)),
                                   Overwrite=False, Tags=tag_list(tags))
        except ClientError as error:
            if code(error) != "ParameterAlreadyExists":
                raise
            return any(one.generation == generation and one.holder == self.mine  # the answer was lost, and it was
                       for one in self.look()[0])  # sent again
        return True

    def delete(self, *generations: int) -> None:
        for generation in generations:
            absent(partial(self.ssm.delete_parameter, Name=f"{self.path}/{generation}"), "ParameterNotFound")

    # ------------------------------------------------------------ holding
    def take(self, over: bool = False) -> Lease | None:
        """None: it is this run's now. Else who has it. over: evict whoever has it."""
        began, (standing, now) = time.monotonic(), self.look()
        rivals = [one for one in standing if one.alive]
        if rivals and not over:
            return rivals[-1]
        generation = max(int(now.timestamp()), *(one.generation + 1 for one in standing), 0)
        if not self.put(generation):
            return Lease(generation, None, LEASE)
        others = [one for one in self.look()[0] if one.generation != generation]
        rivals = [one for one in others if one.alive]
        if rivals and not over:
            self.delete(generation)
            return rivals[-1]
        self.delete(*(one.generation for one in others))
        for one in others:
            alive.forget(one.holder.run if one.holder else "")
            if one.left > 0:  # it may have made something a moment ago
                alive.cut_off(self.place.stack)
        self.renewed = began
        return None

    def renew(self) -> bool:
        """False: it is another's now. While somebody else tries to take it, it stays as old as it is."""
        began, there = time.monotonic(), self.look()[0]
        own = [one.generation for one in there if one.holder == self.mine]
        if not own:
            return False
        if len(own) < len(there) or not self.put(own[-1] + 1):
            return True
        if not any(one.generation in own for one in self.look()[0]):  # somebody has evicted this run meanwhile
            self.delete(own[-1] + 1)
            return False
        self.renewed = began
        self.delete(*own)
        return True

    def check(self) -> None:
        """Before each call that changes something. Raises Locked: it is another's, or may soon be. Away: AWS
        can't be asked."""
        if not self.lost and time.monotonic() - self.renewed > LEASE - MARGIN:
            self.network.give_up()
            self.lost = f"it could not be renewed for {LEASE - MARGIN:.0f} seconds"
        if self.lost:
            raise Locked(f"not done, because this run has lost the lock of {self.place.stack}", reason=self.lost,
                         mend=f"run `tapctl {self.mine.command}` again")

    def let_go(self) -> None:
        """Of whatever is this run's."""
        self.delete(*(one.generation for one in self.look()[0] if one.holder == self.mine))


def lease(parameter: Mapping[str, Any], now: datetime) -> Lease:
    """What one parameter says."""
    age = now - parameter["LastModifiedDate"]
    try:
        holder = Holder(**json.loads(parameter["Value"]))
    except (ValueError, TypeError):
        holder = None
    return Lease(int(parameter["Name"].rpartition("/")[2]), holder, LEASE - age.total_seconds())


def acquire(lock: Lock, session: Session, patience: float) -> None:
    """Wait until whoever has it lets go of it, or its lease runs out. Raises Locked.

    patience: seconds to wait for a run that is alive: one that renews its lease.
    """
    start, first = time.monotonic(), None
    while lease := taken(lock):
        waited = time.monotonic() - start
        if first is None or lease.holder != first.holder:
            first = lease
            session.emit(Note(f"waits: {lease} has the lock of {lock.place.stack}; unless it is renewed, it runs out "
                              f"in {lease.left:.0f} seconds"))
        elif waited >= patience and lease.generation != first.generation:
            raise Locked(f"{lock.place.stack} is being changed by another run", reason=f"{lease} has the lock",
                         mend="wait until it is done (--wait MINUTES); if it is hung, `tapctl unlock --env "
                              f"{lock.place.environment}` evicts it")
        # in step, two that give way to each other would do so again
        wait(session.stop, gap(waited) * SystemRandom().uniform(0.5, 1.0))
    if left := alive.unlisted(lock.place.stack):
        session.emit(Note(f"waits {left:.0f} seconds: a run of {lock.place.stack} was cut off, and AWS may not list "
                          "yet all that it has made"))
        wait(session.stop, left)


def is_there(session: Session) -> bool:
    """Whether any run, dead or alive, has the stack's lock. False where that may not be asked."""
    with suppress(ClientError):
        return bool(Lock(session).look()[0])
    return False


def taken(lock: Lock) -> Lease | None:
    """Lock.take(). Raises Locked: AWS refuses it."""
    try:
        return lock.take()
    except ClientError as error:
        if hopeless(error):
            raise
        reason, mend = problem(error)
        raise Locked(f"the lock of {lock.place.stack} can't be taken", reason=reason,
                     mend=ALLOW if code(error) in DENIED else mend) from error


@contextmanager
def held(session: Session, patience: float = 0.0) -> Iterator[None]:
    """Have the stack's lock meanwhile, renew it, and ask it before each call that changes something.

    patience: as in acquire(). Raises Locked: another run has it. A run that loses it is stopped.
    """
    lock, guard, done = Lock(session), session.aws.connections.guard, Event()
    keeper = Thread(target=keep, args=(lock, session, done), name="lock", daemon=True)
    with alive.marked(session.run):
        try:
            acquire(lock, session, patience)
            guard.ask = lock.check
            keeper.start()
            yield
        finally:
            if session.stop.is_set():
                alive.cut_off(lock.place.stack)
            guard.ask = closed(lock, left_behind())
            done.set()
            if keeper.ident:
                keeper.join(LETTING_GO)
            else:  # stopped on the way to it
                let_go(lock, session)


def closed(lock: Lock, threads: Collection[Thread]) -> Callable[[], None] | None:
    """What is asked after the end of a run: what it has left behind changes nothing more, for another may have the
    lock by now."""

    def ask() -> None:
        if current_thread() in threads:
            raise Locked(f"not done, because this run has let go of the lock of {lock.place.stack}",
                         mend=f"run `tapctl {lock.mine.command}` again")

    return ask if threads else None


def keep(lock: Lock, session: Session, done: Event) -> None:
    """What the lock's thread does: renew it until the work is done, then let go of it."""
    while not done.wait(RENEW):
        with suppress(ClientError, BotoCoreError):  # check() knows for how long that is no matter
            if not lock.renew():
                lock.lost = "another run has taken it over, or `tapctl unlock` has evicted this one"
        if lock.lost:
            session.emit(Problem("lock", f"this run has lost the lock of {lock.place.stack}: {lock.lost}"))
            session.stop.exit_code = Exit.FAILED
            session.stop.set()
            break
    let_go(lock, session)


def let_go(lock: Lock, session: Session) -> None:
    """Or leave it, where AWS can't be asked: it runs out by itself, and on this machine the next run knows."""
    try:
        lock.let_go()
        alive.forget(lock.mine.run)
    except BotoCoreError:
        pass
    except ClientError as error:
        if code(error) in DENIED:
            session.emit(Note(f"the lock of {lock.place.stack} runs out by itself, and its parameter stays: {ALLOW}; "
                              f"{problem(error)[0]}"))
