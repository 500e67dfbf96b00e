"""The contract between what can be built and the core that builds it. Shared types live here only.

A class per kind says how a thing is found, created and deleted. There is no update method: a table of
aspects is the only way to change a resource, at birth and ever after, so that create, update, drift,
plan and status cannot disagree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from tapctl.naming import Place

V = TypeVar("V")
R = TypeVar("R", contravariant=True)


class Phase(Enum):
    """How far a resource is. Graph nodes are (key, phase)."""

    EXISTS = "exists"  # it has its id, and what birth fixed
    READY = "ready"  # every aspect is as wanted and AWS says that it serves


class Born(Enum):
    """Where an aspect's value comes from in a newborn."""

    READ = "ask AWS"
    SET = "create() set it as wanted: no read, no write"


class Gone(Enum):
    """delete()'s answer."""

    NOW = "it is gone"
    LATER = "asked: look until it is"


@dataclass(frozen=True)
class HandedOver:
    """delete()'s other answer: it stays for another stack that uses it, and is that one's now.

    to: that stack, "TapStack/staging".
    """

    to: str


class Unknown(Exception):
    """want(): known only once args[0] exists or settles. read(): not readable yet."""


class Blocked(Exception):
    """delete(), create(): not before something else, named in args[0]; the core comes back."""


class Kept(Exception):
    """delete(): it must stay, for the reason in args[0]; coming back won't help."""


class Failed(Exception):
    """state(), create(): waiting won't help."""


class Overtaken(Failed):
    """state(), create(): since the plan was made, another stack has made, or removed, what both use. Another plan knows
    the way."""


class Going(Exception):
    """state(): it is on its way out. `up` waits until it is gone, then makes it anew."""


class Refused(Exception):
    """A change that can't be made in place, or that the plan shown did not imply."""


@dataclass(frozen=True)
class Denied:
    """The third answer of a look-up or read: shown, never written over.

    action: the IAM action that was refused, as AWS names it.
    In `down`, it keeps everything that the unseen kind may use.
    """

    action: str


@dataclass(frozen=True)
class Ref:
    """A dependency is a field that holds one of these, at any depth of tuples."""

    key: str
    until: Phase = Phase.EXISTS  # which phase of the other is needed
    before: Phase = Phase.EXISTS  # which phase of mine waits for it


@dataclass(frozen=True)
class Found:
    """A thing as AWS has it."""

    key: str  # from its tapctl:key tag; not unique: the first listed is it, the others are surplus
    id: str  # what others need (an ARN where they need that); never changes
    raw: Mapping[str, Any]  # the describe answer; of a newborn only what create() answered
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Remnant:
    """What AWS itself keeps after a deletion. until: when it goes; None: it stays, for the reason in `why`."""

    what: str  # "KMS key"
    id: str  # its ARN
    until: datetime | None = None
    why: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.id}, which " + (f"AWS deletes on {self.until:%Y-%m-%d}" if self.until else self.why)


@dataclass(frozen=True)
class Link:
    """One of the things between what is to go and whoever holds it.

    what: as a person looks for it, "network interface eni-0f1e";
    whose: empty where it goes by itself (this stack's, or AWS's own to clear away), else as in "not this stack's".
    """

    what: str
    whose: str = ""


Chain = tuple[Link, ...]  # from what is to go (left out) down to the owner


class Aws(Protocol):
    """AWS in one region, for one stack."""

    @property
    def place(self) -> Place: ...

    @property
    def run(self) -> str:
        """This run's own id."""
        ...

    def client(self, service: str, *, repeat: bool = True) -> Any:
        """The boto3 client. repeat=False never sends a call twice: for a create call of a nameless thing."""
        ...

    def at(self, region: str) -> Aws:
        """The other side of a thing that has two."""
        ...


Out = Callable[[Ref], Found]  # planning: .raw behind a READY ref with changes ahead raises Unknown; .id never does


def nothing(have: Any, want: Any) -> str:
    """Most changes lose no data."""
    return ""


def as_wanted(resource: Any, have: Any, want: Any) -> Any:
    """The usual target: what is wanted."""
    return want


