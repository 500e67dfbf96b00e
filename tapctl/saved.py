"""A saved plan: what `plan --save FILE` writes and `up --plan FILE` carries out, if what is live is as it was seen.

The file says which stack it is for, by which tapctl, configuration and flags it was made, and every change. It holds no
secret: scripts stand in it by their hash, as people see them. What is to be made stands in it by the hash of all that
is wanted of it, which the configuration and the account (network, image) give.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

from tapctl import __version__
from tapctl.errors import ConfigurationError, Exit, TapctlError, UsageError
from tapctl.events import Change
from tapctl.operations import Work
from tapctl.private import probe, whole
from tapctl.render.jsonl import plain
from tapctl.session import Session
from tapctl.settings import Settings
from tapctl.settings_sources import LIMIT

SAVE_AGAIN = "look at the new plan, and save that: "
MOST = 5  # differences that a message names


class Stale(TapctlError):
    """What the plan saw is no longer so. Nothing was changed."""

    exit_code = Exit.CHANGES


@dataclass(frozen=True)
class SavedPlan:
    """regions: those of `--region`; none: all; config: hash of the settings; wanted: key -> hash of what is made;
    changes: as events have them."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}

    version: Literal[1]
    tapctl: str
    made: str
    stack: str
    environment: str
    account: str
    emulated: bool
    regions: tuple[str, ...]
    prune: bool
    refresh_ami: bool
    config: str
    wanted: dict[str, str]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Approved:
    """A plan that is to be carried out, and the file that it was in."""

    plan: SavedPlan
    file: Path
    config: Path | None = None

    @property
    def again(self) -> str:
        """The command that makes it anew."""
        its = self.plan
        flags = (*(word for region in its.regions for word in ("--region", region)),
                 *(("--prune",) if its.prune else ()), *(("--refresh-ami",) if its.refresh_ami else ()))
        return typed("plan", "--env", its.environment, *flags, "--save", str(self.file),
                     config=self.config, local=its.emulated)

    def fits(self, settings: Settings) -> None:
        """Raises UsageError: it is another stack's. Stale: it was made by another configuration."""
        stack = f"{settings.project}/{settings.require_environment()}"
        if stack != self.plan.stack:
            raise UsageError(f"--plan {self.file} is for {self.plan.stack}, and this is {stack}",
                             mend="name the environment that it is for, or leave --env out")
        if digest(settings.model_dump(mode="json")) != self.plan.config:
            raise Stale(f"--plan {self.file} was made by another configuration", mend=SAVE_AGAIN + self.again)

    def belongs(self, account: str) -> None:
        """Raises ConfigurationError: it is for another account."""
        if account != self.plan.account:
            raise ConfigurationError(f"--plan {self.file} is for account {self.plan.account}",
                                     reason=f"these credentials belong to {account}",
                                     mend="use that account's, such as by AWS_PROFILE")

    def approves(self, work: Work) -> None:
        """Raises Stale: it isn't what this plan would do."""
        now = saved(work)
        differing = list(unlike(self.plan.changes, now["changes"], self.plan.wanted, now["wanted"]))
        if differing:
            more = f"; and {len(differing) - MOST} more" if len(differing) > MOST else ""
            raise Stale(f"nothing was changed: the stack is no longer as --plan {self.file} saw it",
                        reason="; ".join(islice(differing, MOST)) + more, mend=SAVE_AGAIN + self.again)


def typed(*words: str, config: Path | None, local: bool) -> str:
    """A command for the same configuration, on the emulator or not."""
    return shlex.join(("tapctl", *words, *(("--config", str(config)) if config else ()),
                       *(("--local",) if local else ())))


def saved(work: Work) -> dict[str, Any]:
    """What a plan consists of, as it comes back from a file."""
    changes = [Change(**json.loads(json.dumps(plain(change)))) for change in work.planned.changes]
    return {"changes": tuple(changes), "wanted": {change.key: digest(work.seen.wanted[change.key])
                                                  for change in changes if change.what == "create"}}


def unlike(old: Sequence[Change], new: Sequence[Change], wanted: Mapping[str, str],
           now: Mapping[str, str]) -> Iterator[str]:
    """Each change that only one of the plans has, or that they have otherwise."""
    then, today = ({name(change): change for change in its} for its in (old, new))
    for it in dict.fromkeys((*then, *today)):
        what = " ".join(part for part in it if part)
        if it not in today:
            yield f"{what}: it is not to be done any more"
        elif it not in then:
            yield f"{what}: it was not in the plan"
        elif then[it] != today[it] or (it[1] == "create" and wanted.get(it[0]) != now[it[0]]):
            yield f"{what}: it would be otherwise"


def name(change: Change) -> tuple[str, str, str]:
    """What tells a change from others: of a deletion, the id as well."""
    return change.key, change.what, str(change.have) if change.what == "delete" else ""


def digest(value: Any) -> str:
    """The same for what is equal, in any process."""
    return sha256(json.dumps(value, sort_keys=True, default=spelled).encode()).hexdigest()


def spelled(value: Any) -> Any:
    if is_dataclass(value):
        return [type(value).__name__, vars(value)]
    return sorted(map(digest, value)) if isinstance(value, frozenset) else str(value)


# ---------------------------------------------------------------- as a file
def save(file: Path, session: Session, work: Work, prune: bool, refresh_ami: bool) -> None:
    """All of it or nothing. Raises UsageError: it can't be written."""
    place = session.place
    it = SavedPlan(
        version=1, tapctl=__version__, made=f"{datetime.now(UTC):%FT%TZ}", stack=place.stack,
        environment=place.environment, account=place.account, emulated=session.emulated,
        regions=tuple(session.regions) if session.limited else (), prune=prune, refresh_ami=refresh_ami,
        config=digest(session.settings.model_dump(mode="json")), **saved(work))
    with writing(file):
        whole(file, json.dumps(asdict(it), indent=2) + "\n")


def make_sure_of(file: Path) -> None:
    """Raises UsageError: it can't be written. Leaves it as it is."""
    with writing(file):
        probe(file)


@contextmanager
def writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"--save {file} can't be written", reason=str(error), mend="name a file that can") from error


def read(file: Path, config: Path | None, local: bool) -> Approved:
    """Raises UsageError: it can't be read, is none, or was made by another tapctl, or by the emulator or not."""
    from pydantic import TypeAdapter, ValidationError

    try:
        with file.open("rb") as held:
            text = held.read(LIMIT + 1)
        given = json.loads(text)
        version = given["version"]
    except OSError as error:
        raise UsageError(f"--plan {file} can't be read", reason=error.strerror or str(error),
                         mend="name a file that `tapctl plan --save` has written") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise no_plan(file, "it is not what `plan --save` writes") from error
    if version != 1:
        raise no_plan(file, f"its version is {version!r}, and this tapctl reads version 1")
    try:
        it = TypeAdapter(SavedPlan).validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise no_plan(file, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if it.tapctl != __version__:
        raise no_plan(file, f"it was made by tapctl {it.tapctl}, and this is {__version__}")
    if it.emulated != local:
        raise UsageError(f"--plan {file} was {'made' if it.emulated else 'not made'} on the emulator",
                         mend="give --local" if it.emulated else "leave --local out")
    return Approved(it, file, config)


def no_plan(file: Path, reason: str) -> UsageError:
    return UsageError(f"--plan {file} is no plan that can be carried out", reason=reason,
                      mend="make it anew: tapctl plan --save FILE")
