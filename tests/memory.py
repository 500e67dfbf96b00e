"""A cloud in memory, and things to make in it: the core knows nothing of AWS but what model.py says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tapctl.model import Aspect, Born, Failed, Found, Going, Gone, Kind, Out, Phase, Ref, Resource, as_wanted
from tapctl.model import Aws as AwsProtocol
from tapctl.naming import Place

EAST, WEST = "us-east-1", "us-west-2"
PLACE = Place("TapStack", "test", "platform", "123456789012", EAST, "aws")
GONE = "gone"  # a state that ends a thing


def refusal(code: str, message: str = "", operation: str = "MakeBox") -> ClientError:
    """AWS's error of this code."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass
class Memory:
    """The cloud, and all that was asked of it."""

    things: dict[str, dict[str, Any]] = field(default_factory=dict)  # id -> key, state and its aspects' values
    coming: dict[str, list[str]] = field(default_factory=dict)  # id -> the states to come, the next at each look
    newborn: list[str] = field(default_factory=list)  # the states to come of whatever is made
    calls: list[str] = field(default_factory=list)
    answers: dict[str, list[Exception | Gone]] = field(default_factory=dict)  # call -> what it answers, once each
    ids: Iterable[int] = field(default_factory=count)

    def ask(self, call: str) -> Gone:
        """Gone.NOW, or what the test has put into `answers`."""
        self.calls.append(call)
        answer = self.answers.get(call) and self.answers[call].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer or Gone.NOW

    def put(self, key: str, state: str = "", **values: Any) -> str:
        """Something that is there already. Its id."""
        name = f"{key.split('/')[1]}-{next(iter(self.ids))}"
        self.things[name] = {"key": key, "state": state, **values}
        return name

    def look(self, kind: str, region: str) -> list[Found]:
        self.ask(f"look {region}/{kind}")
        found = []
        for name, thing in list(self.things.items()):
            if not f"{thing['key']}/".startswith(f"{region}/{kind}/"):
                continue
            if self.coming.get(name):
                thing["state"] = self.coming[name].pop(0)
            if thing["state"] == GONE:
                del self.things[name]
            elif thing["state"] != "unseen":
                found.append(Found(thing["key"], name, dict(thing)))
        return found

    def one(self, key: str) -> dict[str, Any]:
        """The thing with this key."""
        thing, = (thing for thing in self.things.values() if thing["key"] == key)
        return thing

    def asked(self, *verbs: str) -> list[str]:
        """What was asked, of these verbs only."""
        return [call for call in self.calls if call.split()[0] in verbs]

    @property
    def changes(self) -> list[str]:
        return self.asked("create", "write", "delete")


@dataclass(frozen=True)
class Sky:
    """tapctl.model.Aws, of a cloud in memory."""

    memory: Memory = field(default_factory=Memory)
    place: Place = PLACE
    run: str = ""

    def client(self, service: str, *, repeat: bool = True) -> Memory:
        assert service == "memory"
        return self.memory

    def at(self, region: str) -> Sky:
        return Sky(self.memory, self.place.at(region))


class Thing(Kind):
    """What is found in memory, and removed."""

    @classmethod
    def owned(cls, aws: AwsProtocol) -> Iterable[Found]:
        yield from aws.client("memory").look(cls.kind, aws.place.region)

    @classmethod
    def state(cls, it: Found) -> str | None:
        state = str(it.raw.get("state", "creating"))
        if state == "deleting":
            raise Going
        if state == "broken":
            raise Failed("it is broken")
        return state or None

    @classmethod
    def delete(cls, aws: AwsProtocol, it: Found) -> Gone:
        memory: Memory = aws.client("memory")
        answer = memory.ask(f"delete {it.key}")
        if answer is Gone.NOW:
            del memory.things[it.id]
        return answer


@dataclass(frozen=True)
class Box(Thing, Resource):
    """A thing that is wanted. wants: aspect -> value, or a function of Out that answers one."""

    name: str = ""
    wants: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[Ref, ...] = ()
    kind: ClassVar[str] = "box"

    @property
    def role(self) -> str:
        return self.name

    def create(self, aws: AwsProtocol, out: Out) -> Found:
        """Sends what is Born.SET; the rest is as it is born."""
        memory: Memory = aws.client("memory")
        memory.ask(f"create {self.key}")
        values: dict[str, Any] = {
            a.name: wanted(self, a.name, out) if a.born is Born.SET else None if a.born is Born.READ else a.born
            for a in self.aspects}
        name = memory.put(self.key, **values)
        memory.coming[name] = list(memory.newborn)
        return Found(self.key, name, {"answered": "create"})


def wanted(box: Box, name: str, out: Out) -> Any:
    value = box.wants[name]
    return value(out) if callable(value) else value


def aspect(name: str, born: Any = Born.READ, phase: Phase = Phase.EXISTS, fixed: bool = False,
           meet: Callable[[Box, Any, Any], Any] = as_wanted, mend: str = "", inward: bool = False) -> Aspect[Box, Any]:
    """An aspect of a box: a value in memory."""

    def read(aws: AwsProtocol, it: Found) -> Any:
        memory: Memory = aws.client("memory")
        memory.ask(f"read {it.key} {name}")
        return memory.things[it.id][name]

    def write(aws: AwsProtocol, it: Found, have: Any, want: Any) -> None:
        memory: Memory = aws.client("memory")
        memory.ask(f"write {it.key} {name} {have} -> {want}")
        memory.things[it.id][name] = want

    return Aspect(name, lambda box, out: wanted(box, name, out), read, None if fixed else write, born, phase, meet,
                  mend, inward)


def stack(*boxes: Box) -> dict[str, Resource]:
    return {box.key: box for box in boxes}
