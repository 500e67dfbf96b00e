"""The contract's own behaviour: keys, tags and refs, and what a kind need not say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar

import pytest

from tapctl.model import Aws, Found, Gone, Kind, Out, Phase, Ref, Resource, as_wanted, refs
from tests.memory import PLACE, WEST, Sky

A, B, C = Ref("a"), Ref("b", Phase.READY), Ref("c", before=Phase.READY)


@dataclass(frozen=True)
class Rule:
    """A part of a resource's field."""

    port: int
    group: Ref | None = None


@dataclass(frozen=True)
class Plain(Resource):
    """What says no more than a resource must."""

    one: Ref | None = None
    rules: tuple[Rule, ...] = ()
    more: frozenset[Ref] = frozenset()
    text: str = ""
    kind: ClassVar[str] = "plain"

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        yield from (Found(f"{aws.place.region}/plain", name, {}) for name in ("first", "second"))

    def create(self, aws: Aws, out: Out) -> Found:
        raise AssertionError("not made here")

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        raise AssertionError("not deleted here")


@dataclass(frozen=True)
class Named(Plain):
    """One of several in a region."""

    @property
    def role(self) -> str:
        return "logs"


def test_a_key_says_region_kind_and_role() -> None:
    assert Plain(PLACE).key == "us-east-1/plain"
    assert Named(PLACE.at(WEST)).key == "us-west-2/plain/logs"


def test_tags_carry_the_key() -> None:
    assert Named(PLACE).tags == PLACE.tags("us-east-1/plain/logs")


def test_refs_are_found_at_any_depth() -> None:
    assert list(refs(Plain(PLACE, A, (Rule(80), Rule(443, B)), frozenset({C})))) == [A, B, C]
    assert list(refs(((A, ((B,), 1)), "text", None))) == [A, B]
    assert list(refs(A)) == [A]
    assert list(refs(Plain(PLACE, text="us-east-1/plain"))) == []


def test_a_class_is_not_looked_into() -> None:
    assert list(refs((Plain, Rule))) == []


def test_a_ref_needs_what_exists_and_is_needed_to_exist_unless_it_says_otherwise() -> None:
    assert (A.until, A.before) == (Phase.EXISTS, Phase.EXISTS)
    assert {f.name for f in fields(Ref)} == {"key", "until", "before"}


def test_the_same_one_is_looked_for_among_the_owned() -> None:
    sky = Sky()
    assert Plain.look(sky, Found("another key", "second", {})) == Found("us-east-1/plain", "second", {})
    assert Plain.look(sky, Found("us-east-1/plain", "third", {})) is None


def test_a_kind_without_states_is_ready_and_leaves_nothing() -> None:
    assert Plain.state(Found("k", "i", {})) is None
    assert list(Plain.remains(Sky())) == []


def test_the_usual_target_is_what_is_wanted() -> None:
    assert as_wanted(Plain(PLACE), 1, 2) == 2


@pytest.mark.parametrize("kind", [Kind, Resource])
def test_what_must_be_said_is_abstract(kind: type[Kind]) -> None:
    assert kind.__abstractmethods__ >= {"owned", "delete"}
    assert ("create" in kind.__abstractmethods__) is (kind is Resource)