@dataclass(frozen=True)
class Aspect(Generic[R, V]):
    """One unit of write. The fields of a mapping value are its units of report."""

    name: str
    want: Callable[[R, Out], V]  # pure, canonical
    read: Callable[[Aws, Found], V]  # canonical; AWS's default where AWS says "NoSuch..."; may raise Unknown
    write: Callable[[Aws, Found, V, V], None] | None  # (have, want); None: can't change in place
    born: V | Born = Born.READ  # a value: AWS's default at birth, so no read is needed
    phase: Phase = Phase.EXISTS  # READY: read and written only once state() says so
    meet: Callable[[R, V, V], V] = as_wanted  # (have, want) -> target: what may stay as it is; may raise Refused
    mend: str = ""  # the way out when it can't be changed in place
    inward: bool = False  # no other resource's want follows from it: with it ahead, a plan still knows the others
    loses: Callable[[V, V], str] = nothing  # (have, want): the data that goes with the change, in words


class Hidden(str):
    """A text that is compared and sent, and told by its length and hash alone."""

    def __repr__(self) -> str:
        return f"({len(self)} characters, sha256 {sha256(self.encode()).hexdigest()[:8]})"


class Kind(ABC):
    """What can be found and removed. Some kinds are only ever this."""

    kind: ClassVar[str]
    uses: ClassVar[frozenset[str]] = frozenset()  # kinds that go only after it, in any region
    last: ClassVar[bool] = False  # goes only when everything else is gone, whether that uses it or not
    holds_data: ClassVar[str] = ""  # what goes with it, in words; then only `down` removes it
    sweep: ClassVar[bool] = False  # dear to list: `down` only
    shared: ClassVar[bool] = False  # the account's, not the stack's: found and made sure of, never deleted
    regional: ClassVar[bool] = True  # False: listed in the first region only
    steady: ClassVar[int] = 1  # ready looks in a row, before what was born, written or unready is taken for ready
    says: ClassVar[tuple[str, ...]] = ()  # where `raw` has AWS's own word for its state; none: AWS has no word for it
    patience: ClassVar[float] = 15 * 60  # seconds to wait for it to be ready, or gone

    @classmethod
    @abstractmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        """The only look-up, for find, status, surplus and down; the best claim first."""

    @classmethod
    def look(cls, aws: Aws, it: Found) -> Found | None:
        """The same one again; None: gone."""
        return next((f for f in cls.owned(aws) if f.id == it.id), None)

    @classmethod
    def returning(cls, aws: Aws) -> Iterable[Found]:
        """What create() would take back instead of making another. Asked only where something that stands needs it."""
        return ()

    @classmethod
    def state(cls, it: Found) -> str | None:
        """Pure. None is ready, text is what it waits for. Raises Failed, Going."""
        return None

    @classmethod
    def follows(cls, it: Found) -> bool:
        """Pure. Whether it is a copy of another of its kind, in whatever region, which goes only after it."""
        return False

    @classmethod
    @abstractmethod
    def delete(cls, aws: Aws, it: Found) -> Gone | HandedOver:
        """One step towards not ours; called again until it is. Raises Blocked, Kept."""

    @classmethod
    def holders(cls, aws: Aws, it: Found) -> Iterable[Chain]:
        """What keeps it from going, each down to its owner. Reads only; asked where delete() stays Blocked."""
        return ()

    @classmethod
    def remains(cls, aws: Aws) -> Iterable[Remnant]:
        """What AWS itself keeps for a while after deletion, for the report of `down`."""
        return ()


@dataclass(frozen=True)
class Resource(Kind):
    """What a stack wants. A subclass adds its settings and refs as fields."""

    place: Place
    aspects: ClassVar[tuple[Aspect[Any, Any], ...]] = ()  # in write order

    @property
    def role(self) -> str:
        """What tells it from others of its kind in the region; empty if it is the only one."""
        return ""

    @property
    def regions(self) -> tuple[str, ...]:
        """Where making and changing it changes something: it is worked on only where all of these are."""
        return (self.place.region,)

    @property
    def key(self) -> str:
        """REGION/KIND or REGION/KIND/ROLE."""
        return "/".join(part for part in (self.place.region, self.kind, self.role) if part)

    @property
    def tags(self) -> dict[str, str]:
        return self.place.tags(self.key)

    @abstractmethod
    def create(self, aws: Aws, out: Out) -> Found:
        """Make it, tagged, with every wanted value that the call takes. Raises Blocked, Failed."""


def refs(value: Any) -> Iterator[Ref]:
    """Every Ref in a resource's fields."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, tuple | frozenset):
        for part in value:
            yield from refs(part)
    elif is_dataclass(value) and not isinstance(value, type):
        for f in fields(value):
            yield from refs(getattr(value, f.name))
