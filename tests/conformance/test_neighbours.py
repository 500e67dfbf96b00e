"""Others in the same account: what isn't this stack's is never changed, whatever it is called or tagged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tapctl.model import Resource
from tapctl.resources import KINDS
from tests.conformance.checks import assert_as_before, assert_at_rest, assert_stands
from tests.conformance.lab import Lab, settings
from tests.conformance.labs import EAST, WEST, Labs
from tests.conformance.strangers import Stranger, copied, taken


def beside(lab: Lab, environment: str) -> Lab:
    """Another environment in the same account, on the same wires."""
    neighbour = Lab(lab.world, lab.wires, settings(*lab.regions, environment=environment))
    lab.alone = neighbour.alone = False
    return neighbour


@pytest.mark.parametrize("other", ["prod", "production-2", "production-us"])
def test_a_neighbour_whose_name_starts_alike(new_lab: Labs, other: str) -> None:
    lab = new_lab(EAST)
    assert_stands(lab.up())
    neighbour = beside(lab, other)  # what stood before it is the other stack
    assert_stands(neighbour.up())
    assert neighbour.look()[1].surplus == []
    assert lab.look()[1].surplus == []
    removal = neighbour.down()
    assert removal.complete
    assert neighbour.account() == neighbour.before
    assert lab.look()[2].changes == {}


def test_the_first_goes_and_the_neighbour_stays(new_lab: Labs) -> None:
    """Endpoints that both use are handed over; the last one deletes them."""
    lab = new_lab(EAST)
    lab.up()
    neighbour = beside(lab, "prod")
    assert_stands(neighbour.up())
    assert lab.down().complete
    assert_at_rest(neighbour)
    assert {item.kind for item in neighbour.wanted().values()} >= {"endpoint"}
    assert neighbour.down().complete
    assert neighbour.account() == lab.before


def test_both_go_at_the_same_time(new_lab: Labs) -> None:
    lab = new_lab(EAST, WEST)
    lab.up()
    neighbour = beside(lab, "prod")
    assert_stands(neighbour.up())
    with ThreadPoolExecutor(2) as pool:
        removals = list(pool.map(lambda one: one.down(), (lab, neighbour)))
    assert all(removal.complete for removal in removals), [removal.left for removal in removals]
    assert lab.account() == lab.before
    assert lab.world.regrets == []


# ---------------------------------------------------------------- what looks like the stack's
#: Without a name of their own: tests/resources has the copies of these, and of what they stand on.
NAMELESS = {"endpoint", "endpoint_share", "peering"}


def test_every_kind_has_its_strangers(new_lab: Labs) -> None:
    stranger = Stranger(new_lab(EAST))
    wanted = {kind.kind for kind in KINDS if issubclass(kind, Resource) and not kind.shared} - NAMELESS
    assert copied(stranger).keys() == wanted
    assert taken(stranger).keys() | {"listener"} == wanted  # it has the place of one on a load balancer of ours
    assert {kind for kinds in ROUNDS for kind in kinds} == taken(stranger).keys()


def strangers(lab: Lab) -> None:
    """One of each kind that carries this stack's tags, copied."""
    for make in copied(Stranger(lab)).values():
        make()


def test_copied_tags_make_nothing_ours(new_lab: Labs) -> None:
    lab = new_lab(EAST)
    strangers(lab)
    lab.before = lab.account()
    assert_stands(lab.up())
    assert_at_rest(lab)
    assert_as_before(lab)


#: In each, one keeps no other from being tried.
ROUNDS = (
    ("kms_key", "bucket", "role", "instance_profile", "security_group", "target_group", "load_balancer",
     "db_subnet_group"),
    ("log_group", "table", "launch_template", "database", "alarm"),
    ("secret", "auto_scaling_group"),
)


@pytest.mark.parametrize("kinds", ROUNDS, ids=" ".join)
def test_taken_names_are_refused_and_left(new_lab: Labs, kinds: tuple[str, ...]) -> None:
    """Our names, without our tags: each is refused, everything else stands, and nothing of theirs is touched."""
    lab = new_lab(EAST)
    stranger = Stranger(lab)
    for kind in kinds:
        taken(stranger)[kind]()
    lab.before = lab.account()
    first = lab.up()
    assert {key.split("/")[1] for key, _ in first.walk.failed} == {*kinds}
    assert all("left as it is" in said or "not this stack's" in said for said in first.failures.values())
    assert_as_before(lab)
