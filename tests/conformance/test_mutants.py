"""The tests test something: a product that skips one recovery fails them. Each mutant names the check that it fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from tapctl import naming, observe, reconcile, teardown
from tapctl.model import Aws, Denied, Found, Gone, Out
from tapctl.resources import database, kms_key
from tapctl.resources.bucket import Bucket
from tapctl.resources.database import Database
from tapctl.resources.instance_profile import InstanceProfile
from tapctl.resources.kms_key import KmsKey
from tapctl.resources.launch_template import LaunchTemplate
from tapctl.resources.security_group import SecurityGroup
from tapctl.tags import ours
from tests.conformance.checks import (
    assert_as_before,
    assert_at_rest,
    assert_goes_on_after_a_death,
    assert_stands,
    assert_unanswered_up_goes_on,
)
from tests.conformance.lab import Lab
from tests.conformance.labs import EAST, INSTANT, REAL, Labs
from tests.conformance.test_births import could_have_been_said
from tests.conformance.test_neighbours import strangers
from tests.conformance.test_secrecy import password

Check = Callable[[Lab], None]


# ---------------------------------------------------------------- checks
def lives(lab: Lab) -> None:
    assert_stands(lab.up())
    assert_at_rest(lab)
    assert_as_before(lab)


def lives_twice(lab: Lab) -> None:
    assert_stands(lab.up())
    assert lab.down().complete
    lives(lab)


def is_born_whole(lab: Lab) -> None:
    assert could_have_been_said(lab, lab.up().mutating) == []


def rule_is_taken_away(lab: Lab) -> None:
    lab.up()
    group = lab.look()[1].found[f"{EAST}/security_group/app"]
    lab.raw("ec2", EAST).authorize_security_group_ingress(GroupId=group.id, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    lab.up()
    now = lab.raw("ec2", EAST).describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    assert 22 not in {permission.get("FromPort") for permission in now["IpPermissions"]}


def unseen_is_not_gone(lab: Lab) -> None:
    lab.up()
    lab.meter.denied = {"DescribeDBInstances"}
    assert not lab.down().complete
    assert not {call.operation for call in lab.meter.mutating} & {"ScheduleKeyDeletion", "DeleteSecret"}


def stranger_is_left(lab: Lab) -> None:
    strangers(lab)
    lab.before = lab.account()
    lives(lab)


def password_is_hidden(lab: Lab) -> None:
    up = lab.up()
    assert password(lab) not in repr(up.told) + repr(lab.look()[2]) + repr(up.plan)


# ---------------------------------------------------------------- mutants
@dataclass(frozen=True)
class Mutant:
    """owner.name is replaced by what `instead` makes of it; scale: of the clock on which the check is made."""

    what: str
    owner: Any
    name: str
    instead: Callable[[Any], Any]
    check: Check
    scale: float = INSTANT


def no_strays(aws: Aws) -> Iterator[Found]:
    return iter(())


def without(field: str) -> Callable[[Any], Any]:
    """A create call that leaves out one of its parameters."""

    def mutate(real: Any) -> Any:
        def create(self: Any, aws: Aws, out: Out) -> Any:
            client = aws.client("kms", repeat=False)
            make = client.create_key

            def less(**parameters: Any) -> Any:
                parameters.pop(field)
                return make(**parameters)

            client.create_key = less
            try:
                return real(self, aws, out)
            finally:
                del client.create_key

        return create

    return mutate


def idle(aspect: str) -> Callable[[Any], Any]:
    """An aspect whose write does nothing."""
    return lambda aspects: tuple(replace(one, write=lambda *_: None) if one.name == aspect else one for one in aspects)


def untrue(aspect: str, born: Any) -> Callable[[Any], Any]:
    """An aspect that says of a newborn what isn't so."""
    return lambda aspects: tuple(replace(one, born=born) if one.name == aspect else one for one in aspects)


def believing(real: Any) -> Any:
    """Denied is taken for nothing there."""

    def guarded(call: Callable[..., Any], *args: Any) -> Any:
        answer = real(call, *args)
        return [] if isinstance(answer, Denied) else answer

    return guarded


def telling(aspects: Any) -> Any:
    """The database's settings are read with the password itself in them."""

    def read(aws: Aws, it: Found) -> Any:
        answer = aws.client("secretsmanager").get_secret_value(SecretId=aws.place.secret_name)
        return {**database.read_settings(aws, it), "password": answer["SecretString"]}

    return tuple(replace(one, read=read) if one.name == "settings" else one for one in aspects)


def by_tags_alone(cls: type[SecurityGroup], aws: Aws) -> Iterator[Found]:
    for raw in aws.client("ec2").describe_security_groups(Filters=ours(aws))["SecurityGroups"]:
        tags = naming.tag_dict(raw["Tags"])
        yield Found(tags[naming.OWNERSHIP_KEY], raw["GroupId"], raw, tags)


def nothing(*_: Any, **__: Any) -> None:
    return None


def at_once(items: list[observe.Item]) -> dict[teardown.Node, set[teardown.Node]]:
    return {teardown.node(item): set() for item in items}


def left(cls: type[LaunchTemplate], aws: Aws, it: Found) -> Gone:
    return Gone.NOW


MUTANTS = [
    Mutant("a key without an alias is not looked for", kms_key, "_strays", lambda _: no_strays,
           partial(assert_goes_on_after_a_death, operation="CreateKey")),
    Mutant("a key pending deletion is not taken back", kms_key, "_claimed", lambda _: lambda aws: None, lives_twice),
    Mutant("a key is born without its policy", KmsKey, "new", without("Policy"), is_born_whole),
    Mutant("a name that is taken is nobody's", reconcile, "TAKEN", lambda _: re.compile("never"),
           assert_unanswered_up_goes_on),
    Mutant("nobody waits until it is ready", reconcile.Run, "until_ready", lambda _: nothing, lives, REAL),
    Mutant("everything goes at once", teardown, "order", lambda _: at_once, lives, REAL),
    Mutant("a rule is not taken away", SecurityGroup, "aspects", idle("rules"), rule_is_taken_away),
    Mutant("a bucket is believed to be versioned", Bucket, "aspects", untrue("versioning", "Enabled"), lives),
    Mutant("a profile is believed to have its role", InstanceProfile, "aspects",
           untrue("role", ("TapStack-production-us-east-1",)), lives),
    Mutant("a look that is denied finds nothing", observe, "guarded", believing, unseen_is_not_gone),
    Mutant("whose it is goes by the tags alone", SecurityGroup, "owned", lambda _: classmethod(by_tags_alone),
           stranger_is_left),
    Mutant("a database is not found again", Database, "owned", lambda _: classmethod(lambda cls, aws: iter(())), lives),
    Mutant("templates are left", LaunchTemplate, "delete", lambda _: classmethod(left), lives),
    Mutant("a plan tells the password", Database, "aspects", telling, password_is_hidden),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: str(mutant.what))
def test_a_product_that_skips_a_recovery_fails(
        new_lab: Labs, monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    lab = new_lab(EAST, scale=mutant.scale, fresh=mutant.check is assert_unanswered_up_goes_on)
    real = getattr(mutant.owner, mutant.name)
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.instead(real))
    with pytest.raises(AssertionError):
        mutant.check(lab)


@pytest.mark.parametrize(("check", "scale"), dict.fromkeys((mutant.check, mutant.scale) for mutant in MUTANTS))
def test_the_product_itself_passes(new_lab: Labs, check: Check, scale: float) -> None:
    """So that it is the mutation that fails."""
    check(new_lab(EAST, scale=scale, fresh=check is assert_unanswered_up_goes_on))
