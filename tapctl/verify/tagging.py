"""Tags: on all that is the stack's, and on what its Auto Scaling group has launched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tapctl.model import Found, Resource, Unknown
from tapctl.naming import OWNERSHIP_KEY, tag_dict
from tapctl.observe import guarded
from tapctl.resources import KINDS
from tapctl.resources.auto_scaling_group import AutoScalingGroup
from tapctl.tags import want_tags
from tapctl.verify import parties
from tapctl.verify.check import Check
from tapctl.verify.look import Look
from tapctl.verify.seen import Missing, Saw, Unchecked, counted, saw


def resources(look: Look) -> Saw:
    first = look.place.region == look.settings.primary
    found = [(kind, it) for kind in bearing() if kind.regional or first for it in look.all(kind)]
    if not found:
        raise Missing("nothing of the stack is here")
    sides = [(it, what, have) for kind, it in found for what, have in borne(look, kind, it)]
    wrong = [line for it, what, have in sides if not isinstance(have, Unknown)
             for line in lacking(what, have, look.place.tags(it.key))]
    unseen = [f"{what}: {have}" for _, what, have in sides if isinstance(have, Unknown)]
    if unseen and not wrong:
        raise Unchecked("; ".join(unseen))
    return saw(counted(len(found), "resource"), wrong)


def bearing() -> list[type[Resource]]:
    """The kinds that bear tags."""
    return [kind for kind in KINDS if issubclass(kind, Resource) and any(one.name == "tags" for one in kind.aspects)]


def borne(look: Look, kind: type[Resource], it: Found) -> Iterator[tuple[str, Mapping[str, str] | Unknown]]:
    """(what bears them, its tags): the thing, and its other side, where the tags of that are an aspect of its own."""
    yield it.key, it.tags
    for aspect in kind.aspects:
        if aspect.want is want_tags and aspect.name != "tags":
            yield f"{it.key} ({aspect.name})", guarded(aspect.read, look.aws, it)


def lacking(what: str, have: Mapping[str, str], want: Mapping[str, str]) -> Iterator[str]:
    for name, value in want.items():
        if name not in have:
            yield f"{what} has no tag {name}"
        elif have[name] != value:
            yield f"{what}: {name} is {have[name]!r}, not {value!r}"


def launched(look: Look) -> Saw:
    """Without the key: it would be copied to snapshots and images, which then claim to be the thing itself."""
    want = look.place.launch_tags(look.one(AutoScalingGroup).key)
    machines, disks = parties.instances(look), parties.volumes(look)
    bear = {str(raw[name]): tag_dict(raw.get("Tags", []))
            for name, raws in (("InstanceId", machines), ("VolumeId", disks)) for raw in raws}
    wrong = [line for name, have in bear.items() for line in lacking(name, have, want)]
    wrong += [f"{name} bears {OWNERSHIP_KEY}" for name, have in bear.items() if OWNERSHIP_KEY in have]
    return saw(f"{counted(len(machines), 'instance')}, {counted(len(disks), 'volume')}", wrong)


CHECKS = (
    Check("tags.resources", "Everything that is the stack's bears its six tags, with the right values; what has two "
          "sides, on both.", resources),
    Check("tags.launched", f"Instances and their volumes bear the tags too, and none of them {OWNERSHIP_KEY}.",
          launched, "terminate the instance: the Auto Scaling group launches another by the template"),
)
